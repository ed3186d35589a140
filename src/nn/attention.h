/* attention.h: multi-head self-attention within each utterance of a packed batch: Vaswani et al.,
 * "Attention is all you need" (2017), section 3.2. Parallel over utterances and heads. */
#ifndef MER_NN_ATTENTION_H
#define MER_NN_ATTENTION_H

#include <stdbool.h>

#include "nn/dropout.h"
#include "nn/packing.h"

/** Floats of scratch that both passes need, for the number of threads at the time of the call. */
int64_t mer__attention_scratch(const mer__packing *packing, int n_heads);

/** For each utterance and head: P = softmax(Q K^T / sqrt(D)), context = dropout(P) V.
 * context: [T, H]; H = A * D; qkv: [T, 3H], the queries, keys and values of a token side by side,
 * heads side by side within each. probs: [n_scores], P before dropout, saved for the backward pass,
 * [T_b, T_b] for each head of each utterance in turn; or NULL. Dropout's element index is the
 * position in probs. dropout may be NULL (none). With `first_only` the first token of each
 * utterance alone asks: context is [B, H], and probs has one row [T_b] for each head of each
 * utterance. */
void mer__attention_forward(float *context, float *probs, const float *qkv,
                            const mer__packing *packing, int n_heads, int head_size,
                            bool first_only, const mer__dropout *dropout, float *scratch);

/** With F the dropout factors: dV = (P F)^T dC, dP = (dC V^T) F,
 * dS = P (dP - row sums of dP P) / sqrt(D), dQ = dS K, dK = dS^T Q. dqkv: [T, 3H], overwritten.
 * Relative error to finite differences below 2e-3. */
void mer__attention_backward(float *dqkv, const float *dcontext, const float *qkv,
                             const float *probs, const mer__packing *packing, int n_heads,
                             int head_size, bool first_only, const mer__dropout *dropout,
                             float *scratch);

#endif
