/* affine.h: Linear layers over the parameters: the one place where products meet weights. */
#ifndef MER_LAYERS_AFFINE_H
#define MER_LAYERS_AFFINE_H

#include "layers/pass.h"
#include "nn/activation.h"

/** The place of a bias that is not a parameter of the layer. */
enum { MER__NO_BIAS = -1 };

/** The parameters of a Linear layer: weight [out, in] and bias [out] or MER__NO_BIAS. The weight
 * may be several parameters [.., in] that were declared one after the other (query, key and value).
 */
typedef struct mer__affine {
  int64_t weight, bias; /* indices; the first of several */
  int64_t in, out;
} mer__affine;

/** y = x W^T + b, for a layer with a bias. y: [rows, out], x: [rows, in]. */
void mer__affine_forward(float *y, const float *x, const mer__pass *pass, mer__affine layer,
                         int64_t rows);
/** The same with a bias [out] of the caller's, for a layer without its own. */
void mer__affine_forward_with(float *y, const float *x, const float *bias, const mer__pass *pass,
                              mer__affine layer, int64_t rows);
/** The same as the first, and activated = the activation of y; it may be y. */
void mer__affine_activated_forward(float *activated, float *y, const float *x,
                                   const mer__pass *pass, mer__affine layer, int64_t rows,
                                   mer__activation_kind activation);

/** dx = dy W (overwritten; NULL if not wanted), and the gradients of W and, if it has one, b are
 * added to those of the parameters, if they are trained. dx overlaps no input. */
void mer__affine_backward(float *dx, const float *dy, const float *x, const mer__pass *pass,
                          mer__affine layer, int64_t rows);

#endif
