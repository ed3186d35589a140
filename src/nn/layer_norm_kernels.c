/* layer_norm_kernels.c: rows in two passes over the cache; column sums over tiles of columns. */
#include "nn/layer_norm_kernels.h"

#include <math.h>

#include "nn/parallel.h"

static void forward_row(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                        const float *beta, int64_t width, float epsilon) {
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

static void backward_row(float *dx, const float *dy, const float *x, float mean, float rstd,
                         const float *gamma, int64_t width) {
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
static void backward_columns(float *dgamma, float *dbeta, const float *dy, const float *x,
                             const float *mean, const float *rstd, int64_t rows, int64_t width,
                             int64_t n) {
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

const mer__layer_norm_kernels MER__VERSION(mer__layer_norm) = {forward_row, backward_row,
                                                               backward_columns};
