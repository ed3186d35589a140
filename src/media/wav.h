/* wav.h: what FFmpeg does not tell about WAV files. */
#ifndef MER_MEDIA_WAV_H
#define MER_MEDIA_WAV_H

#include "media/input.h"

bool mer__wav_is(mer__input *input);
/** Whether the length of the samples in the header is only a placeholder, as in a WAV that was
 * written to a pipe: 0, or 2 GiB and more (programs write 0xffffffff, 0x7ffff000, ..), and not what
 * the file has. */
bool mer__wav_is_endless(mer__input *input);

#endif
