/* bias_gate.h: the gate of each query and head by which a relative bias is scaled (Chen et al.,
 * "WavLM", 2022, section 3.1; arranged as in Hugging Face's WavLMAttention). With x the head's part
 * of the attention's input, and w_a, b_a the sums of the first four rows of a Linear layer [8, D],
 * w_b, b_b those of the others: a = sigmoid(w_a x + b_a), b = sigmoid(w_b x + b_b),
 * gate = a (b constant - 1) + 2. */
#ifndef MER_LAYERS_BIAS_GATE_H
#define MER_LAYERS_BIAS_GATE_H

#include "layers/params.h"

/** The parameters of one layer: [8, D], [8], and one for each head. */
typedef struct mer__bias_gate {
  int64_t weight, bias, constant;
} mer__bias_gate;

/** gates [T, A] of x [T, A, D]; halves [T, A, 2], a and b, are kept for backward. */
void mer__bias_gate_forward(float *gates, float *halves, const float *x, mer__bias_gate gate,
                            const mer__params *params, int64_t n_tokens, int64_t n_heads,
                            int64_t head_size);

/** Adds the gradients of x, to dx, and of the parameters, if they are trained, for dgates [T, A].
 */
void mer__bias_gate_backward(float *dx, const float *dgates, const float *halves, const float *x,
                             mer__bias_gate gate, const mer__params *params, int64_t n_tokens,
                             int64_t n_heads, int64_t head_size);

#endif
