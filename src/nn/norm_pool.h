/* norm_pool.h: batch norm, ReLU and max pooling over windows of time and bands, in one pass over
 * packed clips (PyTorch's nn.BatchNorm2d, ReLU and nn.MaxPool2d with ceil_mode over each clip). The
 * statistics are those of the pixels that there are. */
#ifndef MER_NN_NORM_POOL_H
#define MER_NN_NORM_POOL_H

#include "nn/packing.h"

typedef struct mer__norm_pool {
  const mer__packing *clips; /* frames of x, T in all */
  const mer__packing
      *pooled; /* frames of the result, T': those of each clip / n_times, rounded up */
  int64_t n_bands, channels;       /* of x: F, a multiple of n_pooled_bands, and C */
  int64_t n_times, n_pooled_bands; /* of a window; at most 16 elements */
  int64_t padding; /* pixels of zeros after each frame of y, which are the caller's: 0 or 1 */
} mer__norm_pool;

/** Frames that `n` are pooled to. */
static inline int64_t mer__pooled_frames(int64_t n, int64_t n_times) {
  return (n + n_times - 1) / n_times;
}

/** Floats of scratch of moments and backward. */
int64_t mer__norm_pool_scratch(const mer__norm_pool *pool);

/** mean and variance (divided by the number of pixels) [C] of x [T, F, C]. Uses all threads; the
 * sums do not depend on their number. */
void mer__norm_pool_moments(float *mean, float *variance, const float *x,
                            const mer__norm_pool *pool, float *scratch);

/** y [T', F', C] with its padding, F' = F / n_pooled_bands: the largest of max(0, x * scale +
 * shift) of each window; which [T', F', C], unless it is NULL: the first of its elements that was,
 * -1 where y is not above 0. */
void mer__norm_pool_forward(float *y, int32_t *which, const float *x, const float *scale,
                            const float *shift, const mer__norm_pool *pool);

/** For dy [T', F', C], of a norm by the batch's statistics: dgamma and dbeta [C] are added to; dx,
 * a map (nn/mel_conv.h) whose padding is the caller's, is overwritten. Relative error to finite
 * differences below 2e-3. */
void mer__norm_pool_backward(float *dx, float *dgamma, float *dbeta, const float *dy,
                             const int32_t *which, const float *x, const float *mean,
                             const float *rstd, const float *gamma, const mer__norm_pool *pool,
                             float *scratch);

#endif
