/* own_tokens.c: which rows of a batch are own tokens of its utterances. */
#include "encoder/own_tokens.h"

#include <string.h>

#include "base/error.h"
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

void mer__own_tokens_gather(float *rows, const mer__own_tokens *own, const float *hidden,
                            int64_t width) {
  mer__rows_gather(rows, hidden, own->rows, mer__own_tokens_count(own), width);
}

void mer__own_tokens_scatter(float *dhidden, const mer__own_tokens *own, const float *drows,
                             int64_t n_tokens, int64_t width) {
  memset(dhidden, 0, (size_t)(n_tokens * width) * sizeof *dhidden);
  mer__rows_scatter_add(dhidden, drows, own->rows, mer__own_tokens_count(own), width);
}
