/* bilstm.h: an LSTM (PyTorch's nn.LSTM, one layer) over a packed batch, in both directions or only
 * forward. Its weights stay f32: they are a small part of a model. */
#ifndef MER_LAYERS_BILSTM_H
#define MER_LAYERS_BILSTM_H

#include "layers/conv.h"
#include "nn/packing.h"

/** One direction. A Linear layer over rows is a convolution with a kernel of one. */
typedef struct mer__lstm_direction {
  mer__conv input;     /* [4H, in] and a bias, the sum of PyTorch's two */
  mer__conv recurrent; /* [4H, H] */
} mer__lstm_direction;

typedef struct mer__bilstm {
  int64_t in, hidden;                /* set before declare */
  bool forward_only;                 /* set before declare: there is no other direction */
  mer__lstm_direction directions[2]; /* forward, reverse */
} mer__bilstm;

/** Numbers of a row of its result. */
static inline int64_t mer__bilstm_width(const mer__bilstm *lstm) {
  return lstm->forward_only ? lstm->hidden : 2 * lstm->hidden;
}

/** What forward keeps for backward. */
typedef struct mer__bilstm_state {
  const mer__packing *packing;
  int32_t *order;
  const float *x, *y;
  float *gates[2], *cells[2]; /* [T, 4H], [T, H] */
} mer__bilstm_state;

/** Declares `name`.forward and, if there is that direction, `name`.reverse, each with input.weight,
 * input.bias and recurrent.weight. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__bilstm_declare(mer__bilstm *lstm, mer__params *params, const char *name,
                               mer_error *err);
/** Uniform in +-1/sqrt(H), as PyTorch; the forget gate's bias is 1. */
void mer__bilstm_init(const mer__bilstm *lstm, mer__params *params, mer__rng *rng);

/** y [T, mer__bilstm_width]: both directions side by side, or the one. x [T, in] and y must stay as
 * they are until backward. The directions are one thread's each. MER_STATUS_NO_MEMORY. */
mer_status mer__bilstm_forward(float *y, mer__bilstm_state *state, const mer__bilstm *lstm,
                               const float *x, const mer__packing *packing, const mer__pass *pass,
                               mer_error *err);
/** Adds the parameters' gradients for dy; dx [T, in] becomes that of x, unless it is NULL. Once for
 * each forward: what the state keeps is overwritten. MER_STATUS_NO_MEMORY. */
mer_status mer__bilstm_backward(float *dx, const float *dy, const mer__bilstm_state *state,
                                const mer__bilstm *lstm, const mer__pass *pass, mer_error *err);

#endif
