/* long_attention.h: one head of attention over more keys than the cache holds, where nobody needs
 * the probabilities: a block of keys at a time, with a running (online) softmax (Milakov and
 * Gimelshein, "Online normalizer calculation for softmax", 2018; Dao et al., "FlashAttention",
 * 2022). */
#ifndef MER_NN_LONG_ATTENTION_H
#define MER_NN_LONG_ATTENTION_H

#include <stdbool.h>

#include "nn/attention_head.h"

/** Whether this way is taken for a head of `size` dimensions over n_tokens, n_queries of which ask.
 */
bool mer__long_attention_pays(int64_t n_tokens, int64_t n_queries, int64_t size);

/** Floats of scratch for n_tokens; 0 where it never pays. */
int64_t mer__long_attention_scratch(int64_t n_tokens);

/** context = softmax(Q K^T scale + bias) V. context: [n_queries, D], rows of `row` floats; scratch:
 * [mer__long_attention_scratch]. */
void mer__long_attention(float *context, int64_t row, const mer__attention_head *head,
                         float *scratch);

#endif
