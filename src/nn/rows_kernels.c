/* rows_kernels.c: sums of rows and of columns. */
#include "nn/rows_kernels.h"

#include "nn/parallel.h"

static void sum_columns(float *sums, const float *x, int64_t rows, int64_t width, int64_t n) {
  float total[MER__COLUMN_TILE] = {0};
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < n; j++) total[j] += x[i * width + j];
  for (int64_t j = 0; j < n; j++) sums[j] += total[j];
}

static void standardize(float *restrict y, const float *x, const float *mean,
                        const float *deviation, int64_t n) {
  for (int64_t j = 0; j < n; j++) y[j] = (x[j] - mean[j]) / deviation[j];
}

static void add(float *y, const float *a, const float *b, const float *c, int64_t n) {
  if (!c) {
    for (int64_t j = 0; j < n; j++) y[j] = a[j] + b[j];
    return;
  }
  for (int64_t j = 0; j < n; j++) y[j] = a[j] + b[j] + c[j];
}

static void add_int8(float *y, mer__int8_row a, mer__int8_row b, mer__int8_row c, int64_t n) {
  if (!c.values) {
#pragma omp simd
    for (int64_t j = 0; j < n; j++)
      y[j] = (float)a.values[j] * a.scale + (float)b.values[j] * b.scale;
    return;
  }
#pragma omp simd
  for (int64_t j = 0; j < n; j++)
    y[j] =
        (float)a.values[j] * a.scale + (float)b.values[j] * b.scale + (float)c.values[j] * c.scale;
}

static void add_to(float *a, float *b, float *c, const float *dy, int64_t n) {
  for (int64_t j = 0; j < n; j++) a[j] += dy[j];
  for (int64_t j = 0; j < n; j++) b[j] += dy[j];
  for (int64_t j = 0; c && j < n; j++) c[j] += dy[j];
}

static void scale_add(float *y, const float *x, float factor, int64_t n) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) y[j] += factor * x[j];
}

static float dot(const float *a, const float *b, int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < n; j++) sum += a[j] * b[j];
  return sum;
}

const mer__rows_kernels MER__VERSION(mer__rows) = {sum_columns, standardize, add, add_int8,
                                                   add_to,      scale_add,   dot};
