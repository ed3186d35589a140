/* text_embeddings.c: sums of rows of tables, and their norm. */
#include "encoder/text_embeddings.h"

#include "base/error.h"
#include "nn/embedding.h"
#include "nn/int8_embedding.h"
#include "nn/layer_norm.h"

mer_status mer__text_embeddings_declare(mer__text_embeddings *e, mer__params *params,
                                        int64_t n_words, int64_t n_positions, int64_t n_types,
                                        mer_error *err) {
  const int64_t hidden = e->hidden;
  const size_t expected = params->n_items + (n_types > 0 ? 5 : 4);
  e->word =
      mer__params_add(params, MER__TABLE, n_words, hidden, "embeddings.word_embeddings.weight");
  e->position = mer__params_add(params, MER__TABLE, n_positions, hidden,
                                "embeddings.position_embeddings.weight");
  e->type = n_types == 0 ? -1
                         : mer__params_add(params, MER__TABLE, n_types, hidden,
                                           "embeddings.token_type_embeddings.weight");
  e->gamma = mer__params_add(params, MER__VECTOR, hidden, 0, "embeddings.LayerNorm.weight");
  e->beta = mer__params_add(params, MER__VECTOR, hidden, 0, "embeddings.LayerNorm.bias");
  return params->n_items == expected ? MER_OK : mer__params_fail(params, err);
}

static int64_t n_tokens(const mer__text_embeddings_state *state) {
  return state->batch.packing.offsets[state->batch.packing.n_utterances];
}

static mer__embedding_ids ids_of(const mer__text_embeddings_state *state) {
  const mer__token_batch *t = &state->batch;
  return (mer__embedding_ids){n_tokens(state), t->ids, t->positions, t->type_ids};
}

static void sum_tables(float *y, const mer__text_embeddings_state *state,
                       const mer__text_embeddings *e, const mer__params *params) {
  const mer__embedding_ids ids = ids_of(state);
  const mer__param *items = params->items;
  const bool types = e->type >= 0;
  if (items[e->word].storage == MER__STORED_INT8_ROWS)
    mer__int8_embedding_forward(y, &ids, &items[e->word].int8, &items[e->position].int8,
                                types ? &items[e->type].int8 : NULL);
  else
    mer__embedding_forward(y, &ids, mer__value(params, e->word), mer__value(params, e->position),
                           types ? mer__value(params, e->type) : NULL, e->hidden);
}

mer_status mer__text_embeddings_forward(float *x, mer__text_embeddings_state *state,
                                        const mer__text_embeddings *e, const mer__dropout *dropout,
                                        const mer__pass *pass, mer_error *err) {
  const mer__params *params = pass->params;
  const int64_t tokens = n_tokens(state), hidden = e->hidden;
  state->sum = mer__arena_alloc(pass->arena, (size_t)(tokens * hidden), sizeof(float));
  state->mean = mer__arena_alloc(pass->arena, (size_t)tokens, sizeof(float));
  state->rstd = mer__arena_alloc(pass->arena, (size_t)tokens, sizeof(float));
  if (!state->sum || !state->mean || !state->rstd) return mer__fail_memory(err);
  sum_tables(state->sum, state, e, params);
  mer__layer_norm_forward(x, state->mean, state->rstd, state->sum, mer__value(params, e->gamma),
                          mer__value(params, e->beta), tokens, hidden,
                          (float)e->layer_norm_epsilon);
  mer__dropout_apply(x, x, tokens * hidden, dropout);
  return MER_OK;
}

mer_status mer__text_embeddings_backward(float *dx, const mer__text_embeddings_state *state,
                                         const mer__text_embeddings *e, const mer__dropout *dropout,
                                         const mer__pass *pass, mer_error *err) {
  const mer__params *params = pass->params;
  const mer__embedding_ids ids = ids_of(state);
  const int64_t tokens = n_tokens(state), hidden = e->hidden;
  float *dsum = mer__arena_alloc(pass->arena, (size_t)(tokens * hidden), sizeof(float));
  if (!dsum) return mer__fail_memory(err);
  mer__dropout_apply(dx, dx, tokens * hidden, dropout);
  mer__layer_norm_backward(dsum, mer__grad(params, e->gamma), mer__grad(params, e->beta), dx,
                           state->sum, state->mean, state->rstd, mer__value(params, e->gamma),
                           tokens, hidden);
  mer__embedding_backward(mer__grad(params, e->word), mer__grad(params, e->position),
                          e->type >= 0 ? mer__grad(params, e->type) : NULL, dsum, &ids, hidden);
  return MER_OK;
}
