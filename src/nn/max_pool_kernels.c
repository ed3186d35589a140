/* max_pool_kernels.c: the larger of two pixels, channel by channel. */
#include "nn/max_pool_kernels.h"

#include <string.h>

static void larger(float *y, int32_t *which, const float *x, int32_t number, bool begun,
                   int64_t n) {
  if (!begun) {
    memcpy(y, x, (size_t)n * sizeof *y);
    for (int64_t j = 0; which && j < n; j++) which[j] = number;
    return;
  }
  if (which) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++) which[j] = x[j] > y[j] || x[j] != x[j] ? number : which[j];
  }
#pragma omp simd
  for (int64_t j = 0; j < n; j++) y[j] = x[j] > y[j] || x[j] != x[j] ? x[j] : y[j];
}

const mer__max_pool_kernels MER__VERSION(mer__max_pool) = {larger};
