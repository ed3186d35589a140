/* few_rows.h: the affine layer for the few rows of a small batch. Packing the weights would take
 * longer than the product: they are read once, in the order in which they lie. */
#ifndef MER_NN_FEW_ROWS_H
#define MER_NN_FEW_ROWS_H

#include <stdint.h>

/** Rows up to which that is fastest. */
enum { MER__FEW_ROWS = 16 };

/** y = x W^T + b, on all threads. y: [rows, out], x: [rows, in], weight: [out, in], bias: [out] or
 * NULL. */
void mer__few_rows_forward(float *y, const float *x, const float *weight, const float *bias,
                           int64_t rows, int64_t in, int64_t out);

/** Rows of dW that are best asked for at a time. */
enum { MER__FEW_ROWS_STEP = 4 };

/** Rows first .. first + n - 1 of dW = dy^T x, overwritten, within this thread. drows: [n, in],
 * dy: [rows, out], x: [rows, in]. */
void mer__few_rows_weight_gradient(float *drows, const float *dy, const float *x, int64_t rows,
                                   int64_t in, int64_t out, int64_t first, int64_t n);

#endif
