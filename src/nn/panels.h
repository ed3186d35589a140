/* panels.h: the affine layer with its weights packed for prediction: panels of 16 outputs, in which
 * the weights of one input lie side by side. A product reads them in order, once, without the
 * packing that a general matrix product does at each call. */
#ifndef MER_NN_PANELS_H
#define MER_NN_PANELS_H

#include <stdint.h>

enum { MER__PANEL = 16 };

/** panels [out / 16, in, 16] from weight [out, in]; `out` is a multiple of MER__PANEL. */
void mer__panels_pack(float *panels, const float *weight, int64_t in, int64_t out);

/** y = x W^T + b. y: [rows, out], x: [rows, in], bias: [out]. Each row's result is the same in any
 * batch and on any number of threads. */
void mer__panels_forward(float *y, const float *x, const float *panels, const float *bias,
                         int64_t rows, int64_t in, int64_t out);

#endif
