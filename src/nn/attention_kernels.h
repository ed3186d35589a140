/* attention_kernels.h: what attention does to a block of rows of scores between its products. Rows
 * are padded: `padded` floats apart, a multiple of MER__ATTENTION_PADDING. */
#ifndef MER_NN_ATTENTION_KERNELS_H
#define MER_NN_ATTENTION_KERNELS_H

#include <float.h>
#include <stdint.h>

#include "base/dispatch.h"

enum {
  MER__ATTENTION_PADDING = 8,
  MER__ATTENTION_BLOCK = 48, /* query rows of a block: whole tiles of any kernel */
  MER__RUNNING_ROWS = 96,    /* most rows of a running softmax */
};

/** A softmax of n rows whose scores come a block of columns after the other. */
typedef struct mer__running_softmax {
  int64_t n;
  float max[MER__RUNNING_ROWS], sum[MER__RUNNING_ROWS]; /* of the blocks so far */
  float factors[MER__RUNNING_ROWS]; /* of what was weighted by the blocks before */
} mer__running_softmax;

typedef struct mer__attention_kernels {
  /** y = x^T, padded with zeros. y: [n, padded]; x: [n_tokens, n], rows of `row` floats. */
  void (*transpose)(float *y, const float *x, int64_t n_tokens, int64_t padded, int64_t row,
                    int64_t n);
  /** scores = scale * scores + gate * bias, a row of `n_tokens`. */
  void (*add_bias)(float *scores, const float *bias, float gate, int64_t n_tokens, float scale);
  /** scores = softmax(scale * scores) of its n rows, 0 in the padding; a copy in probs
   * [n, n_tokens], unless that is NULL. */
  void (*softmax)(float *scores, float *probs, int64_t n, int64_t n_tokens, int64_t padded,
                  float scale);
  /** The next block of columns. With max' the largest score so far: factors = exp(scale * (max -
   * max')), scores = exp(scale * (scores - max')), 0 in the padding, sum = sum * factors + their
   * sum. scores: [n, n_columns], rows of `padded` floats. */
  void (*running_softmax)(mer__running_softmax *running, float *scores, int64_t n_columns,
                          int64_t padded, float scale);
  /** Each row of y times its factor. y: [n, width], rows of `row` floats. */
  void (*scale_rows)(float *y, int64_t row, const float *factors, int64_t n, int64_t width);
  /** y *= factors. y: [n, padded]; factors: [n, n_tokens]. */
  void (*multiply)(float *y, const float *factors, int64_t n, int64_t n_tokens, int64_t padded);
  /** dS = P (dP - sum of dP P) * scale, in place of dP. probs: [n, n_tokens]. */
  void (*softmax_backward)(float *dscores, const float *probs, int64_t n, int64_t n_tokens,
                           int64_t padded, float scale);
  /** The gradients of add_bias for dscores, which becomes that of what was scaled: dbias += gate *
   * dscores; returns that of the gate, the sum of dscores * bias. */
  float (*bias_backward)(float *dbias, float *dscores, const float *bias, float gate,
                         int64_t n_tokens, float scale);
} mer__attention_kernels;

static inline void mer__running_softmax_begin(mer__running_softmax *running, int64_t n) {
  running->n = n;
  for (int64_t i = 0; i < n; i++) running->max[i] = -FLT_MAX, running->sum[i] = 0;
}

/** After the last block: the factors make the weights add up to 1. */
static inline void mer__running_softmax_end(mer__running_softmax *running) {
  for (int64_t i = 0; i < running->n; i++) running->factors[i] = 1 / running->sum[i];
}

MER__DECLARE_VERSIONS(mer__attention_kernels, mer__attention);

#endif
