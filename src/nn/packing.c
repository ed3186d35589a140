/* packing.c: sizes of packed batches. */
#include "nn/packing.h"

#include <assert.h>

int64_t mer__packing_n_scores(const mer__packing *packing, int n_heads) {
  int64_t n = 0;
  for (int32_t b = 0; b < packing->n_utterances; b++) {
    int64_t n_tokens = packing->offsets[b + 1] - packing->offsets[b];
    assert(n_tokens >= 0);
    n += n_heads * n_tokens * n_tokens;
  }
  return n;
}
