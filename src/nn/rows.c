/* rows.c: rows and columns of matrices. */
#include "nn/rows.h"

#include <assert.h>
#include <string.h>

#include "nn/parallel.h"
#include "nn/rows_kernels.h"

void mer__rows_gather(float *y, const float *x, const int32_t *rows, int64_t n, int64_t width) {
  for (int64_t i = 0; i < n; i++)
    memcpy(y + i * width, x + rows[i] * width, (size_t)width * sizeof *y);
}

void mer__rows_scatter_add(float *y, const float *x, const int32_t *rows, int64_t n,
                           int64_t width) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < width; j++) y[rows[i] * width + j] += x[i * width + j];
}

void mer__rows_copy(float *y, int64_t y_stride, const float *x, int64_t x_stride, int64_t rows,
                    int64_t width) {
  assert(y_stride >= width && x_stride >= width);
  for (int64_t i = 0; i < rows; i++)
    memcpy(y + i * y_stride, x + i * x_stride, (size_t)width * sizeof *y);
}

void mer__rows_sum_add(float *sums, const float *x, int64_t rows, int64_t width) {
  const mer__rows_kernels *kernels = MER__CHOSEN(mer__rows);
#pragma omp parallel for schedule(static) if (rows * width >= MER__PARALLEL_MIN)
  for (int64_t j = 0; j < width; j += MER__COLUMN_TILE)
    kernels->sum_columns(sums + j, x + j, rows, width, mer__chunk_size(width, j, MER__COLUMN_TILE));
}

void mer__rows_standardize(float *y, const float *x, const float *mean, const float *deviation,
                           int64_t width) {
  MER__CHOSEN(mer__rows)->standardize(y, x, mean, deviation, width);
}

void mer__rows_scale_add(float *y, const float *x, float factor, int64_t n) {
  const mer__rows_kernels *kernels = MER__CHOSEN(mer__rows);
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    kernels->scale_add(y + i, x + i, factor, mer__chunk_size(n, i, MER__CHUNK));
}

double mer__rows_dot(const float *a, const float *b, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    sum += MER__CHOSEN(mer__rows)->dot(a + i, b + i, mer__chunk_size(n, i, MER__CHUNK));
  return sum;
}
