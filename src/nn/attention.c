/* attention.c: each thread takes (utterance, head) pairs in turn and works on blocks of query rows,
 * so that its scores stay in the cache for long utterances too. */
#include "nn/attention.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <string.h>

#include "nn/attention_head.h"
#include "nn/attention_kernels.h"
#include "nn/long_attention.h"
#include "nn/parallel.h"
#include "nn/rows.h"
#include "nn/small_matmul.h"

enum {
  BLOCK = MER__ATTENTION_BLOCK,
  SLICE = 64,                 /* dimensions of a head that are transposed at a time */
  N_ROWS = SLICE + 3 * BLOCK, /* rows of scratch of a thread */
  PARALLEL_MIN = 1 << 15,     /* multiplications from which threads pay off */
};

/* A thread's scratch; the last three for one block of query rows. */
typedef struct workspace {
  float *transposed; /* [SLICE, padded] */
  float *scores;     /* [BLOCK, padded] */
  float *dscores;    /* [BLOCK, padded] */
  float *factors;    /* [BLOCK, n_tokens] of dropout */
} workspace;

static int64_t thread_scratch(const mer__packing *packing) {
  int64_t longest = 0;
  for (int32_t b = 0; b < packing->n_utterances; b++) {
    int64_t n_tokens = packing->offsets[b + 1] - packing->offsets[b];
    if (n_tokens > longest) longest = n_tokens;
  }
  return mer__max(N_ROWS * mer__attention_padded(longest), mer__long_attention_scratch(longest));
}

int64_t mer__attention_scratch(const mer__packing *packing) {
  return (omp_in_parallel() ? 1 : omp_get_max_threads()) * thread_scratch(packing);
}

static workspace workspace_of(float *scratch, int64_t padded) {
  float *scores = scratch + SLICE * padded, *dscores = scores + BLOCK * padded;
  return (workspace){scratch, scores, dscores, dscores + BLOCK * padded};
}

/* y = a b^T for a block of rows. y: [n, padded]; a: [n, D] with rows of `a_row` floats, block
 * number `i / BLOCK` of the utterance; b: [n_tokens, D]. `transposed` keeps b^T from block to
 * block. */
static void product_with_transposed(float *y, const float *a, int64_t a_row, const float *b,
                                    const mer__attention_head *h, int64_t i, int64_t n,
                                    float *transposed) {
  for (int64_t d = 0; d < h->size; d += SLICE) {
    int64_t size = mer__min(SLICE, h->size - d);
    if (i == 0 || h->size > SLICE)
      MER__CHOSEN(mer__attention)
          ->transpose(transposed, b + d, h->n_tokens, h->padded, h->row, size);
    mer__small_matmul(y, h->padded, (mer__strided){a + d, a_row, 1}, transposed, h->padded, n,
                      h->padded, size, d > 0);
  }
}

/* What a pass works on; the arrays of the other pass are NULL. */
typedef struct pass {
  float *context, *probs, *dqkv;
  const float *dcontext, *saved_probs, *qkv;
  const mer__attention *attention;
  const mer__dropout *dropout; /* NULL for none */
} pass;

/* Does one head; `at` is its first element in context, `at_qkv` that of its query in qkv. */
typedef void head_function(const pass *p, const mer__attention_head *h, int64_t at, int64_t at_qkv,
                           float *scratch);

/* The scores of the queries i .. i + n - 1 become probabilities. */
static void make_probs(float *scores, float *probs, const mer__attention_head *h, int64_t i,
                       int64_t n) {
  const float scale = mer__attention_add_bias(scores, h, i, n, 0, h->n_tokens, h->padded);
  MER__CHOSEN(mer__attention)->softmax(scores, probs, n, h->n_tokens, h->padded, scale);
}

