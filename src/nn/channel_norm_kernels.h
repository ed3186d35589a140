/* channel_norm_kernels.h: the functions of channel_norm.h for some of the columns. */
#ifndef MER_NN_CHANNEL_NORM_KERNELS_H
#define MER_NN_CHANNEL_NORM_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dispatch.h"

typedef struct mer__channel_norm_kernels {
  /** Sums over the rows of x - shift, or of its square. sums: [n <= MER__COLUMN_TILE], shift: [n],
   * x: [rows, n], rows of `width` floats. */
  void (*sums)(float *sums, const float *x, const float *shift, bool squares, int64_t rows,
               int64_t width, int64_t n);
  /** y = x * scale + shift. */
  void (*scale)(float *y, const float *x, const float *scale, const float *shift, int64_t rows,
                int64_t width, int64_t n);
  /** Sums over the rows of dy and of dy * (x - mean) * rstd. */
  void (*gradient_sums)(float *sums, float *projections, const float *dy, const float *x,
                        const float *mean, const float *rstd, int64_t rows, int64_t width,
                        int64_t n);
  /** dx = factor * (dy - sum - (x - mean) * rstd * projection). */
  void (*gradient)(float *dx, const float *dy, const float *x, const float *mean, const float *rstd,
                   const float *factor, const float *sum, const float *projection, int64_t rows,
                   int64_t width, int64_t n);
} mer__channel_norm_kernels;

MER__DECLARE_VERSIONS(mer__channel_norm_kernels, mer__channel_norm);

#endif
