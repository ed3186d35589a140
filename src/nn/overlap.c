/* overlap.c: each thread takes a part of the sum, and adds what the frames have of it. */
#include "nn/overlap.h"

#include "nn/parallel.h"

enum { PART = 4096 }; /* elements that a thread sums at a time */

/* The elements from .. to - 1. */
static void add_part(float *x, const float *frames, int64_t n_frames, int64_t width, int64_t step,
                     int64_t from, int64_t to) {
  int64_t t = from < width ? 0 : (from - width) / step + 1;
  for (; t < n_frames && t * step < to; t++) {
    const int64_t start = t * step, first = from > start ? from : start;
    const int64_t end = mer__min(to, start + width);
    const float *frame = frames + t * width - start;
#pragma omp simd
    for (int64_t i = first; i < end; i++) x[i] += frame[i];
  }
}

void mer__overlap_add(float *x, const float *frames, int64_t n_frames, int64_t width,
                      int64_t step) {
  if (n_frames == 0) return;
  const int64_t size = (n_frames - 1) * step + width;
#pragma omp parallel for schedule(static) if (mer__shared(n_frames * width >= MER__PARALLEL_MIN))
  for (int64_t from = 0; from < size; from += PART)
    add_part(x, frames, n_frames, width, step, from, mer__min(size, from + PART));
}
