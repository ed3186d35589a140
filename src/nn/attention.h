/* attention.h: multi-head self-attention within each utterance of a packed batch: Vaswani et al.,
 * "Attention is all you need" (2017), section 3.2; with an additive bias of the scores that depends
 * on the distance of query and key (Raffel et al., 2020, section 2.1), which a gate may scale for
 * each query (Chen et al., "WavLM", 2022, section 3.1). Parallel over utterances and heads. */
#ifndef MER_NN_ATTENTION_H
#define MER_NN_ATTENTION_H

#include <stdbool.h>

#include "nn/dropout.h"
#include "nn/packing.h"

/** What is added to the scores S / sqrt(D). The score of query i and key j of an utterance gets
 * values[reach - 1 + j - i] of its head, times the gate of query i and the head. */
typedef struct mer__attention_bias {
  int64_t reach;       /* at least the tokens of the longest utterance */
  const float *values; /* [A, 2 reach - 1] */
  const float *gates;  /* [T, A]; NULL: 1 */
  float *dvalues; /* backward: [B, A, 2 reach - 1], added to: a row for each utterance and head */
  float *dgates;  /* backward: [T, A], overwritten; NULL with the gates */
} mer__attention_bias;

typedef struct mer__attention {
  const mer__packing *packing;
  int n_heads, head_size;
  bool first_only; /* the first token of each utterance alone asks: context is [B, H], and probs has
                      one row [T_b] for each head of each utterance */
  const mer__dropout *dropout;     /* of the probabilities; NULL: none */
  const mer__attention_bias *bias; /* NULL: none */
  float *scratch;                  /* [mer__attention_scratch] */
} mer__attention;

/** Floats of scratch that both passes need where they are called next: for the number of threads,
 * or within a parallel region for one. */
int64_t mer__attention_scratch(const mer__packing *packing);

/** For each utterance and head: P = softmax(Q K^T / sqrt(D) + bias), context = dropout(P) V.
 * context: [T, H]; H = A * D; qkv: [T, 3H], the queries, keys and values of a token side by side,
 * heads side by side within each. probs: [n_scores], P before dropout, saved for the backward pass,
 * [T_b, T_b] for each head of each utterance in turn; or NULL, and then without dropout many tokens
 * go another way (nn/long_attention.h), whose last bits differ. Dropout's element index is the
 * position in probs. */
void mer__attention_forward(float *context, float *probs, const float *qkv,
                            const mer__attention *attention);

/** With F the dropout factors: dV = (P F)^T dC, dP = (dC V^T) F, dS = P (dP - row sums of dP P),
 * dQ = dS K / sqrt(D), dK = dS^T Q / sqrt(D); the bias's values and gates get the sums of dS times
 * what they were multiplied by. dqkv: [T, 3H], overwritten. Relative error to finite differences
 * below 2e-3. */
void mer__attention_backward(float *dqkv, const float *dcontext, const float *qkv,
                             const float *probs, const mer__attention *attention);

#endif
