/* transformer.c: a stack of transformer layers: memory, and the passes through it. */
#include "layers/transformer.h"

#include <string.h>

#include "base/error.h"
#include "layers/transformer_layer.h"
#include "nn/attention.h"
#include "nn/layer_norm.h"

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

static int64_t adapter_rank(const mer__transformer *t) {
  return t->layers[t->config.n_layers - 1].query.rank;
}

static mer__transformer_acts take_layer(allocator *a, const mer__transformer *t,
                                        const mer__packing *packing, bool training) {
  const mer__transformer_config *c = &t->config;
  const int64_t rank = adapter_rank(t);
  int64_t rows = n_rows(packing), hidden = c->hidden_size;
  int64_t n_scores = mer__packing_n_scores(packing, (int)c->n_heads);
  float *up = take(a, rows, c->intermediate_size);
  return (mer__transformer_acts){
      .n_rows = rows,
      .attended = c->pre_norm ? take(a, rows, hidden) : NULL,
      .qkv = take(a, rows, 3 * hidden),
      .query_reduced = take(a, rows, rank),
      .value_reduced = take(a, rows, rank),
      .gates = c->gated_bias ? take(a, rows, c->n_heads) : NULL,
      .gate_halves = c->gated_bias ? take(a, rows, 2 * c->n_heads) : NULL,
      .probs = training ? take(a, n_scores, 1) : NULL,
      .context = take(a, rows, hidden),
      .attention_sum = take(a, rows, hidden),
      .attention_mean = take(a, rows, 1),
      .attention_rstd = take(a, rows, 1),
      .fed = take(a, rows, hidden),
      .up = up,
      .up_activated = training ? take(a, rows, c->intermediate_size) : up,
      .output_sum = c->pre_norm ? NULL : take(a, rows, hidden),
      .output_mean = take(a, rows, 1),
      .output_rstd = take(a, rows, 1),
  };
}

/* The last layer, and what is done with its output before it is the result. */
static void take_end(allocator *a, mer__transformer_state *state,
                     const mer__transformer_config *c) {
  mer__transformer_acts *last = &state->layers[c->n_layers - 1];
  if (c->result == MER__FIRST_ROWS) {
    last->first_only = true;
    last->n_rows = state->packing.n_utterances;
    last->residual = take(a, last->n_rows, c->hidden_size);
  }
  if (!c->pre_norm) return;
  state->last = take(a, last->n_rows, c->hidden_size);
  state->mean = take(a, last->n_rows, 1);
  state->rstd = take(a, last->n_rows, 1);
}

static bool recomputes(const mer__pass *pass) {
  return pass->noise.training && pass->compute && pass->compute->recompute;
}

/* Without training the layers share one set of activations, and each writes its output over its
 * input. So do those below the first that is trained, and all if they are computed again in the
 * backward pass, but those that are trained keep their input. */
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
  *state = (mer__transformer_state){.packing = *packing, .input = input, .layers = layers};
  for (int64_t l = 0; l < c->n_layers; l++) {
    const bool own = training && l >= t->first_trained;
    layers[l] =
        l == 0 || (own && !recomputes(pass)) ? take_layer(&a, t, packing, training) : layers[0];
    if (l > 0 && own) input = take(&a, n_rows(packing), c->hidden_size);
    layers[l].input = layers[l].residual = input;
    if (!c->pre_norm) layers[l].attended = input;
  }
  take_end(&a, state, c);
  return a.failed ? mer__fail_memory(err) : MER_OK;
}

static void final_norm(float *y, mer__transformer_state *state, const mer__transformer *t,
                       const mer__pass *pass) {
  const mer__transformer_config *c = &t->config;
  mer__layer_norm_forward(
      y, state->mean, state->rstd, state->last, mer__value(pass->params, t->final_gamma),
      mer__value(pass->params, t->final_beta), state->layers[c->n_layers - 1].n_rows,
      c->hidden_size, (float)c->layer_norm_epsilon);
}

static void show(const mer__transformer_state *state, int64_t number, const float *hidden) {
  if (state->tap) state->tap->forward(state->tap->self, number, hidden);
}

static mer_status prepare(mer__transformer_pass *shared, mer__transformer_state *state,
                          const mer__transformer *t, const mer__pass *pass, mer_error *err) {
  allocator a = {pass->arena, false};
  const int64_t rank = adapter_rank(t);
  const int64_t adapted_rows = rank > 0 ? n_rows(&state->packing) : 0;
  *shared = (mer__transformer_pass){
      .transformer = t,
      .pass = pass,
      .packing = &state->packing,
      .bias = t->config.n_buckets > 0 ? &state->bias : NULL,
      .scratch = take(&a, mer__attention_scratch(&state->packing), 1),
      .adapted = take(&a, adapted_rows, t->config.hidden_size),
      .dreduced = take(&a, adapted_rows, rank),
      .qkv_bias = take(&a, 3 * t->config.hidden_size, 1),
  };
  return a.failed ? mer__fail_memory(err) : MER_OK;
}

