/* affine.h: Linear layers over the parameters: the one place where products meet weights. */
#ifndef MER_LAYERS_AFFINE_H
#define MER_LAYERS_AFFINE_H

#include "layers/pass.h"

/** The parameters of a Linear layer: weight [out, in] and bias [out]. The weight may be several
 * parameters [.., in] that were declared one after the other (query, key and value). */
typedef struct mer__affine {
  int64_t weight, bias; /* indices; the first of several */
  int64_t in, out;
} mer__affine;

/** y = x W^T + b. y: [rows, out], x: [rows, in]. */
void mer__affine_forward(float *y, const float *x, const mer__pass *pass, mer__affine layer,
                         int64_t rows);
/** The same, and activated = GELU(y); it may be y. */
void mer__affine_gelu_forward(float *activated, float *y, const float *x, const mer__pass *pass,
                              mer__affine layer, int64_t rows);

/** dx = dy W (overwritten; NULL if not wanted), and the gradients of W and b are added to those of
 * the parameters. dx must not overlap an input. */
void mer__affine_backward(float *dx, const float *dy, const float *x, const mer__pass *pass,
                          mer__affine layer, int64_t rows);

#endif
