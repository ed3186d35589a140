/* noisy_sound.h: features of a clip with noise. */
#ifndef MER_DATA_NOISY_SOUND_H
#define MER_DATA_NOISY_SOUND_H

#include "data/clip_features.h"
#include "data/white_noise.h"

/** As mer__sound_of_file, with noise beside the clip's own power, in memory that grows with the
 * clip. A clip that is at fault or silent is so with noise, too. Row `row` draws it. */
mer__clip_result mer__noisy_sound(mer__floats *out, const mer__sound_settings *settings,
                                  const mer__white_noise *noise, int64_t row, const char *path,
                                  mer_error *err);

#endif
