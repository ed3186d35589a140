/* rows.h: rows and columns of matrices: gather, scatter, concatenate, sum. */
#ifndef MER_NN_ROWS_H
#define MER_NN_ROWS_H

#include <stdint.h>

/** y[i] = x[rows[i]]. y: [n, width]. */
void mer__rows_gather(float *y, const float *x, const int32_t *rows, int64_t n, int64_t width);

/** y[rows[i]] += x[i]. x: [n, width]. The gradient of mer__rows_gather. Rows may repeat. */
void mer__rows_scatter_add(float *y, const float *x, const int32_t *rows, int64_t n, int64_t width);

/** Copies a [rows, width] block between matrices with rows of `y_stride` and `x_stride` floats:
 * with y + column it concatenates, with x + column it slices. */
void mer__rows_copy(float *y, int64_t y_stride, const float *x, int64_t x_stride, int64_t rows,
                    int64_t width);

/** sums[j] += sum over i of x[i, j]. x: [rows, width]. Summed in the order of the rows. */
void mer__rows_sum_add(float *sums, const float *x, int64_t rows, int64_t width);

/** y += factor * x. y, x: [n]. */
void mer__rows_scale_add(float *y, const float *x, float factor, int64_t n);
/** The sum of a * b, of whose parts the sum is in double precision. a, b: [n]. */
double mer__rows_dot(const float *a, const float *b, int64_t n);

/** y = (x - mean) / deviation, element by element, by this thread. y overlaps nothing else. */
void mer__rows_standardize(float *y, const float *x, const float *mean, const float *deviation,
                           int64_t width);

#endif
