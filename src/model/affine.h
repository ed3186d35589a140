/* affine.h: the affine layers of a model: its Linear layers over its parameters. */
#ifndef MER_MODEL_AFFINE_H
#define MER_MODEL_AFFINE_H

#include "model/params.h"

/** Where the weight [out, in] and the bias [out] of a Linear layer lie in the parameters. */
typedef struct mer__affine {
  int64_t weight, bias;
  int64_t in, out;
} mer__affine;

/** y = x W^T + b. y: [rows, out], x: [rows, in]. */
void mer__affine_forward(float *y, const float *x, const mer__params *params, mer__affine layer,
                         int64_t rows);
/** The same, and activated = GELU(y); it may be y. */
void mer__affine_gelu_forward(float *activated, float *y, const float *x, const mer__params *params,
                              mer__affine layer, int64_t rows);

/** dx = dy W (overwritten; NULL if not wanted), and the gradients of W and b are added to those of
 * `params`. dx overlaps no input. */
void mer__affine_backward(float *dx, const float *dy, const float *x, const mer__params *params,
                          mer__affine layer, int64_t rows);

#endif
