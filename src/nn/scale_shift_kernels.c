/* scale_shift_kernels.c: element by element, along a row. */
#include "nn/scale_shift_kernels.h"

#include <math.h>

static void scale(float *y, const float *scale, const float *shift, const float *residual,
                  bool relu, int64_t n) {
  const float least = relu ? 0 : -INFINITY;
  if (!residual) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      const float x = y[j] * scale[j] + shift[j];
      y[j] = x < least ? least : x;
    }
    return;
  }
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const float x = y[j] * scale[j] + shift[j] + residual[j];
    y[j] = x < least ? least : x;
  }
}

const mer__scale_shift_kernels MER__VERSION(mer__scale_shift) = {scale};
