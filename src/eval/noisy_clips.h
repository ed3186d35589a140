/* noisy_clips.h: clips with noise, as files in a temporary folder. */
#ifndef MER_EVAL_NOISY_CLIPS_H
#define MER_EVAL_NOISY_CLIPS_H

#include "eval/white_noise.h"

/** Zero-initialize. */
typedef struct mer__noisy_clips {
  char *folder; /* NULL: none was made */
  char **paths; /* [n]; NULL: the row's own clip is as good, or cannot be used either */
  int64_t n;
} mer__noisy_clips;

/** Adds white Gaussian noise to the clips of `rows` [n], beside each clip's own power. Clips that
 * cannot be decoded, or are silent, are left alone.
 * MER_STATUS_IO, MER_STATUS_INTERRUPTED, MER_STATUS_NO_MEMORY. To be cleared in any case. */
mer_status mer__noisy_clips_make(mer__noisy_clips *clips, const mer_utterance *rows, int64_t n,
                                 const mer__white_noise *noise, double max_duration_s,
                                 const mer_monitor *monitor, mer_error *err);
/** Whether there can be a temporary folder for them. MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
mer_status mer__noisy_clips_check(mer_error *err);
/** Removes the files. Accepts a zeroed struct. */
void mer__noisy_clips_clear(mer__noisy_clips *clips);

#endif
