/* mlp.c: a stack of Linear, activation and dropout. */
#include "layers/mlp.h"

#include <stdio.h>

#include "base/error.h"
#include "layers/affine.h"
#include "nn/activation.h"

mer_status mer__mlp_declare(mer__mlp *mlp, mer__params *params, const char *name, mer_error *err) {
  for (int i = 0; i < mlp->n_layers; i++) {
    const int64_t in = mlp->widths[i], out = mlp->widths[i + 1];
    char number[128];
    snprintf(number, sizeof number, "%s.%d", name, i);
    const char *own = mlp->names[i] ? mlp->names[i] : number;
    mlp->weights[i] = mer__params_add(params, MER__LINEAR, out, in, "%s.weight", own);
    mlp->biases[i] = mer__params_add(params, MER__VECTOR, out, 0, "%s.bias", own);
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

static bool is_active(const mer__mlp *mlp, int layer) {
  return mlp->activation != MER__MLP_NONE && (layer + 1 < mlp->n_layers || mlp->active_last);
}

/* Dropout after a layer: none after the last. Layer -1: of the input. */
static mer__dropout dropout_after(const mer__mlp *mlp, int layer, const mer__noise *noise) {
  const bool drops = layer < 0 ? mlp->input_dropout : layer + 1 < mlp->n_layers;
  const int64_t site = (layer + MER__SITES_PER_MLP) % MER__SITES_PER_MLP;
  return mer__noise_dropout(noise, drops ? mlp->dropout : 0,
                            MER__SITE_MLP + mlp->index * MER__SITES_PER_MLP + site);
}

/* A copy of the input with its dropout; NULL if memory is out. */
static const float *drop_input(const mer__mlp *mlp, const float *x, int64_t n,
                               const mer__pass *pass) {
  const mer__dropout dropout = dropout_after(mlp, -1, &pass->noise);
  if (dropout.rate == 0) return x;
  float *dropped = mer__arena_alloc(pass->arena, (size_t)n, sizeof *dropped);
  if (dropped) mer__dropout_apply(dropped, x, n, &dropout);
  return dropped;
}

static void activate(float *y, const mer__mlp *mlp, int64_t n) {
  if (mlp->activation == MER__MLP_TANH) mer__tanh_forward(y, y, n);
  else mer__relu_forward(y, y, n);
}

static void activate_backward(float *dy, const float *y, const mer__mlp *mlp, int64_t n) {
  if (mlp->activation == MER__MLP_TANH) mer__tanh_backward(dy, dy, y, n);
  else mer__relu_backward(dy, dy, y, n);
}

float *mer__mlp_forward(mer__mlp_state *state, const mer__mlp *mlp, const float *x, int64_t rows,
                        const mer__pass *pass) {
  float *dropped = NULL;
  state->rows = rows;
  if (!(x = drop_input(mlp, x, rows * mlp->widths[0], pass))) return NULL;
  for (int i = 0; i < mlp->n_layers; i++) {
    int64_t out = mlp->widths[i + 1];
    float *y = mer__arena_alloc(pass->arena, (size_t)(rows * out), sizeof(float));
    dropped = mer__arena_alloc(pass->arena, (size_t)(rows * out), sizeof(float));
    if (!y || !dropped) return NULL;
    mer__dropout dropout = dropout_after(mlp, i, &pass->noise);
    mer__affine_forward(y, x, pass, layer_of(mlp, i), rows);
    if (is_active(mlp, i)) activate(y, mlp, rows * out);
    mer__dropout_apply(dropped, y, rows * out, &dropout);
    state->inputs[i] = x;
    state->outputs[i] = y;
    x = dropped;
  }
  return dropped;
}

mer_status mer__mlp_backward(float *dx, const mer__mlp *mlp, const mer__mlp_state *state, float *dy,
                             const mer__pass *pass, mer_error *err) {
  const mer__dropout of_input = dropout_after(mlp, -1, &pass->noise);
  for (int i = mlp->n_layers - 1; i >= 0; i--) {
    int64_t in = mlp->widths[i], out = mlp->widths[i + 1], rows = state->rows;
    mer__dropout dropout = dropout_after(mlp, i, &pass->noise);
    float *dinput = i == 0 ? dx : mer__arena_alloc(pass->arena, (size_t)(rows * in), sizeof(float));
    if (i > 0 && !dinput) return mer__fail_memory(err);
    mer__dropout_apply(dy, dy, rows * out, &dropout);
    if (is_active(mlp, i)) activate_backward(dy, state->outputs[i], mlp, rows * out);
    mer__affine_backward(dinput, dy, state->inputs[i], pass, layer_of(mlp, i), rows);
    dy = dinput;
  }
  if (dx) mer__dropout_apply(dx, dx, state->rows * mlp->widths[0], &of_input);
  return MER_OK;
}
