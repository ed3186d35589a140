/* layer_norm_kernels.c: rows in two passes over the cache; column sums over tiles of columns. */
#include "nn/layer_norm_kernels.h"

#include <math.h>
#include <stdbool.h>

#include "nn/f32x8.h"
#include "nn/parallel.h"

#if defined(__AVX512F__)
typedef mer__f32x16 vector;
#define LOAD MER__LOAD16
#else
typedef mer__f32_part vector;
#define LOAD MER__LOAD_PART
#endif

enum { LANES = 16, WIDTH = sizeof(vector) / sizeof(float), PARTS = LANES / WIDTH };

/* Adds x - mean of as many elements as there are lanes, or the squares of that. */
MER__INLINE void add_lanes(vector sums[PARTS], const float *x, const float mean,
                           const bool squares) {
#pragma GCC unroll 4
  for (int part = 0; part < PARTS; part++) {
    const vector d = LOAD(x + part * WIDTH) - mean;
    sums[part] += squares ? d * d : d;
  }
}

/* The sum over a row. Lane after lane, however wide the registers are: a row that is rounded to 8
 * bits after it is the same on every processor with fused multiply-add. */
MER__INLINE float sum_row(const float *x, int64_t n, const float mean, const bool squares) {
  vector sums[PARTS] = {{0}};
  float lanes[LANES], total = 0;
  int64_t j = 0;
  for (; j + LANES <= n; j += LANES) add_lanes(sums, x + j, mean, squares);
  if (j < n) {
    for (int l = 0; l < LANES; l++) lanes[l] = j + l < n ? x[j + l] : mean;
    add_lanes(sums, lanes, mean, squares);
  }
  memcpy(lanes, sums, sizeof lanes);
  for (int l = 0; l < LANES; l++) total += lanes[l];
  return total;
}

static void forward_row(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                        const float *beta, int64_t width, float epsilon) {
  const float m = sum_row(x, width, 0, false) / (float)width;
  const float r = 1.0f / sqrtf(sum_row(x, width, m, true) / (float)width + epsilon);
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
