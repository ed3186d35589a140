/* channel_norm.c: threads share the columns, in tiles. */
#include "nn/channel_norm.h"

#include <math.h>

#include "nn/channel_norm_kernels.h"
#include "nn/parallel.h"

enum { TILE = MER__COLUMN_TILE };

static void forward_tile(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                         const float *beta, int64_t rows, int64_t width, int64_t n, float epsilon) {
  const mer__channel_norm_kernels *kernels = MER__CHOSEN(mer__channel_norm);
  float scale[TILE], shift[TILE] = {0};
  kernels->sums(mean, x, shift, false, rows, width, n);
  for (int64_t j = 0; j < n; j++) mean[j] /= (float)rows;
  kernels->sums(rstd, x, mean, true, rows, width, n);
  for (int64_t j = 0; j < n; j++) {
    rstd[j] = 1 / sqrtf(rstd[j] / (float)rows + epsilon);
    scale[j] = rstd[j] * gamma[j];
    shift[j] = beta[j] - mean[j] * scale[j];
  }
  kernels->scale(y, x, scale, shift, rows, width, n);
}

void mer__channel_norm_forward(float *y, float *mean, float *rstd, const float *x,
                               const float *gamma, const float *beta, int64_t rows, int64_t width,
                               float epsilon) {
  if (rows == 0) return;
#pragma omp parallel for schedule(static) if (mer__shared(rows * width >= MER__PARALLEL_MIN))
  for (int64_t j = 0; j < width; j += TILE)
    forward_tile(y + j, mean + j, rstd + j, x + j, gamma + j, beta + j, rows, width,
                 mer__chunk_size(width, j, TILE), epsilon);
}

static void backward_tile(float *dx, float *dgamma, float *dbeta, const float *dy, const float *x,
                          const float *mean, const float *rstd, const float *gamma, int64_t rows,
                          int64_t width, int64_t n) {
  const mer__channel_norm_kernels *kernels = MER__CHOSEN(mer__channel_norm);
  float sums[TILE], projections[TILE], factor[TILE];
  kernels->gradient_sums(sums, projections, dy, x, mean, rstd, rows, width, n);
  for (int64_t j = 0; j < n; j++) {
    dbeta[j] += sums[j];
    dgamma[j] += projections[j];
    sums[j] /= (float)rows;
    projections[j] /= (float)rows;
    factor[j] = gamma[j] * rstd[j];
  }
  kernels->gradient(dx, dy, x, mean, rstd, factor, sums, projections, rows, width, n);
}

void mer__channel_norm_backward(float *dx, float *dgamma, float *dbeta, const float *dy,
                                const float *x, const float *mean, const float *rstd,
                                const float *gamma, int64_t rows, int64_t width) {
  if (rows == 0) return;
#pragma omp parallel for schedule(static) if (mer__shared(rows * width >= MER__PARALLEL_MIN))
  for (int64_t j = 0; j < width; j += TILE)
    backward_tile(dx + j, dgamma + j, dbeta + j, dy + j, x + j, mean + j, rstd + j, gamma + j, rows,
                  width, mer__chunk_size(width, j, TILE));
}
