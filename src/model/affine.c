/* affine.c: the Linear layers of a model. */
#include "model/affine.h"

#include "nn/linear.h"

void mer__affine_forward(float *y, const float *x, const mer__params *params, mer__affine layer,
                         int64_t rows) {
  mer__linear_forward(y, x, mer__value(params, layer.weight), mer__value(params, layer.bias), rows,
                      layer.in, layer.out);
}

void mer__affine_backward(float *dx, const float *dy, const float *x, const mer__params *params,
                          mer__affine layer, int64_t rows) {
  mer__linear_backward(dx, mer__grad(params, layer.weight), mer__grad(params, layer.bias), dy, x,
                       mer__value(params, layer.weight), rows, layer.in, layer.out);
}
