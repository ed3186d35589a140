/* int8_matmul.h: Linear layers with int8 weights. The activations are rounded to 16 bits, with a
 * scale for each row that is found at run time, and products are summed exactly in 32 bits: a
 * multiplication of 16 by 16 bits costs on AVX2 what one of 8 by 8 costs, and the weights, which
 * are what must come from memory, are 8 bits wide. */
#ifndef MER_NN_INT8_MATMUL_H
#define MER_NN_INT8_MATMUL_H

#include "nn/int8_weights.h"

/** y = x W^T + b. W is made of `parts` [n_parts] on top of each other, in panels, all of the same
 * number of columns, at most MER__INT8_MAX_COLUMNS. y: [rows, out], x: [rows, columns], bias:
 * [out]; out: the rows of all parts. A row with a value that is not finite becomes NaN. The result
 * does not depend on threads, on the other rows or on the processor. */
void mer__int8_linear_forward(float *y, const float *x, const mer__int8_matrix *parts, int n_parts,
                              const float *bias, int64_t rows);

/** The same without instructions of a certain processor: what other processors take; for tests. */
void mer__int8_linear_forward_portable(float *y, const float *x, const mer__int8_matrix *parts,
                                       int n_parts, const float *bias, int64_t rows);

#endif