static void forward_head(const pass *p, const mer__attention_head *h, int64_t at, int64_t at_qkv,
                         float *scratch) {
  const mer__attention_kernels *kernels = MER__CHOSEN(mer__attention);
  const int64_t t = h->n_tokens, hidden = h->row / 3;
  const workspace w = workspace_of(scratch, h->padded);
  (void)at_qkv;
  if (!p->probs && !p->dropout && mer__long_attention_pays(t, h->n_queries, h->size)) {
    mer__long_attention(p->context + at, hidden, h, scratch);
    return;
  }
  for (int64_t i = 0; i < h->n_queries; i += BLOCK) {
    int64_t n = mer__min(BLOCK, h->n_queries - i), first = h->first + i * t;
    product_with_transposed(w.scores, h->query + i * h->row, h->row, h->key, h, i, n, w.transposed);
    make_probs(w.scores, p->probs ? p->probs + first : NULL, h, i, n);
    if (p->dropout) {
      mer__dropout_factors(w.factors, first, n * t, p->dropout);
      kernels->multiply(w.scores, w.factors, n, t, h->padded);
    }
    mer__small_matmul(p->context + at + i * hidden, hidden, (mer__strided){w.scores, h->padded, 1},
                      h->value, h->row, n, h->size, t, false);
  }
}

/* scores = P F and dscores = dP of the block of query rows i .. i + n - 1. */
static void backward_scores(const pass *p, const mer__attention_head *h, const float *dcontext,
                            int64_t i, int64_t n, workspace w) {
  const mer__attention_kernels *kernels = MER__CHOSEN(mer__attention);
  const int64_t t = h->n_tokens, first = h->first + i * t;
  product_with_transposed(w.dscores, dcontext, h->row / 3, h->value, h, i, n, w.transposed);
  mer__rows_copy(w.scores, h->padded, p->saved_probs + first, t, n, t);
  if (!p->dropout) return;
  mer__dropout_factors(w.factors, first, n * t, p->dropout);
  kernels->multiply(w.scores, w.factors, n, t, h->padded);
  kernels->multiply(w.dscores, w.factors, n, t, h->padded);
}

/* dscores, of the queries i .. i + n - 1 and before their scale, becomes the gradient of the
 * products of query and key; the bias gets its part. */
static void finish_scores(const pass *p, const mer__attention_head *h, int64_t i, int64_t n,
                          float *dscores) {
  const mer__attention_kernels *kernels = MER__CHOSEN(mer__attention);
  kernels->softmax_backward(dscores, p->saved_probs + h->first + i * h->n_tokens, n, h->n_tokens,
                            h->padded, h->bias ? 1 : h->scale);
  for (int64_t k = 0; k < n && h->bias; k++) {
    const int64_t query = i + k;
    const float dgate =
        kernels->bias_backward(h->dbias - query, dscores + k * h->padded, h->bias - query,
                               mer__attention_gate(h, query), h->n_tokens, h->scale);
    if (h->dgates) h->dgates[query * h->n_heads] = dgate;
  }
}

static void backward_head(const pass *p, const mer__attention_head *h, int64_t at, int64_t at_qkv,
                          float *scratch) {
  const int64_t t = h->n_tokens, hidden = h->row / 3;
  const workspace w = workspace_of(scratch, h->padded);
  float *dq = p->dqkv + at_qkv, *dk = dq + hidden, *dv = dk + hidden;
  for (int64_t i = h->n_queries; i < t; i++) {
    memset(dq + i * h->row, 0, (size_t)h->size * sizeof *dq);
    if (h->dgates) h->dgates[i * h->n_heads] = 0;
  }
  for (int64_t i = 0; i < h->n_queries; i += BLOCK) {
    int64_t n = mer__min(BLOCK, h->n_queries - i);
    const float *dcontext = p->dcontext + at + i * hidden;
    backward_scores(p, h, dcontext, i, n, w);
    mer__small_matmul(dv, h->row, (mer__strided){w.scores, 1, h->padded}, dcontext, hidden, t,
                      h->size, n, i > 0);
    finish_scores(p, h, i, n, w.dscores);
    mer__small_matmul(dq + i * h->row, h->row, (mer__strided){w.dscores, h->padded, 1}, h->key,
                      h->row, n, h->size, t, false);
    mer__small_matmul(dk, h->row, (mer__strided){w.dscores, 1, h->padded}, h->query + i * h->row,
                      h->row, t, h->size, n, i > 0);
  }
}

