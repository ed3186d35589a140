/* layer_norm.c: rows in two passes over the cache; column sums over tiles of columns. */
#include "nn/layer_norm.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "base/dispatch.h"
#include "nn/parallel.h"

MER__KERNEL static void forward_row(float *y, float *mean, float *rstd, const float *x,
                                    const float *gamma, const float *beta, int64_t width,
                                    float epsilon) {
  float sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < width; j++) sum += x[j];
  float m = sum / (float)width;
#pragma omp simd reduction(+ : squares)
  for (int64_t j = 0; j < width; j++) squares += (x[j] - m) * (x[j] - m);
  float r = 1.0f / sqrtf(squares / (float)width + epsilon);
#pragma omp simd
  for (int64_t j = 0; j < width; j++) y[j] = (x[j] - m) * r * gamma[j] + beta[j];
  if (mean) *mean = m;
  if (rstd) *rstd = r;
}

/* Rows from .. to - 1. */
static void forward_rows(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                         const float *beta, int64_t from, int64_t to, int64_t width,
                         float epsilon) {
  for (int64_t i = from; i < to; i++)
    forward_row(y + i * width, mean ? mean + i : NULL, rstd ? rstd + i : NULL, x + i * width, gamma,
                beta, width, epsilon);
}

MER__KERNEL static void backward_row(float *dx, const float *dy, const float *x, float mean,
                                     float rstd, const float *gamma, int64_t width) {
  float sum = 0, projection = 0;
#pragma omp simd reduction(+ : sum, projection)
  for (int64_t j = 0; j < width; j++) {
    float g = dy[j] * gamma[j];
    sum += g;
    projection += g * ((x[j] - mean) * rstd);
  }
  sum /= (float)width;
  projection /= (float)width;
#pragma omp simd
  for (int64_t j = 0; j < width; j++)
    dx[j] = rstd * (dy[j] * gamma[j] - sum - (x[j] - mean) * rstd * projection);
}

/* Gradients of `n` <= MER__COLUMN_TILE columns of gamma and beta. */
MER__KERNEL static void backward_columns(float *dgamma, float *dbeta, const float *dy,
                                         const float *x, const float *mean, const float *rstd,
                                         int64_t rows, int64_t width, int64_t n) {
  float g[MER__COLUMN_TILE] = {0}, b[MER__COLUMN_TILE] = {0};
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < n; j++) {
      float d = dy[i * width + j];
      g[j] += d * ((x[i * width + j] - mean[i]) * rstd[i]);
      b[j] += d;
    }
  }
  for (int64_t j = 0; j < n; j++) {
    dgamma[j] += g[j];
    dbeta[j] += b[j];
  }
}

void mer__layer_norm_forward(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                             const float *beta, int64_t rows, int64_t width, float epsilon) {
  assert(width > 0 && !mean == !rstd);
  if (!mer__shared(rows * width >= MER__PARALLEL_MIN)) {
    forward_rows(y, mean, rstd, x, gamma, beta, 0, rows, width, epsilon);
    return;
  }
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < rows; i++)
    forward_rows(y, mean, rstd, x, gamma, beta, i, i + 1, width, epsilon);
}

void mer__layer_norm_backward(float *dx, float *dgamma, float *dbeta, const float *dy,
                              const float *x, const float *mean, const float *rstd,
                              const float *gamma, int64_t rows, int64_t width) {
  assert(width > 0);
  /* The columns first: dx may take the place of dy. */
#pragma omp parallel if (rows * width >= MER__PARALLEL_MIN)
  {
#pragma omp for schedule(static)
    for (int64_t j = 0; j < width; j += MER__COLUMN_TILE)
      backward_columns(dgamma + j, dbeta + j, dy + j, x + j, mean, rstd, rows, width,
                       mer__chunk_size(width, j, MER__COLUMN_TILE));
#pragma omp for schedule(static)
    for (int64_t i = 0; i < rows; i++)
      backward_row(dx + i * width, dy + i * width, x + i * width, mean[i], rstd[i], gamma, width);
  }
}
