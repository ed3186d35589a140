/* resample_kernels.c: the filters of resampling. */
#include "media/resample_kernels.h"

static void run_filters(float *restrict out, const float *restrict in,
                        const float *restrict kernels, const int *offsets, size_t n, size_t orig,
                        size_t new, size_t taps) {
  for (size_t o = 0, phase = 0; o < n; o++) {
    const float *x = in + offsets[phase], *k = kernels + phase * taps;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < taps; i++) sum += x[i] * k[i];
    out[o] = sum;
    if (++phase == new) {
      phase = 0;
      in += orig;
    }
  }
}

const mer__resample_kernels MER__VERSION(mer__resample) = {run_filters};
