/* residual.h: a layer of a residual network (He et al., "Deep residual learning", 2016): two or
 * three convolutions with their norms, plus the layer's input, which a convolution of one pixel
 * brings to another size or another number of channels where these differ. */
#ifndef MER_LAYERS_RESIDUAL_H
#define MER_LAYERS_RESIDUAL_H

#include "layers/conv_norm.h"

enum { MER__RESIDUAL_MAX_UNITS = 3 };

typedef struct mer__residual {
  int n_units; /* all set before declare, but for what mer__conv_norm_declare sets */
  mer__conv_norm units[MER__RESIDUAL_MAX_UNITS]; /* the last one's ReLU is after the sum */
  bool has_shortcut;
  mer__conv_norm shortcut;
} mer__residual;

/** What forward keeps for backward. */
typedef struct mer__residual_state {
  mer__conv_norm_state units[MER__RESIDUAL_MAX_UNITS], shortcut;
} mer__residual_state;

/** Declares `name`.layer.<i> and `name`.shortcut. */
mer_status mer__residual_declare(mer__residual *layer, mer__params *params, const char *name,
                                 mer_error *err);

/** Values before a training from nothing. */
void mer__residual_init(const mer__residual *layer, mer__params *params, mer__rng *rng);

/** The layer's result: the last unit's `y`, for x [pixels of in, channels], and its map. `x` comes
 * from the room. Scratch: mer__residual_scratch. MER_STATUS_NO_MEMORY. */
mer_status mer__residual_forward(float **y, mer__map *out, mer__residual_state *state,
                                 const mer__residual *layer, const float *x, mer__map in,
                                 mer__map_room *room, const mer__pass *pass, float *scratch,
                                 mer_error *err);
/** Adds the parameters' gradients for dy, which is overwritten; `*dx`, in the arena, becomes that
 * of x. Scratch: mer__residual_backward_scratch. MER_STATUS_NO_MEMORY. */
mer_status mer__residual_backward(float **dx, float *dy, const mer__residual_state *state,
                                  const mer__residual *layer, const mer__pass *pass, float *scratch,
                                  mer_error *err);

/** For an input: floats of scratch, and the most floats of one of its maps. */
int64_t mer__residual_scratch(const mer__residual *layer, mer__map in, const mer__pass *pass);
int64_t mer__residual_backward_scratch(const mer__residual *layer, mer__map in,
                                       const mer__pass *pass);
int64_t mer__residual_most(const mer__residual *layer, mer__map in);
/** The map of the result. */
mer__map mer__residual_map(const mer__residual *layer, mer__map in);

#endif
