/* mlp.h: a stack of Linear, activation and dropout: the classifiers' heads and the fusion's
 * projections. */
#ifndef MER_LAYERS_MLP_H
#define MER_LAYERS_MLP_H

#include "layers/pass.h"

enum { MER__MLP_MAX_LAYERS = 4 };

typedef enum mer__mlp_activation {
  MER__MLP_RELU,
  MER__MLP_TANH,
  MER__MLP_NONE,
} mer__mlp_activation;

/** Each layer but the last is Linear, activation, dropout; the last is Linear, and the activation
 * if `active_last`. No layers: not used. */
typedef struct mer__mlp {
  int n_layers;
  const char *names[MER__MLP_MAX_LAYERS];  /* of the layers, in static memory; NULL: numbered */
  int64_t widths[MER__MLP_MAX_LAYERS + 1]; /* input, then each layer's output */
  int64_t weights[MER__MLP_MAX_LAYERS], biases[MER__MLP_MAX_LAYERS]; /* parameters */
  mer__mlp_activation activation;
  bool active_last;
  double dropout;
  bool input_dropout; /* of the input, too */
  int index;          /* tells its dropout from that of other MLPs */
} mer__mlp;

/** What forward keeps for backward. */
typedef struct mer__mlp_state {
  int64_t rows;
  const float *inputs[MER__MLP_MAX_LAYERS]; /* [rows, widths[i]] */
  float *outputs[MER__MLP_MAX_LAYERS];      /* [rows, widths[i + 1]], before dropout */
} mer__mlp_state;

/** Declares the layers' weight and bias for widths that are set; layer i is called `<name>.<i>` if
 * it has no name of its own. MER_STATUS_NO_MEMORY. */
mer_status mer__mlp_declare(mer__mlp *mlp, mer__params *params, const char *name, mer_error *err);

/** PyTorch's initialization of Linear. */
void mer__mlp_init(const mer__mlp *mlp, mer__params *params, mer__rng *rng);

/** Output [rows, last width] of `x` [rows, first width], in the arena; NULL if memory is out. */
float *mer__mlp_forward(mer__mlp_state *state, const mer__mlp *mlp, const float *x, int64_t rows,
                        const mer__pass *pass);

/** Adds the parameters' gradients; `dx` may be NULL. `dy` is overwritten. MER_STATUS_NO_MEMORY. */
mer_status mer__mlp_backward(float *dx, const mer__mlp *mlp, const mer__mlp_state *state, float *dy,
                             const mer__pass *pass, mer_error *err);

#endif
