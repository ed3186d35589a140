/* transformer.c: a stack of transformer layers: parameters, memory, and the passes through it. */
#include "layers/transformer.h"

#include <string.h>

#include "base/error.h"
#include "layers/transformer_layer.h"
#include "nn/attention.h"

static int64_t add(mer__params *params, mer__param_role role, int64_t rows, int64_t columns,
                   const mer__transformer_names *names, int l, const char *name) {
  return mer__params_add(params, role, rows, columns, "%s.%d.%s.%s", names->layers, l, name,
                         role == MER__LINEAR ? "weight" : "bias");
}

/* A Linear layer's weight [out, in] and bias. */
static void add_linear(int64_t *weight, int64_t *bias, mer__params *params, int64_t out, int64_t in,
                       const mer__transformer_names *names, int l, const char *name) {
  *weight = add(params, MER__LINEAR, out, in, names, l, name);
  *bias = add(params, MER__VECTOR, out, 0, names, l, name);
}

static void add_norm(int64_t *gamma, int64_t *beta, mer__params *params, int64_t hidden,
                     const mer__transformer_names *names, int l, const char *name) {
  *gamma =
      mer__params_add(params, MER__VECTOR, hidden, 0, "%s.%d.%s.weight", names->layers, l, name);
  *beta = add(params, MER__VECTOR, hidden, 0, names, l, name);
}

/* The three projections are one matrix [3H, H] in the block, and so are their biases. */
static void add_qkv(mer__transformer_layer *layer, mer__params *params, int64_t hidden,
                    const mer__transformer_names *names, int l) {
  layer->qkv_weight = add(params, MER__LINEAR, hidden, hidden, names, l, names->query);
  add(params, MER__LINEAR, hidden, hidden, names, l, names->key);
  add(params, MER__LINEAR, hidden, hidden, names, l, names->value);
  layer->qkv_bias = add(params, MER__VECTOR, hidden, 0, names, l, names->query);
  add(params, MER__VECTOR, hidden, 0, names, l, names->key);
  add(params, MER__VECTOR, hidden, 0, names, l, names->value);
}

mer_status mer__transformer_declare(mer__transformer *t, mer__params *params,
                                    const mer__transformer_names *names, mer_error *err) {
  const mer__transformer_config *c = &t->config;
  const int64_t hidden = c->hidden_size, wide = c->intermediate_size;
  const size_t expected = params->n_items + 16 * (size_t)c->n_layers;
  t->layers = mer__calloc((size_t)c->n_layers, sizeof *t->layers);
  if (!t->layers) return mer__fail_memory(err);
  for (int l = 0; l < c->n_layers; l++) {
    mer__transformer_layer *p = &t->layers[l];
    params->group = MER__GROUP_LAYER + l;
    add_qkv(p, params, hidden, names, l);
    add_linear(&p->attention_weight, &p->attention_bias, params, hidden, hidden, names, l,
               names->attention);
    add_norm(&p->attention_gamma, &p->attention_beta, params, hidden, names, l,
             names->attention_norm);
    add_linear(&p->up_weight, &p->up_bias, params, wide, hidden, names, l, names->up);
    add_linear(&p->down_weight, &p->down_bias, params, hidden, wide, names, l, names->down);
    add_norm(&p->output_gamma, &p->output_beta, params, hidden, names, l, names->output_norm);
  }
  if (params->n_items == expected) return MER_OK;
  return mer__params_fail(params, err);
}

void mer__transformer_clear(mer__transformer *t) {
  mer__free(t->layers);
  *t = (mer__transformer){0};
}

/* Hands out floats of the arena and remembers a failure, so that many are asked for and checked
 * once. */
typedef struct allocator {
  mer__arena *arena;
  bool failed;
} allocator;

static float *take(allocator *a, int64_t rows, int64_t columns) {
  float *floats = mer__arena_alloc(a->arena, (size_t)rows * (size_t)columns, sizeof(float));
  if (!floats) a->failed = true;
  return floats;
}

static int64_t n_rows(const mer__packing *packing) {
  return packing->offsets[packing->n_utterances];
}

