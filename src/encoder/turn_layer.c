/* turn_layer.c: turns as rows, those of each utterance one after the other. */
#include "encoder/turn_layer.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "encoder/row_moments.h"
#include "nn/rows.h"

enum { SITE_INPUT, SITE_RESULT, N_SITES };
_Static_assert((int)N_SITES == (int)MER__SITES_PER_TURNS, "a place for each dropout");

mer_status mer__turn_layer_declare(mer__turn_layer *layer, mer__params *params, const char *name,
                                   mer_error *err) {
  const int64_t in = layer->lstm.in;
  char own[128];
  layer->lstm.forward_only = true;
  layer->mean = mer__params_add(params, MER__CONSTANT, in, 0, "%s.mean", name);
  layer->deviation = mer__params_add(params, MER__CONSTANT, in, 0, "%s.deviation", name);
  if (layer->mean < 0 || layer->deviation < 0) return mer__params_fail(params, err);
  snprintf(own, sizeof own, "%s.lstm", name);
  return mer__bilstm_declare(&layer->lstm, params, own, err);
}

void mer__turn_layer_init(const mer__turn_layer *layer, mer__params *params, mer__rng *rng) {
  float *mean = mer__value(params, layer->mean), *deviation = mer__value(params, layer->deviation);
  for (int64_t i = 0; i < layer->lstm.in; i++) {
    mean[i] = 0;
    deviation[i] = 1;
  }
  mer__bilstm_init(&layer->lstm, params, rng);
}

mer_status mer__turn_layer_fit(const mer__turn_layer *layer, mer__params *params,
                               const mer__source *source, int m, mer_error *err) {
  mer__input inputs[MER_MAX_MODALITIES];
  int64_t n = 0;
  const float **rows = mer__malloc((size_t)source->n, sizeof(const float *));
  if (!rows) return mer__fail_memory(err);
  for (int64_t i = 0; i < source->n; i++) {
    source->get(inputs, source, i);
    if (inputs[m].present) rows[n++] = inputs[m].vector;
  }
  const mer_status status =
      mer__row_moments(mer__value(params, layer->mean), mer__value(params, layer->deviation), rows,
                       n, layer->lstm.in, err);
  mer__free(rows);
  return status;
}

const mer__input **mer__turn_layer_list(mer__packing *packing, const mer__input *const *inputs,
                                        int64_t n, mer__arena *arena) {
  int64_t most = n;
  for (int64_t i = 0; i < n; i++) most += inputs[i]->n_past;
  const mer__input **turns = mer__arena_alloc(arena, (size_t)most, sizeof(const mer__input *));
  int32_t *offsets = mer__arena_alloc(arena, (size_t)n + 1, sizeof *offsets), n_turns = 0;
  if (!turns || !offsets) return NULL;
  for (int64_t i = 0; i < n; i++) {
    offsets[i] = n_turns;
    for (int64_t k = 0; k < inputs[i]->n_past; k++)
      if (inputs[i]->past[k].present) turns[n_turns++] = &inputs[i]->past[k];
    turns[n_turns++] = inputs[i];
  }
  offsets[n] = n_turns;
  *packing = (mer__packing){(int32_t)n, offsets};
  return turns;
}

static int64_t n_turns(const mer__packing *packing) {
  return packing->offsets[packing->n_utterances];
}

static mer__dropout dropout_of(const mer__turn_layer *layer, const mer__pass *pass, int64_t site) {
  return mer__noise_dropout(&pass->noise, layer->dropout, layer->first_site + site);
}

/* The rows of the utterances themselves, side by side with the states after them. */
static void join(float *y, const mer__turn_layer *layer, const float *x, const float *states,
                 const mer__packing *packing) {
  const int64_t in = layer->lstm.in, h = layer->lstm.hidden, width = mer__turn_layer_width(layer);
  for (int32_t i = 0; i < packing->n_utterances; i++) {
    const int64_t own = packing->offsets[i + 1] - 1;
    memcpy(y + i * width, x + own * in, (size_t)in * sizeof *y);
    memcpy(y + i * width + in, states + own * h, (size_t)h * sizeof *y);
  }
}

mer_status mer__turn_layer_forward(float *y, mer__turn_state *state, const mer__turn_layer *layer,
                                   const float *x, const mer__packing *packing,
                                   const mer__pass *pass, mer_error *err) {
  const int64_t in = layer->lstm.in, t = n_turns(packing), n = packing->n_utterances;
  const float *mean = mer__value(pass->params, layer->mean);
  const float *deviation = mer__value(pass->params, layer->deviation);
  const mer__dropout of_input = dropout_of(layer, pass, SITE_INPUT);
  const mer__dropout of_result = dropout_of(layer, pass, SITE_RESULT);
  float *rows = mer__arena_alloc(pass->arena, (size_t)(t * in), sizeof *rows);
  float *read = mer__arena_alloc(pass->arena, (size_t)(t * in), sizeof *read);
  float *states = mer__arena_alloc(pass->arena, (size_t)(t * layer->lstm.hidden), sizeof *states);
  if (!rows || !read || !states) return mer__fail_memory(err);
  state->packing = *packing;
  for (int64_t i = 0; i < t; i++)
    mer__rows_standardize(rows + i * in, x + i * in, mean, deviation, in);
  mer__dropout_apply(read, rows, t * in, &of_input);
  mer_status status =
      mer__bilstm_forward(states, &state->lstm, &layer->lstm, read, &state->packing, pass, err);
  if (status != MER_OK) return status;
  join(y, layer, rows, states, packing);
  mer__dropout_apply(y, y, n * mer__turn_layer_width(layer), &of_result);
  return MER_OK;
}

mer_status mer__turn_layer_backward(float *dy, const mer__turn_state *state,
                                    const mer__turn_layer *layer, const mer__pass *pass,
                                    mer_error *err) {
  const int64_t in = layer->lstm.in, h = layer->lstm.hidden, width = mer__turn_layer_width(layer);
  const int64_t n = state->packing.n_utterances, t = n_turns(&state->packing);
  const mer__dropout of_result = dropout_of(layer, pass, SITE_RESULT);
  float *dstates = mer__arena_alloc(pass->arena, (size_t)(t * h), sizeof *dstates);
  if (!dstates) return mer__fail_memory(err);
  mer__dropout_apply(dy, dy, n * width, &of_result);
  memset(dstates, 0, (size_t)(t * h) * sizeof *dstates);
  for (int64_t i = 0; i < n; i++)
    memcpy(dstates + (state->packing.offsets[i + 1] - 1) * h, dy + i * width + in,
           (size_t)h * sizeof *dy);
  return mer__bilstm_backward(NULL, dstates, &state->lstm, &layer->lstm, pass, err);
}
