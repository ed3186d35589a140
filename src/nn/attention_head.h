/* attention_head.h: one head of one utterance, as the parts of attention.h share it. */
#ifndef MER_NN_ATTENTION_HEAD_H
#define MER_NN_ATTENTION_HEAD_H

#include <stdint.h>

#include "nn/attention_kernels.h"
#include "nn/parallel.h"

typedef struct mer__attention_head {
  const float *query, *key, *value; /* [T_b, D], rows of `row` floats */
  int64_t n_tokens, padded;         /* T_b; rounded up to a multiple of MER__ATTENTION_PADDING */
  int64_t size, row;                /* D; floats from token to token */
  int64_t n_queries;                /* tokens that ask: all, or the first */
  int64_t first;                    /* its position in probs */
  float scale;
  /* Of its bias, all NULL without one: the value for key 0 and query 0, and what belongs to the
   * first token, `n_heads` floats from token to token. */
  const float *bias, *gates;
  float *dbias, *dgates;
  int64_t n_heads;
} mer__attention_head;

static inline int64_t mer__attention_padded(int64_t n_tokens) {
  return mer__round_up(n_tokens, MER__ATTENTION_PADDING);
}

/** What the bias of a query is multiplied by. */
static inline float mer__attention_gate(const mer__attention_head *h, int64_t query) {
  return h->gates ? h->gates[query * h->n_heads] : 1;
}

/** Scales the scores of n queries from number `query` on and n_keys keys from number `key` on, and
 * adds the bias, if there is one. scores: [n, n_keys], rows of `padded` floats. Returns the scale
 * that is left to do. */
static inline float mer__attention_add_bias(float *scores, const mer__attention_head *h,
                                            int64_t query, int64_t n, int64_t key, int64_t n_keys,
                                            int64_t padded) {
  if (!h->bias) return h->scale;
  for (int64_t k = 0; k < n; k++)
    MER__CHOSEN(mer__attention)
        ->add_bias(scores + k * padded, h->bias - (query + k) + key,
                   mer__attention_gate(h, query + k), n_keys, h->scale);
  return 1;
}

#endif
