/* attention_kernels.c: rows of scores. */
#include "nn/attention_kernels.h"

#include <math.h>
#include <stddef.h>

#include "nn/f32x8.h"
#include "nn/vector_math.h"

static void transpose(float *y, const float *x, int64_t n_tokens, int64_t padded, int64_t row,
                      int64_t n) {
  for (int64_t d = 0; d < n; d++) {
    for (int64_t t = 0; t < n_tokens; t++) y[d * padded + t] = x[t * row + d];
    for (int64_t t = n_tokens; t < padded; t++) y[d * padded + t] = 0;
  }
}

/* Of `n` values, a multiple of the padding: the compiler sees that no part of a vector is left. */
MER__INLINE float largest(const float *s, int64_t n) {
  float max = -INFINITY;
  n &= -MER__ATTENTION_PADDING;
#pragma omp simd reduction(max : max)
  for (int64_t j = 0; j < n; j++) max = s[j] > max ? s[j] : max;
  return max;
}

/* s = exp(scale * (s - max)); returns the sum. */
MER__INLINE float exponentials(float *s, int64_t n, float max, float scale) {
  mer__f32_part sums[MER__PARTS8] = {{0}};
  n &= -MER__ATTENTION_PADDING;
#pragma omp simd
  for (int64_t j = 0; j < n; j++) s[j] = mer__exp(scale * (s[j] - max));
  for (int64_t j = 0; j < n; j += 8)
    for (int part = 0; part < MER__PARTS8; part++)
      sums[part] += MER__LOAD_PART(s + j + part * MER__PART_LANES);
  return mer__total8(sums);
}

MER__INLINE void scale_row(float *s, int64_t n, float factor) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) s[j] *= factor;
}

MER__INLINE void softmax_row(float *s, int64_t n, float scale) {
  scale_row(s, n & -MER__ATTENTION_PADDING, 1.0f / exponentials(s, n, largest(s, n), scale));
}

static void softmax(float *scores, float *probs, int64_t n, int64_t n_tokens, int64_t padded,
                    float scale) {
  for (int64_t i = 0; i < n; i++) {
    float *s = scores + i * padded;
    for (int64_t j = n_tokens; j < padded; j++) s[j] = -INFINITY;
    softmax_row(s, padded, scale);
    if (!probs) continue;
#pragma omp simd
    for (int64_t j = 0; j < n_tokens; j++) probs[i * n_tokens + j] = s[j];
  }
}

static void running_softmax(mer__running_softmax *r, float *scores, int64_t n_columns,
                            int64_t padded, float scale) {
  for (int64_t i = 0; i < r->n; i++) {
    float *s = scores + i * padded;
    for (int64_t j = n_columns; j < padded; j++) s[j] = -INFINITY;
    const float block = largest(s, padded), max = block > r->max[i] ? block : r->max[i];
    r->factors[i] = mer__exp(scale * (r->max[i] - max));
    r->sum[i] = r->sum[i] * r->factors[i] + exponentials(s, padded, max, scale);
    r->max[i] = max;
  }
}

static void scale_rows(float *y, int64_t row, const float *factors, int64_t n, int64_t width) {
  for (int64_t i = 0; i < n; i++)
    if (factors[i] != 1) scale_row(y + i * row, width, factors[i]);
}

/* The values lie in the order of the keys, wherever the first one is. */
static void add_bias(float *scores, const float *bias, float gate, int64_t n_tokens, float scale) {
#pragma omp simd
  for (int64_t j = 0; j < n_tokens; j++) scores[j] = scale * scores[j] + gate * bias[j];
}

static float bias_backward(float *dbias, float *dscores, const float *bias, float gate,
                           int64_t n_tokens, float scale) {
  float dgate = 0;
#pragma omp simd reduction(+ : dgate)
  for (int64_t j = 0; j < n_tokens; j++) {
    const float d = dscores[j];
    dgate += d * bias[j];
    dbias[j] += gate * d;
    dscores[j] = scale * d;
  }
  return dgate;
}

static void multiply(float *y, const float *factors, int64_t n, int64_t n_tokens, int64_t padded) {
  for (int64_t i = 0; i < n; i++)
#pragma omp simd
    for (int64_t j = 0; j < n_tokens; j++) y[i * padded + j] *= factors[i * n_tokens + j];
}

static void softmax_backward(float *dscores, const float *probs, int64_t n, int64_t n_tokens,
                             int64_t padded, float scale) {
  for (int64_t i = 0; i < n; i++) {
    float *d = dscores + i * padded;
    const float *p = probs + i * n_tokens;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < n_tokens; j++) sum += d[j] * p[j];
#pragma omp simd
    for (int64_t j = 0; j < n_tokens; j++) d[j] = p[j] * (d[j] - sum) * scale;
  }
}

const mer__attention_kernels MER__VERSION(mer__attention) = {
    transpose,  add_bias, softmax,          running_softmax,
    scale_rows, multiply, softmax_backward, bias_backward};
