/* rows_kernels.h: sums of rows and of columns. */
#ifndef MER_NN_ROWS_KERNELS_H
#define MER_NN_ROWS_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

/** A row of a table of int8. */
typedef struct mer__int8_row {
  const int8_t *values;
  float scale;
} mer__int8_row;

typedef struct mer__rows_kernels {
  /** Adds the sums of `n` <= MER__COLUMN_TILE columns of x, which has rows of `width`. */
  void (*sum_columns)(float *sums, const float *x, int64_t rows, int64_t width, int64_t n);
  /** y = (x - mean) / deviation */
  void (*standardize)(float *y, const float *x, const float *mean, const float *deviation,
                      int64_t n);
  /** y = a + b + c; c, the last one, may be NULL. */
  void (*add)(float *y, const float *a, const float *b, const float *c, int64_t n);
  void (*add_int8)(float *y, mer__int8_row a, mer__int8_row b, mer__int8_row c, int64_t n);
  /** a += dy, b += dy, c += dy; some of the three may be the same, and c NULL. */
  void (*add_to)(float *a, float *b, float *c, const float *dy, int64_t n);
  /** y += factor * x */
  void (*scale_add)(float *y, const float *x, float factor, int64_t n);
  /** The sum of a * b. */
  float (*dot)(const float *a, const float *b, int64_t n);
} mer__rows_kernels;

MER__DECLARE_VERSIONS(mer__rows_kernels, mer__rows);

#endif
