/* conv_norm.h: a convolution and its batch norm, then perhaps the sum with something else, then
 * perhaps ReLU: what residual networks are made of. */
#ifndef MER_LAYERS_CONV_NORM_H
#define MER_LAYERS_CONV_NORM_H

#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/map_room.h"

typedef struct mer__conv_norm {
  mer__conv2d conv; /* its channels and its window are set before declare */
  mer__batch_norm norm;
  bool relu; /* set */
} mer__conv_norm;

/** What forward keeps for backward. */
typedef struct mer__conv_norm_state {
  mer__map in;
  const float *x;
  float *sums;        /* [pixels, out]: the convolution's result */
  float *mean, *rstd; /* [out]; of prediction: scale and shift */
  float *y;           /* [pixels, out] */
} mer__conv_norm_state;

/** Declares `name`.convolution and `name`.normalization. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__conv_norm_declare(mer__conv_norm *unit, mer__params *params, const char *name,
                                  mer_error *err);

/** Weights as He et al. (2015) initialize them for ReLU, uniform, by their number for a channel of
 * the input. */
void mer__conv_norm_init(const mer__conv_norm *unit, mer__params *params, mer__rng *rng);

/** y = ReLU(norm(conv(x)) + residual) of the state's `in`, `x` and `y`, which are set before, as is
 * `sums` while training; `residual` may be NULL. Scratch: mer__conv2d_scratch.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__conv_norm_forward(mer__conv_norm_state *state, const mer__conv_norm *unit,
                                  const float *residual, const mer__pass *pass, float *scratch,
                                  mer_error *err);

/** Adds the parameters' gradients for dy, which becomes that of the residual; dx, unless it is
 * NULL, becomes that of x. dsums [pixels, out]: overwritten. Scratch: mer__conv2d_backward_scratch.
 */
void mer__conv_norm_backward(float *dx, float *dsums, float *dy, const mer__conv_norm_state *state,
                             const mer__conv_norm *unit, const mer__pass *pass, float *scratch);

/** Forward of x, a map `in`, with the memory of the state from `room`. MER_STATUS_NO_MEMORY. */
mer_status mer__conv_norm_run(mer__conv_norm_state *state, const mer__conv_norm *unit,
                              const float *x, mer__map in, const float *residual,
                              mer__map_room *room, const mer__pass *pass, float *scratch,
                              mer_error *err);
/** Backward; `*dx`, unless dx is NULL, becomes the gradient of x, in the arena.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__conv_norm_run_back(float **dx, float *dy, const mer__conv_norm_state *state,
                                   const mer__conv_norm *unit, const mer__pass *pass,
                                   float *scratch, mer_error *err);

#endif
