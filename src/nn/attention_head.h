/* attention_head.h: one head of one utterance, as the parts of attention.h share it. */
#ifndef MER_NN_ATTENTION_HEAD_H
#define MER_NN_ATTENTION_HEAD_H

#include <stdint.h>

typedef struct mer__attention_head {
  const float *query, *key, *value; /* [T_b, D], rows of `row` floats */
  int64_t n_tokens, padded, size, row;
  int64_t n_queries; /* tokens that ask: all, or the first */
  int64_t first;     /* its position in probs */
  float scale;
  /* Of its bias, all NULL without one: the value for key 0 and query 0, and what belongs to the
   * first token, `n_heads` floats from token to token. */
  const float *bias, *gates;
  float *dbias, *dgates;
  int64_t n_heads;
} mer__attention_head;

/** What the bias of a query is multiplied by. */
static inline float mer__attention_gate(const mer__attention_head *h, int64_t query) {
  return h->gates ? h->gates[query * h->n_heads] : 1;
}

#endif