/* Its part of the bias: head `a` of utterance b, which begins at token `start`. */
static void set_bias(mer__attention_head *h, const mer__attention_bias *bias, int32_t b, int a,
                     int64_t start) {
  const int64_t width = 2 * bias->reach - 1, at = start * h->n_heads + a;
  h->bias = bias->values + a * width + bias->reach - 1;
  if (bias->gates) h->gates = bias->gates + at;
  if (bias->dvalues) h->dbias = bias->dvalues + (b * h->n_heads + a) * width + bias->reach - 1;
  if (bias->dgates) h->dgates = bias->dgates + at;
}

/* Head `a` of utterance b. */
static void do_head(const pass *p, head_function *function, int32_t b, int a, int64_t first,
                    float *scratch) {
  const mer__attention *all = p->attention;
  const int64_t hidden = (int64_t)all->n_heads * all->head_size, start = all->packing->offsets[b];
  const int64_t n_tokens = all->packing->offsets[b + 1] - start;
  const int64_t at = (all->first_only ? b : start) * hidden + a * all->head_size;
  const int64_t at_qkv = 3 * start * hidden + a * all->head_size;
  const float *query = p->qkv + at_qkv;
  mer__attention_head h = {.query = query,
                           .key = query + hidden,
                           .value = query + 2 * hidden,
                           .n_tokens = n_tokens,
                           .padded = mer__attention_padded(n_tokens),
                           .size = all->head_size,
                           .row = 3 * hidden,
                           .n_queries = all->first_only ? 1 : n_tokens,
                           .first = first,
                           .scale = 1.0f / sqrtf((float)all->head_size),
                           .n_heads = all->n_heads};
  if (all->bias) set_bias(&h, all->bias, b, a, start);
  function(p, &h, at, at_qkv, scratch);
}

/* Does thread `thread`'s heads; the threads of the team take them in turn. */
static void do_heads(const pass *p, head_function *function, int thread, int team,
                     mer__part_queue *queue, float *scratch) {
  const mer__attention *all = p->attention;
  const int32_t *offsets = all->packing->offsets;
  int64_t number = 0, first = 0, own = thread;
  for (int32_t b = 0; b < all->packing->n_utterances; b++) {
    int64_t n_tokens = offsets[b + 1] - offsets[b], n_queries = all->first_only ? 1 : n_tokens;
    for (int a = 0; a < all->n_heads; a++, first += n_queries * n_tokens) {
      if (number++ != own) continue;
      do_head(p, function, b, a, first, scratch);
      own = mer__part_queue_next(queue, own, team);
    }
  }
}

static void run(pass p, head_function *function) {
  const mer__attention *all = p.attention;
  float *scratch = all->scratch;
  assert(all->n_heads > 0 && all->head_size > 0);
  if (all->dropout && all->dropout->rate > 0) p.dropout = all->dropout;
  const int64_t size = thread_scratch(all->packing);
  const int64_t work = mer__packing_n_scores(all->packing, all->n_heads) * all->head_size;
  const bool shared = mer__shared(work >= PARALLEL_MIN);
  mer__part_queue queue = mer__part_queue_begin(shared ? omp_get_max_threads() : 1);
  if (!shared) {
    do_heads(&p, function, 0, 1, &queue, scratch);
    return;
  }
#pragma omp parallel
  do_heads(&p, function, omp_get_thread_num(), omp_get_num_threads(), &queue,
           scratch + omp_get_thread_num() * size);
}

void mer__attention_forward(float *context, float *probs, const float *qkv,
                            const mer__attention *attention) {
  run((pass){.context = context, .probs = probs, .qkv = qkv, .attention = attention}, forward_head);
}

void mer__attention_backward(float *dqkv, const float *dcontext, const float *qkv,
                             const float *probs, const mer__attention *attention) {
  run((pass){.dqkv = dqkv,
             .dcontext = dcontext,
             .saved_probs = probs,
             .qkv = qkv,
             .attention = attention},
      backward_head);
}
