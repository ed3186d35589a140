/* bias_gate.c: gates of a relative bias. */
#include "layers/bias_gate.h"

#include <math.h>

enum { ROWS = 4, HALVES = 2 }; /* of the Linear layer; each half is the sum of its rows */

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

/* The sum over the rows of half `k`, and over the head's part of x. */
static float score(const float *x, const float *weight, const float *bias, int k, int64_t size) {
  float sum = 0;
  for (int r = k * ROWS; r < (k + 1) * ROWS; r++) {
    const float *w = weight + r * size;
    float product = 0;
#pragma omp simd reduction(+ : product)
    for (int64_t d = 0; d < size; d++) product += w[d] * x[d];
    sum += product + bias[r];
  }
  return sum;
}

void mer__bias_gate_forward(float *gates, float *halves, const float *x, mer__bias_gate gate,
                            const mer__params *params, int64_t n_tokens, int64_t n_heads,
                            int64_t head_size) {
  const float *weight = mer__value(params, gate.weight), *bias = mer__value(params, gate.bias);
  const float *constant = mer__value(params, gate.constant);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n_tokens * n_heads; i++) {
    float *h = halves + i * HALVES;
    for (int k = 0; k < HALVES; k++)
      h[k] = sigmoid(score(x + i * head_size, weight, bias, k, head_size));
    gates[i] = h[0] * (h[1] * constant[i % n_heads] - 1) + 2;
  }
}

/* One head of one token: `dscores` [2] are the gradients of the two scores. */
static void score_backward(float *dx, const float *dscores, const float *weight, int64_t size) {
  for (int r = 0; r < HALVES * ROWS; r++) {
    const float d = dscores[r / ROWS];
#pragma omp simd
    for (int64_t j = 0; j < size; j++) dx[j] += d * weight[r * size + j];
  }
}

static void score_weights_backward(float *dweight, float *dbias, const float *dscores,
                                   const float *x, int64_t size) {
  for (int r = 0; r < HALVES * ROWS; r++) {
    const float d = dscores[r / ROWS];
    dbias[r] += d;
#pragma omp simd
    for (int64_t j = 0; j < size; j++) dweight[r * size + j] += d * x[j];
  }
}

void mer__bias_gate_backward(float *dx, const float *dgates, const float *halves, const float *x,
                             mer__bias_gate gate, const mer__params *params, int64_t n_tokens,
                             int64_t n_heads, int64_t head_size) {
  const float *weight = mer__value(params, gate.weight);
  const float *constant = mer__value(params, gate.constant);
  float *dweight = mer__grad(params, gate.weight), *dbias = mer__grad(params, gate.bias);
  float *dconstant = mer__grad(params, gate.constant);
  for (int64_t i = 0; i < n_tokens * n_heads; i++) {
    const float a = halves[i * HALVES], b = halves[i * HALVES + 1], c = constant[i % n_heads];
    const float dscores[HALVES] = {dgates[i] * (b * c - 1) * a * (1 - a),
                                   dgates[i] * a * c * b * (1 - b)};
    score_backward(dx + i * head_size, dscores, weight, head_size);
    if (!dweight) continue;
    dconstant[i % n_heads] += dgates[i] * a * b;
    score_weights_backward(dweight, dbias, dscores, x + i * head_size, head_size);
  }
}
