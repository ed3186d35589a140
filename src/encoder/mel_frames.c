/* mel_frames.c: peaks of frames. The frame with the clip's peak stays. */
#include "encoder/mel_frames.h"

float mer__frames_peak(const float *values, int64_t n) {
  float peak = values[0];
  for (int64_t i = 1; i < n; i++) peak = values[i] > peak ? values[i] : peak;
  return peak;
}

void mer__frames_trim(int64_t *from, int64_t *to, const float *frames, int64_t n, int64_t bands,
                      float below) {
  const float least = mer__frames_peak(frames, n * bands) - below;
  *from = 0;
  *to = n;
  while (*from < *to && mer__frames_peak(frames + *from * bands, bands) < least) ++*from;
  while (*to > *from && mer__frames_peak(frames + (*to - 1) * bands, bands) < least) --*to;
}
