/* int8_matmul.h: Linear layers with int8 weights. The activations are rounded to 8 bits, 0 to 255
 * (where the weights have a reduced range to 200), with a scale and a zero point for each row that
 * are found at run time, and products are summed exactly. */
#ifndef MER_NN_INT8_MATMUL_H
#define MER_NN_INT8_MATMUL_H

#include "nn/int8_kernels.h"

/** y = x W^T + b, and activated = GELU(y), which may be y, unless it is NULL. W is made of `parts`
 * [n_parts] on top of each other, in panels, all of the same range and number of columns, at most
 * MER__INT8_MAX_COLUMNS. y: [rows, out], x: [rows, columns], bias: [out] or NULL; out: the
 * rows of all parts. A row with a value that is not finite, or with a range that is not, becomes
 * NaN. The result does not depend on threads, on the other rows or on the processor.
 */
void mer__int8_linear_forward(float *y, float *activated, const float *x,
                              const mer__int8_matrix *parts, int n_parts, const float *bias,
                              int64_t rows);

/** The same with rows of x that are `x_row` floats apart, and may overlap. */
void mer__int8_linear_forward_rows(float *y, float *activated, const float *x, int64_t x_row,
                                   const mer__int8_matrix *parts, int n_parts, const float *bias,
                                   int64_t rows);

#endif
