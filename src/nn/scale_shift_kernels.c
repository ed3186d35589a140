/* scale_shift_kernels.c: element by element, along a row. */
#include "nn/scale_shift_kernels.h"

#include <math.h>

static void scale_row(float *y, const float *scale, const float *shift, const float *residual,
                      float least, int64_t n) {
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

static void scale(float *y, const float *scale, const float *shift, const float *residual,
                  bool relu, int64_t n_rows, int64_t n, int64_t width) {
  const float least = relu ? 0 : -INFINITY;
  for (int64_t r = 0; r < n_rows; r++, y += width) {
    scale_row(y, scale, shift, residual, least, n);
    if (residual) residual += width;
  }
}

const mer__scale_shift_kernels MER__VERSION(mer__scale_shift) = {scale};
