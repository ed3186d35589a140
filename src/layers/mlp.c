/* mlp.c: a stack of Linear, ReLU and dropout. */
#include "layers/mlp.h"

#include "base/error.h"
#include "layers/affine.h"
#include "nn/activation.h"

mer_status mer__mlp_declare(mer__mlp *mlp, mer__params *params, const char *name, mer_error *err) {
  for (int i = 0; i < mlp->n_layers; i++) {
    mlp->weights[i] = mer__params_add(params, MER__LINEAR, mlp->widths[i + 1], mlp->widths[i],
                                      "%s.%d.weight", name, i);
    mlp->biases[i] =
        mer__params_add(params, MER__VECTOR, mlp->widths[i + 1], 0, "%s.%d.bias", name, i);
    if (mlp->weights[i] < 0 || mlp->biases[i] < 0) return mer__params_fail(params, err);
  }
  return MER_OK;
}

void mer__mlp_init(const mer__mlp *mlp, mer__params *params, mer__rng *rng) {
  for (int i = 0; i < mlp->n_layers; i++) {
    int64_t in = mlp->widths[i], out = mlp->widths[i + 1];
    mer__params_init_linear(mer__value(params, mlp->weights[i]), in * out, in, rng);
    mer__params_init_linear(mer__value(params, mlp->biases[i]), out, in, rng);
  }
}

static mer__affine layer_of(const mer__mlp *mlp, int layer) {
  return (mer__affine){mlp->weights[layer], mlp->biases[layer], mlp->widths[layer],
                       mlp->widths[layer + 1]};
}

static bool has_relu(const mer__mlp *mlp, int layer) {
  return layer + 1 < mlp->n_layers || mlp->relu_last;
}

/* Dropout after a layer: none after the last. */
static mer__dropout dropout_after(const mer__mlp *mlp, int layer, const mer__noise *noise) {
  double rate = layer + 1 < mlp->n_layers ? mlp->dropout : 0;
  return mer__noise_dropout(noise, rate, MER__SITE_MLP + mlp->index * MER__SITES_PER_MLP + layer);
}

float *mer__mlp_forward(mer__mlp_state *state, const mer__mlp *mlp, const float *x, int64_t rows,
                        const mer__pass *pass) {
  float *dropped = NULL;
  state->rows = rows;
  for (int i = 0; i < mlp->n_layers; i++) {
    int64_t out = mlp->widths[i + 1];
    float *y = mer__arena_alloc(pass->arena, (size_t)(rows * out), sizeof(float));
    dropped = mer__arena_alloc(pass->arena, (size_t)(rows * out), sizeof(float));
    if (!y || !dropped) return NULL;
    mer__dropout dropout = dropout_after(mlp, i, &pass->noise);
    mer__affine_forward(y, x, pass, layer_of(mlp, i), rows);
    if (has_relu(mlp, i)) mer__relu_forward(y, y, rows * out);
    mer__dropout_apply(dropped, y, rows * out, &dropout);
    state->inputs[i] = x;
    state->outputs[i] = y;
    x = dropped;
  }
  return dropped;
}

mer_status mer__mlp_backward(float *dx, const mer__mlp *mlp, const mer__mlp_state *state, float *dy,
                             const mer__pass *pass, mer_error *err) {
  for (int i = mlp->n_layers - 1; i >= 0; i--) {
    int64_t in = mlp->widths[i], out = mlp->widths[i + 1], rows = state->rows;
    mer__dropout dropout = dropout_after(mlp, i, &pass->noise);
    float *dinput = i == 0 ? dx : mer__arena_alloc(pass->arena, (size_t)(rows * in), sizeof(float));
    if (i > 0 && !dinput) return mer__fail_memory(err);
    mer__dropout_apply(dy, dy, rows * out, &dropout);
    if (has_relu(mlp, i)) mer__relu_backward(dy, dy, state->outputs[i], rows * out);
    mer__affine_backward(dinput, dy, state->inputs[i], pass, layer_of(mlp, i), rows);
    dy = dinput;
  }
  return MER_OK;
}
