/* norm_pool_kernels.h: the functions of norm_pool.h for one frame of the result. */
#ifndef MER_NN_NORM_POOL_KERNELS_H
#define MER_NN_NORM_POOL_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

/** What one frame of the result is made of: `n_frames` frames of x, `n_bands` bands for each of its
 * `n` pixels. */
typedef struct mer__pooled_frame {
  const float *x;
  int64_t x_row; /* floats between the frames */
  int64_t n_frames, n_bands, n, channels;
} mer__pooled_frame;

/** Numbers of each channel. With the mean over all pixels of the gradient after the norm, and that
 * of the same times the normalized x, dx = factor (d - mean) - slope (x - mean of x). */
typedef struct mer__norm_gradient {
  const float *mean;   /* of x */
  const float *factor; /* gamma * rstd */
  const float *sum;    /* factor * the first mean */
  const float *slope;  /* factor * rstd * the second mean */
} mer__norm_gradient;

typedef struct mer__norm_pool_kernels {
  /** y [n, C] = max(0, the largest x * scale + shift of each window); which [n, C], unless it is
   * NULL: the number of that one, -1 where it is not above 0. */
  void (*forward)(float *y, int32_t *which, const mer__pooled_frame *frame, const float *scale,
                  const float *shift);
  /** Adds to sums and projections [C]: of dy where `which` is not -1, and of that times the
   * normalized x. */
  void (*sums)(float *sums, float *projections, const float *dy, const int32_t *which,
               const mer__pooled_frame *frame, const float *mean, const float *rstd);
  /** dx, with frames `dx_row` floats apart, of the frames that dy [n, C] is of. */
  void (*backward)(float *dx, int64_t dx_row, const float *dy, const int32_t *which,
                   const mer__pooled_frame *frame, const mer__norm_gradient *norm);
} mer__norm_pool_kernels;

MER__DECLARE_VERSIONS(mer__norm_pool_kernels, mer__norm_pool);

#endif