mer_status mer__transformer_forward(float *result, mer__transformer_state *state,
                                    const mer__transformer *t, const mer__pass *pass,
                                    mer_error *err) {
  const mer__transformer_config *c = &t->config;
  float *last = state->last ? state->last : result;
  mer__transformer_pass shared;
  mer_status status = prepare(&shared, state, t, pass, err);
  if (status == MER_OK && shared.bias)
    status =
        mer__relative_bias_forward(&state->bias, &t->relative_bias, &state->packing, pass, err);
  if (status != MER_OK) return status;
  for (int64_t l = 0; l < c->n_layers; l++) {
    float *output = l + 1 < c->n_layers ? state->layers[l + 1].input : last;
    show(state, l, state->layers[l].input);
    mer__transformer_layer_forward(output, &state->layers[l], &shared, l);
  }
  if (c->pre_norm) final_norm(result, state, t, pass);
  show(state, c->n_layers, result);
  return MER_OK;
}

/* From the result's gradient to g->dx, of the last layer's output. */
static void end_backward(mer__transformer_gradients *g, const mer__transformer_state *state,
                         const mer__transformer *t, const float *dresult, const mer__pass *pass) {
  const mer__transformer_config *c = &t->config;
  const mer__params *params = pass->params;
  const int64_t rows = state->layers[c->n_layers - 1].n_rows, n = rows * c->hidden_size;
  if (dresult) memcpy(g->dx, dresult, (size_t)n * sizeof *g->dx);
  else memset(g->dx, 0, (size_t)n * sizeof *g->dx);
  if (state->tap) state->tap->backward(state->tap->self, c->n_layers, g->dx);
  if (c->pre_norm)
    mer__layer_norm_backward(g->dx, mer__grad(params, t->final_gamma),
                             mer__grad(params, t->final_beta), g->dx, state->last, state->mean,
                             state->rstd, mer__value(params, t->final_gamma), rows, c->hidden_size);
}

static mer_status begin_backward(mer__transformer_pass *shared, mer__transformer_gradients *g,
                                 mer__transformer_state *state, const mer__transformer *t,
                                 const mer__pass *pass, mer_error *err) {
  const mer__transformer_config *c = &t->config;
  const int64_t rows = n_rows(&state->packing), hidden = c->hidden_size;
  allocator a = {pass->arena, false};
  *g = (mer__transformer_gradients){take(&a, rows, hidden), take(&a, rows, hidden),
                                    take(&a, rows, hidden), take(&a, rows, c->intermediate_size),
                                    take(&a, rows, 3 * hidden)};
  if (a.failed) return mer__fail_memory(err);
  mer_status status = prepare(shared, state, t, pass, err);
  if (status != MER_OK || c->n_buckets == 0) return status;
  if (c->gated_bias && !(shared->dgates = take(&a, rows, c->n_heads))) return mer__fail_memory(err);
  return mer__relative_bias_begin_backward(&state->bias, &t->relative_bias, &state->packing, pass,
                                           err);
}

mer_status mer__transformer_backward(float **dinput, const mer__transformer_state *state,
                                     const mer__transformer *t, const float *dresult,
                                     const mer__pass *pass, mer_error *err) {
  mer__transformer_state own = *state; /* which gets room for gradients */
  mer__transformer_gradients g;
  mer__transformer_pass shared;
  *dinput = NULL;
  if (t->first_trained == t->config.n_layers) return MER_OK;
  mer_status status = begin_backward(&shared, &g, &own, t, pass, err);
  if (status != MER_OK) return status;
  end_backward(&g, state, t, dresult, pass);
  for (int64_t l = t->config.n_layers - 1; l >= t->first_trained; l--) {
    /* What the last one has computed is there still. */
    if (recomputes(pass) && l + 1 < t->config.n_layers)
      mer__transformer_layer_forward(g.dbranch, &state->layers[l], &shared, l);
    mer__transformer_layer_backward(&g, &state->layers[l], &shared, l);
    if (state->tap) state->tap->backward(state->tap->self, l, g.dx);
  }
  if (!t->stem_trained) return MER_OK;
  if (shared.bias) mer__relative_bias_backward(&own.bias, &t->relative_bias, &state->packing, pass);
  *dinput = g.dx;
  return MER_OK;
}

mer__dropout mer__transformer_input_dropout(const mer__transformer *t, const mer__pass *pass) {
  return mer__transformer_dropout(&pass->noise, t->config.hidden_dropout, -1, 0);
}
