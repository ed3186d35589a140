/* linear.h: the affine layer, with weights as PyTorch's nn.Linear keeps them. */
#ifndef MER_NN_LINEAR_H
#define MER_NN_LINEAR_H

#include <stdint.h>

/** y = x W^T + b. y: [rows, out], x: [rows, in], weight: [out, in], bias: [out] or NULL. */
void mer__linear_forward(float *y, const float *x, const float *weight, const float *bias,
                         int64_t rows, int64_t in, int64_t out);

/** dx = dy W (overwritten; NULL if not wanted), dW += dy^T x (NULL if not wanted), db += column
 * sums of dy (NULL if there is no bias). dx overlaps no input. dW is fast for few rows; for more
 * see mer__panels_outer_pack. Relative error to finite differences
 * below 2e-3. */
void mer__linear_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                          const float *weight, int64_t rows, int64_t in, int64_t out);

#endif
