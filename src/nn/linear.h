/* linear.h: the backward pass of the affine layer y = x W^T + b, with weights as PyTorch's
 * nn.Linear keeps them. Forward: few_rows.h and panels.h, between which layers/affine.c chooses. */
#ifndef MER_NN_LINEAR_H
#define MER_NN_LINEAR_H

#include "nn/panel_kernels.h"

/** dx = dy W (overwritten; NULL if not wanted), dW += dy^T x (NULL if not wanted), db += column
 * sums of dy (NULL if there is no bias). dx must not overlap an input. dW is fast for few rows; for
 * more see mer__panels_outer_pack. `products` are those of dx. y and dy: [rows, out], x: [rows,
 * in], weight: [out, in]. Relative error to finite differences below 2e-3. */
void mer__linear_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                          const float *weight, int64_t rows, int64_t in, int64_t out,
                          mer__product_dtype products);

#endif
