/* mel_frames.h: frames of log-mel, as they come from a clip: which of them are as good as silent.
 */
#ifndef MER_ENCODER_MEL_FRAMES_H
#define MER_ENCODER_MEL_FRAMES_H

#include <stdint.h>

/** The largest of n values, at least one. */
float mer__frames_peak(const float *values, int64_t n);

/** `*from` .. `*to` - 1: the n frames [n, bands], at least one, without those at both ends whose
 * values all lie more than `below` under the clip's peak. */
void mer__frames_trim(int64_t *from, int64_t *to, const float *frames, int64_t n, int64_t bands,
                      float below);

#endif