static mer__transformer_acts take_layer(allocator *a, const mer__transformer_config *c,
                                        const mer__packing *packing, bool training) {
  int64_t rows = n_rows(packing), hidden = c->hidden_size;
  int64_t n_scores = mer__packing_n_scores(packing, (int)c->n_heads);
  float *up = take(a, rows, c->intermediate_size);
  return (mer__transformer_acts){
      .n_rows = rows,
      .qkv = take(a, rows, 3 * hidden),
      .probs = training ? take(a, n_scores, 1) : NULL,
      .context = take(a, rows, hidden),
      .attention_sum = take(a, rows, hidden),
      .attention_mean = take(a, rows, 1),
      .attention_rstd = take(a, rows, 1),
      .attention_output = take(a, rows, hidden),
      .up = up,
      .up_activated = training ? take(a, rows, c->intermediate_size) : up,
      .output_sum = take(a, rows, hidden),
      .output_mean = take(a, rows, 1),
      .output_rstd = take(a, rows, 1),
  };
}

/* Without training the layers share one set of activations, and each writes its output over its
 * input. */
mer_status mer__transformer_begin(mer__transformer_state *state, const mer__transformer *t,
                                  const mer__packing *packing, const mer__pass *pass,
                                  mer_error *err) {
  const mer__transformer_config *c = &t->config;
  const bool training = pass->noise.training;
  allocator a = {pass->arena, false};
  mer__transformer_acts *layers =
      mer__arena_alloc(pass->arena, (size_t)c->n_layers, sizeof *layers);
  float *input = take(&a, n_rows(packing), c->hidden_size);
  if (!layers || !input) return mer__fail_memory(err);
  *state = (mer__transformer_state){*packing, input, layers};
  for (int64_t l = 0; l < c->n_layers; l++) {
    layers[l] = l == 0 || training ? take_layer(&a, c, packing, training) : layers[0];
    if (l > 0 && training) input = take(&a, n_rows(packing), c->hidden_size);
    layers[l].input = layers[l].residual = input;
  }
  mer__transformer_acts *last = &layers[c->n_layers - 1];
  last->first_only = true;
  last->n_rows = packing->n_utterances;
  last->residual = take(&a, last->n_rows, c->hidden_size);
  return a.failed ? mer__fail_memory(err) : MER_OK;
}

mer_status mer__transformer_forward(float *first, mer__transformer_state *state,
                                    const mer__transformer *t, const mer__pass *pass,
                                    mer_error *err) {
  const int64_t n_layers = t->config.n_layers;
  allocator a = {pass->arena, false};
  float *scratch = take(&a, mer__attention_scratch(&state->packing, (int)t->config.n_heads), 1);
  if (a.failed) return mer__fail_memory(err);
  const mer__transformer_pass shared = {t, pass, &state->packing, scratch};
  for (int64_t l = 0; l < n_layers; l++) {
    float *output = l + 1 < n_layers ? state->layers[l + 1].input : first;
    mer__transformer_layer_forward(output, &state->layers[l], &shared, l);
  }
  return MER_OK;
}

mer_status mer__transformer_backward(float **dinput, const mer__transformer_state *state,
                                     const mer__transformer *t, const float *dfirst,
                                     const mer__pass *pass, mer_error *err) {
  const mer__transformer_config *c = &t->config;
  const int64_t rows = n_rows(&state->packing), hidden = c->hidden_size;
  allocator a = {pass->arena, false};
  mer__transformer_gradients g = {take(&a, rows, hidden), take(&a, rows, hidden),
                                  take(&a, rows, hidden), take(&a, rows, c->intermediate_size),
                                  take(&a, rows, 3 * hidden)};
  float *scratch = take(&a, mer__attention_scratch(&state->packing, (int)c->n_heads), 1);
  if (a.failed) return mer__fail_memory(err);
  const mer__transformer_pass shared = {t, pass, &state->packing, scratch};
  memcpy(g.dx, dfirst, (size_t)(state->packing.n_utterances * hidden) * sizeof(float));
  for (int64_t l = c->n_layers - 1; l >= 0; l--)
    mer__transformer_layer_backward(&g, &state->layers[l], &shared, l);
  *dinput = g.dx;
  return MER_OK;
}

mer__dropout mer__transformer_input_dropout(const mer__transformer *t, const mer__pass *pass) {
  return mer__transformer_dropout(&pass->noise, t->config.hidden_dropout, -1, 0);
}
