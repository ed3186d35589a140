/* layer_norm_kernels.h: rows and columns of layer normalization. */
#ifndef MER_NN_LAYER_NORM_KERNELS_H
#define MER_NN_LAYER_NORM_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

typedef struct mer__layer_norm_kernels {
  /** A row of mer__layer_norm_forward; mean and rstd may be NULL. */
  void (*forward_row)(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                      const float *beta, int64_t width, float epsilon);
  /** A row of dx. */
  void (*backward_row)(float *dx, const float *dy, const float *x, float mean, float rstd,
                       const float *gamma, int64_t width);
  /** Adds the gradients of `n` <= MER__COLUMN_TILE columns of gamma and beta. */
  void (*backward_columns)(float *dgamma, float *dbeta, const float *dy, const float *x,
                           const float *mean, const float *rstd, int64_t rows, int64_t width,
                           int64_t n);
} mer__layer_norm_kernels;

MER__DECLARE_VERSIONS(mer__layer_norm_kernels, mer__layer_norm);

#endif
