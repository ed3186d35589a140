/* rows.c: rows and columns of matrices. */
#include "nn/rows.h"

#include <assert.h>
#include <string.h>

#include "base/dispatch.h"
#include "nn/parallel.h"

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

/* Sums `n` <= MER__COLUMN_TILE columns of a matrix with rows of `width`. */
MER__KERNEL static void sum_columns(float *sums, const float *x, int64_t rows, int64_t width,
                                    int64_t n) {
  float total[MER__COLUMN_TILE] = {0};
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < n; j++) total[j] += x[i * width + j];
  for (int64_t j = 0; j < n; j++) sums[j] += total[j];
}

void mer__rows_sum_add(float *sums, const float *x, int64_t rows, int64_t width) {
#pragma omp parallel for schedule(static) if (rows * width >= MER__PARALLEL_MIN)
  for (int64_t j = 0; j < width; j += MER__COLUMN_TILE)
    sum_columns(sums + j, x + j, rows, width, mer__chunk_size(width, j, MER__COLUMN_TILE));
}
