/* channel_norm_kernels.c: some columns, row after row: so the rows are read in their order. Rows
 * are summed in blocks, so that long sums keep their digits. */
#include "nn/channel_norm_kernels.h"

#include "nn/parallel.h"

enum { BLOCK = 128 }; /* rows that are summed before their sum is added to the whole */

static void sums(float *sums, const float *x, const float *shift, bool squares, int64_t rows,
                 int64_t width, int64_t n) {
  for (int64_t j = 0; j < n; j++) sums[j] = 0;
  for (int64_t i = 0; i < rows; i += BLOCK) {
    float part[MER__COLUMN_TILE] = {0};
    for (int64_t r = i; r < mer__min(rows, i + BLOCK); r++)
#pragma omp simd
      for (int64_t j = 0; j < n; j++) {
        const float d = x[r * width + j] - shift[j];
        part[j] += squares ? d * d : d;
      }
    for (int64_t j = 0; j < n; j++) sums[j] += part[j];
  }
}

static void scale(float *y, const float *x, const float *scale, const float *shift, int64_t rows,
                  int64_t width, int64_t n) {
  for (int64_t r = 0; r < rows; r++)
#pragma omp simd
    for (int64_t j = 0; j < n; j++) y[r * width + j] = x[r * width + j] * scale[j] + shift[j];
}

static void gradient_sums(float *sums, float *projections, const float *dy, const float *x,
                          const float *mean, const float *rstd, int64_t rows, int64_t width,
                          int64_t n) {
  for (int64_t j = 0; j < n; j++) sums[j] = projections[j] = 0;
  for (int64_t i = 0; i < rows; i += BLOCK) {
    float part[MER__COLUMN_TILE] = {0}, projected[MER__COLUMN_TILE] = {0};
    for (int64_t r = i; r < mer__min(rows, i + BLOCK); r++)
#pragma omp simd
      for (int64_t j = 0; j < n; j++) {
        const float d = dy[r * width + j];
        part[j] += d;
        projected[j] += d * ((x[r * width + j] - mean[j]) * rstd[j]);
      }
    for (int64_t j = 0; j < n; j++) {
      sums[j] += part[j];
      projections[j] += projected[j];
    }
  }
}

static void gradient(float *dx, const float *dy, const float *x, const float *mean,
                     const float *rstd, const float *factor, const float *sum,
                     const float *projection, int64_t rows, int64_t width, int64_t n) {
  for (int64_t r = 0; r < rows; r++)
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      const int64_t at = r * width + j;
      dx[at] = factor[j] * (dy[at] - sum[j] - (x[at] - mean[j]) * rstd[j] * projection[j]);
    }
}

const mer__channel_norm_kernels MER__VERSION(mer__channel_norm) = {sums, scale, gradient_sums,
                                                                   gradient};
