/* long_attention.c: the keys and values of the head are copied side by side, in blocks of keys. A
 * block of queries meets one block of keys after the other: its weights are relative to the largest
 * score so far, and what came before is scaled when a larger one comes. */
#include "nn/long_attention.h"

#include "nn/attention_kernels.h"
#include "nn/parallel.h"
#include "nn/rows.h"
#include "nn/small_matmul.h"

enum {
  QUERIES = MER__RUNNING_ROWS, /* of a block */
  KEYS = 256,                  /* of a block: 64 KB, which stay in the second-level cache */
  SIZE = 64,                   /* most dimensions of a head */
};

bool mer__long_attention_pays(int64_t n_tokens, int64_t n_queries, int64_t size) {
  return n_tokens > KEYS && n_queries > 1 && size <= SIZE;
}

int64_t mer__long_attention_scratch(int64_t n_tokens) {
  return n_tokens > KEYS ? 2 * SIZE * mer__attention_padded(n_tokens) + QUERIES * KEYS : 0;
}

/* The parts of the scratch. */
typedef struct copies {
  float *keys;   /* for each block of keys, K^T: [D, keys of the block, padded] */
  float *values; /* [T_b, D] */
  float *scores; /* [QUERIES, KEYS] */
} copies;

static void copy_keys_and_values(const copies *c, const mer__attention_head *h) {
  for (int64_t j = 0; j < h->n_tokens; j += KEYS) {
    const int64_t n = mer__min(KEYS, h->n_tokens - j);
    MER__CHOSEN(mer__attention)
        ->transpose(c->keys + j * h->size, h->key + j * h->row, n, mer__attention_padded(n), h->row,
                    h->size);
  }
  mer__rows_copy(c->values, h->size, h->value, h->row, h->n_tokens, h->size);
}

/* The scores of queries i .. i + n - 1 and keys j .. j + n_keys - 1 become weights. */
static void make_weights(const copies *c, mer__running_softmax *running,
                         const mer__attention_head *h, int64_t i, int64_t j, int64_t n_keys) {
  const int64_t padded = mer__attention_padded(n_keys);
  mer__small_matmul(c->scores, padded, (mer__strided){h->query + i * h->row, h->row, 1},
                    c->keys + j * h->size, padded, running->n, padded, h->size, false);
  const float scale = mer__attention_add_bias(c->scores, h, i, running->n, j, n_keys, padded);
  MER__CHOSEN(mer__attention)->running_softmax(running, c->scores, n_keys, padded, scale);
}

/* Queries i .. i + n - 1. */
static void answer(float *context, int64_t row, const mer__attention_head *h, const copies *c,
                   int64_t i, int64_t n) {
  const mer__attention_kernels *kernels = MER__CHOSEN(mer__attention);
  mer__running_softmax running;
  mer__running_softmax_begin(&running, n);
  for (int64_t j = 0; j < h->n_tokens; j += KEYS) {
    const int64_t n_keys = mer__min(KEYS, h->n_tokens - j);
    make_weights(c, &running, h, i, j, n_keys);
    if (j > 0) kernels->scale_rows(context, row, running.factors, n, h->size);
    mer__small_matmul(context, row, (mer__strided){c->scores, mer__attention_padded(n_keys), 1},
                      c->values + j * h->size, h->size, n, h->size, n_keys, j > 0);
  }
  mer__running_softmax_end(&running);
  kernels->scale_rows(context, row, running.factors, n, h->size);
}

void mer__long_attention(float *context, int64_t row, const mer__attention_head *h,
                         float *scratch) {
  float *values = scratch + h->size * h->padded;
  const copies c = {scratch, values, values + h->size * h->padded};
  copy_keys_and_values(&c, h);
  for (int64_t i = 0; i < h->n_queries; i += QUERIES)
    answer(context + i * row, row, h, &c, i, mer__min(QUERIES, h->n_queries - i));
}
