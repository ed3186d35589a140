/* attention_pool.c: scores of rows, their softmax within each utterance, weighted sums. */
#include "layers/attention_pool.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "nn/activation.h"
#include "nn/rows.h"

mer_status mer__attention_pool_declare(mer__attention_pool *pool, mer__params *params,
                                       const char *name, mer_error *err) {
  const int64_t shape[] = {pool->hidden, pool->in};
  pool->keys = (mer__conv){.in = pool->in, .out = pool->hidden, .kernel = 1, .stride = 1};
  mer__conv_declare(&pool->keys, params, MER__VECTOR, true, name);
  mer__params_set_file_shape(params, pool->keys.weight, 2, shape);
  pool->query = mer__params_add(params, MER__VECTOR, pool->hidden, 0, "%s.query", name);
  const bool failed = pool->keys.weight < 0 || pool->keys.bias < 0 || pool->query < 0;
  return failed ? mer__params_fail(params, err) : MER_OK;
}

void mer__attention_pool_init(const mer__attention_pool *pool, mer__params *params, mer__rng *rng) {
  const int64_t in = pool->in, hidden = pool->hidden;
  mer__params_init_linear(mer__value(params, pool->keys.weight), hidden * in, in, rng);
  mer__params_init_linear(mer__value(params, pool->keys.bias), hidden, in, rng);
  mer__params_init_linear(mer__value(params, pool->query), hidden, hidden, rng);
}

mer_status mer__attention_pool_begin(mer__attention_pool_state *s, const mer__attention_pool *pool,
                                     const mer__packing *packing, const mer__pass *pass,
                                     mer_error *err) {
  const int64_t n_rows = packing->offsets[packing->n_utterances];
  *s = (mer__attention_pool_state){
      .packing = packing,
      .keys = mer__arena_alloc(pass->arena, (size_t)(n_rows * pool->hidden), sizeof(float)),
      .weights = mer__arena_alloc(pass->arena, (size_t)n_rows, sizeof(float))};
  return s->keys && s->weights ? MER_OK : mer__fail_memory(err);
}

/* In place; the log of the sum of exp(x), -infinity of no x. */
static float softmax(float *x, int64_t n) {
  float most = -INFINITY, sum = 0;
  for (int64_t t = 0; t < n; t++) most = fmaxf(most, x[t]);
  for (int64_t t = 0; t < n; t++) sum += x[t] = expf(x[t] - most);
  for (int64_t t = 0; t < n; t++) x[t] /= sum;
  return most + logf(sum);
}

void mer__attention_pool_forward(float *y, int64_t y_stride, float *log_sums,
                                 mer__attention_pool_state *s, const mer__attention_pool *pool,
                                 const float *x, const mer__pass *pass) {
  const int64_t n_rows = s->packing->offsets[s->packing->n_utterances];
  const int64_t in = pool->in, hidden = pool->hidden;
  const float *query = mer__value(pass->params, pool->query);
  s->x = x;
  mer__conv_forward(s->keys, NULL, x, pass, &pool->keys, n_rows);
  mer__tanh_forward(s->keys, s->keys, n_rows * hidden);
  for (int64_t t = 0; t < n_rows; t++)
    s->weights[t] = (float)mer__rows_dot(s->keys + t * hidden, query, hidden);
  for (int32_t b = 0; b < s->packing->n_utterances; b++) {
    const int64_t first = s->packing->offsets[b], last = s->packing->offsets[b + 1];
    const float log_sum = softmax(s->weights + first, last - first);
    if (log_sums) log_sums[b] = log_sum;
    memset(y + b * y_stride, 0, (size_t)in * sizeof *y);
    for (int64_t t = first; t < last; t++)
      mer__rows_scale_add(y + b * y_stride, x + t * in, s->weights[t], in);
  }
}

int64_t mer__attention_pool_scratch(const mer__attention_pool *pool, int64_t n_rows) {
  return n_rows * pool->hidden + mer__conv_scratch(&pool->keys);
}

/* The scores of one utterance: with w the weights, dw[t] = dy . x[t], and the gradient is w[t]
 * (dw[t] - sum of w dw). dx gets its direct part, weights become the gradient. */
static void scores_backward(float *dx, float *weights, const float *dy, const float *x, int64_t n,
                            int64_t in) {
  double sum = 0;
  for (int64_t t = 0; t < n; t++) {
    if (dx) mer__rows_scale_add(dx + t * in, dy, weights[t], in);
    sum += weights[t] * mer__rows_dot(dy, x + t * in, in);
  }
  for (int64_t t = 0; t < n; t++)
    weights[t] = (float)(weights[t] * (mer__rows_dot(dy, x + t * in, in) - sum));
}

void mer__attention_pool_backward(float *dx, const float *dy, int64_t dy_stride,
                                  const mer__attention_pool_state *s,
                                  const mer__attention_pool *pool, const mer__pass *pass,
                                  float *scratch) {
  const int64_t n_rows = s->packing->offsets[s->packing->n_utterances];
  const int64_t in = pool->in, hidden = pool->hidden;
  const float *query = mer__value(pass->params, pool->query);
  float *dquery = mer__grad(pass->params, pool->query), *dkeys = scratch;
  memset(dkeys, 0, (size_t)(n_rows * hidden) * sizeof *dkeys);
  for (int32_t b = 0; b < s->packing->n_utterances; b++) {
    const int64_t first = s->packing->offsets[b];
    scores_backward(dx ? dx + first * in : NULL, s->weights + first, dy + b * dy_stride,
                    s->x + first * in, s->packing->offsets[b + 1] - first, in);
  }
  for (int64_t t = 0; t < n_rows; t++) {
    mer__rows_scale_add(dquery, s->keys + t * hidden, s->weights[t], hidden);
    mer__rows_scale_add(dkeys + t * hidden, query, s->weights[t], hidden);
  }
  mer__tanh_backward(dkeys, dkeys, s->keys, n_rows * hidden);
  mer__conv_backward(dx, dkeys, s->x, pass, &pool->keys, n_rows, scratch + n_rows * hidden);
}

void mer__attention_pool_merge(float *y, float *log_sum, const float *more, float more_log_sum,
                               int64_t in) {
  const float most = fmaxf(*log_sum, more_log_sum);
  const float own = expf(*log_sum - most), other = expf(more_log_sum - most);
  const float part = other / (own + other);
  for (int64_t j = 0; j < in; j++) y[j] += part * (more[j] - y[j]);
  *log_sum = most + logf(own + other);
}
