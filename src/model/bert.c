/* bert.c: the BERT encoder on packed batches: embeddings and the passes through the layers. */
#include "model/bert.h"

#include <string.h>

#include "base/error.h"
#include "model/bert_layer.h"
#include "nn/attention.h"
#include "nn/embedding.h"
#include "nn/int8_embedding.h"
#include "nn/layer_norm.h"

struct mer__bert_state {
  mer__token_batch batch;
  mer__noise noise;
  float *embedding_sum, *embedding_mean, *embedding_rstd; /* [T, H], [T], [T]: before the norm */
  mer__layer_state *layers;
};

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

static mer__layer_state take_layer(allocator *a, const mer__bert_config *c,
                                   const mer__packing *packing, bool training) {
  int64_t rows = packing->offsets[packing->n_utterances], hidden = c->hidden_size;
  int64_t n_scores = mer__packing_n_scores(packing, (int)c->n_heads);
  float *up = take(a, rows, c->intermediate_size);
  return (mer__layer_state){
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

/* All activations. Without training the layers share one set, and each writes its output over its
 * input. */
static mer__bert_state *take_state(allocator *a, const mer__bert_config *c,
                                   const mer__token_batch *batch, const mer__noise *noise) {
  const mer__packing *packing = &batch->packing;
  int64_t tokens = packing->offsets[packing->n_utterances], hidden = c->hidden_size;
  mer__bert_state *state = mer__arena_alloc(a->arena, 1, sizeof *state);
  mer__layer_state *layers = mer__arena_alloc(a->arena, (size_t)c->n_layers, sizeof *layers);
  if (!state || !layers) {
    a->failed = true;
    return NULL;
  }
  *state = (mer__bert_state){
      *batch, *noise, take(a, tokens, hidden), take(a, tokens, 1), take(a, tokens, 1), layers};
  float *input = take(a, tokens, hidden);
  for (int64_t l = 0; l < c->n_layers; l++) {
    layers[l] = l == 0 || noise->training ? take_layer(a, c, packing, noise->training) : layers[0];
    if (l > 0 && noise->training) input = take(a, tokens, hidden);
    layers[l].input = layers[l].residual = input;
  }
  mer__layer_state *last = &layers[c->n_layers - 1];
  last->first_only = true;
  last->n_rows = packing->n_utterances;
  last->residual = take(a, last->n_rows, hidden);
  return state;
}

static const int embedding_layer = -1;

static void sum_embeddings(float *y, const mer__token_batch *b, const mer__bert *bert,
                           const mer__params *params) {
  const mer__int8_params *int8 = &params->int8;
  const ptrdiff_t first = mer__int8_params_find(int8, bert->word);
  if (first < 0) {
    mer__embedding_forward(y, b->ids, b->type_ids, &b->packing, mer__value(params, bert->word),
                           mer__value(params, bert->position), mer__value(params, bert->type),
                           bert->config.hidden_size);
    return;
  }
  const mer__int8_matrix *tables = &int8->matrices[first]; /* in the order of their declaration */
  mer__int8_embedding_forward(y, b->ids, b->type_ids, &b->packing, &tables[0], &tables[1],
                              &tables[2]);
}

static void embed(mer__bert_state *state, const mer__bert *bert, const mer__params *params) {
  const mer__bert_config *c = &bert->config;
  const mer__token_batch *b = &state->batch;
  int64_t tokens = b->packing.offsets[b->packing.n_utterances], hidden = c->hidden_size;
  float *x = state->layers[0].input;
  mer__dropout dropout = mer__bert_dropout(&state->noise, c->hidden_dropout, embedding_layer, 0);
  sum_embeddings(state->embedding_sum, b, bert, params);
  mer__layer_norm_forward(x, state->embedding_mean, state->embedding_rstd, state->embedding_sum,
                          mer__value(params, bert->gamma), mer__value(params, bert->beta), tokens,
                          hidden, (float)c->layer_norm_epsilon);
  mer__dropout_apply(x, x, tokens * hidden, &dropout);
}

static void embed_backward(const mer__bert_state *state, const mer__bert *bert,
                           const mer__params *params, float *dx, float *dsum) {
  const mer__bert_config *c = &bert->config;
  const mer__token_batch *b = &state->batch;
  int64_t tokens = b->packing.offsets[b->packing.n_utterances], hidden = c->hidden_size;
  mer__dropout dropout = mer__bert_dropout(&state->noise, c->hidden_dropout, embedding_layer, 0);
  mer__dropout_apply(dx, dx, tokens * hidden, &dropout);
  mer__layer_norm_backward(dsum, mer__grad(params, bert->gamma), mer__grad(params, bert->beta), dx,
                           state->embedding_sum, state->embedding_mean, state->embedding_rstd,
                           mer__value(params, bert->gamma), tokens, hidden);
  mer__embedding_backward(mer__grad(params, bert->word), mer__grad(params, bert->position),
                          mer__grad(params, bert->type), dsum, b->ids, b->type_ids, &b->packing,
                          hidden);
}

mer_status mer__bert_forward(float *cls, mer__bert_state **state_out, const mer__bert *bert,
                             const mer__params *params, const mer__token_batch *batch,
                             mer__arena *arena, const mer__noise *noise, mer_error *err) {
  int64_t n_layers = bert->config.n_layers;
  allocator a = {arena, false};
  mer__bert_state *state = take_state(&a, &bert->config, batch, noise);
  float *scratch = take(&a, mer__attention_scratch(&batch->packing, (int)bert->config.n_heads), 1);
  if (a.failed) return mer__fail_memory(err);
  const mer__bert_pass pass = {bert, params, &batch->packing, *noise, scratch};
  embed(state, bert, params);
  for (int64_t l = 0; l < n_layers; l++) {
    float *output = l + 1 < n_layers ? state->layers[l + 1].input : cls;
    mer__bert_layer_forward(output, &state->layers[l], &pass, l);
  }
  if (state_out) *state_out = state;
  return MER_OK;
}

mer_status mer__bert_backward(const mer__bert *bert, mer__params *params,
                              const mer__bert_state *state, const float *dcls, mer__arena *arena,
                              mer_error *err) {
  const mer__bert_config *c = &bert->config;
  const mer__packing *packing = &state->batch.packing;
  int64_t tokens = packing->offsets[packing->n_utterances], hidden = c->hidden_size;
  allocator a = {arena, false};
  mer__layer_gradients g = {take(&a, tokens, hidden), take(&a, tokens, hidden),
                            take(&a, tokens, hidden), take(&a, tokens, c->intermediate_size),
                            take(&a, tokens, 3 * hidden)};
  float *scratch = take(&a, mer__attention_scratch(packing, (int)c->n_heads), 1);
  if (a.failed) return mer__fail_memory(err);
  const mer__bert_pass pass = {bert, params, packing, state->noise, scratch};
  memcpy(g.dx, dcls, (size_t)(packing->n_utterances * hidden) * sizeof(float));
  for (int64_t l = c->n_layers - 1; l >= 0; l--)
    mer__bert_layer_backward(&g, &state->layers[l], &pass, l);
  embed_backward(state, bert, params, g.dx, g.dsum);
  return MER_OK;
}
