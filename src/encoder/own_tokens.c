/* own_tokens.c: the mean over an utterance's own tokens. */
#include "encoder/own_tokens.h"

#include <string.h>

#include "base/error.h"
#include "layers/pooling.h"
#include "nn/rows.h"

mer_status mer__own_tokens_list(mer__own_tokens *own, const mer__input *const *inputs, int64_t n,
                                mer__arena *arena, mer_error *err) {
  int64_t n_tokens = 0;
  for (int64_t i = 0; i < n; i++) n_tokens += inputs[i]->length;
  int32_t *offsets = mer__arena_alloc(arena, (size_t)n + 1, sizeof *offsets);
  own->rows = mer__arena_alloc(arena, (size_t)n_tokens, sizeof *own->rows);
  if (!own->rows || !offsets) return mer__fail_memory(err);
  own->packing = (mer__packing){(int32_t)n, offsets};
  int32_t row = 0, n_own = 0;
  for (int64_t i = 0; i < n; i++) {
    offsets[i] = n_own;
    for (int64_t t = 0; t < inputs[i]->length; t++, row++)
      if (inputs[i]->tokens.type_ids[t] & MER__OWN_TOKEN) own->rows[n_own++] = row;
  }
  offsets[n] = n_own;
  return MER_OK;
}

static float *take(const mer__own_tokens *own, int64_t width, mer__arena *arena) {
  const size_t n = (size_t)own->packing.offsets[own->packing.n_utterances];
  return mer__arena_alloc(arena, n * (size_t)width, sizeof(float));
}

mer_status mer__own_tokens_forward(float *vectors, const mer__own_tokens *own, const float *hidden,
                                   int64_t width, mer__arena *arena, mer_error *err) {
  float *rows = take(own, width, arena);
  if (!rows) return mer__fail_memory(err);
  mer__rows_gather(rows, hidden, own->rows, own->packing.offsets[own->packing.n_utterances], width);
  mer__pool_forward(vectors, width, MER__POOL_MEAN, rows, &own->packing, width);
  return MER_OK;
}

mer_status mer__own_tokens_backward(float *dhidden, const mer__own_tokens *own,
                                    const float *dvectors, int64_t n_tokens, int64_t width,
                                    mer__arena *arena, mer_error *err) {
  const int64_t n_own = own->packing.offsets[own->packing.n_utterances];
  float *drows = take(own, width, arena);
  if (!drows) return mer__fail_memory(err);
  memset(drows, 0, (size_t)(n_own * width) * sizeof *drows);
  memset(dhidden, 0, (size_t)(n_tokens * width) * sizeof *dhidden);
  mer__pool_backward(drows, dvectors, NULL, width, MER__POOL_MEAN, NULL, &own->packing, width);
  mer__rows_scatter_add(dhidden, drows, own->rows, n_own, width);
  return MER_OK;
}
