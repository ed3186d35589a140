/* test_attention.c: attention against a plain version in double precision, packed against one by
 * one, and on different numbers of threads; the small products it is made of. */
#include "nn/attention.h"

#include <omp.h>

#include "nn/levels.h"
#include "nn/nn_support.h"
#include "nn/small_matmul.h"

static void product_is_plain(int m, int n, int k, bool transposed, bool accumulate) {
  float *a = normal(m * k + 1, 1), *b = normal(k * n + 1, 2), *y = normal(m * (n + 1) + 1, 3);
  float *before = normal(m * (n + 1) + 1, 3);
  mer__strided view = transposed ? (mer__strided){a, 1, m} : (mer__strided){a, k, 1};
  mer__small_matmul(y, n + 1, view, b, n, m, n, k, accumulate);
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) {
      double sum = accumulate ? before[i * (n + 1) + j] : 0;
      for (int p = 0; p < k; p++) sum += (double)a[i * view.row + p * view.column] * b[p * n + j];
      assert_near(y[i * (n + 1) + j], sum, 2e-6 * (k + 1));
    }
    assert_true(y[i * (n + 1) + n] == before[i * (n + 1) + n]);
  }
  free(a);
  free(b);
  free(y);
  free(before);
}

static void small_products_are_plain(void **state) {
  (void)state;
  const int ns[] = {1, 3, 8, 15, 16, 24, 33, 48};
  for (int m = 0; m < 10; m++)
    for (int n = 0; n < 8; n++)
      for (int k = 0; k < 12; k += 1 + k / 3)
        for (int form = 0; form < 4; form++) product_is_plain(m, ns[n], k, form & 1, form & 2);
}

enum { HEADS = 3 };

/* Utterance of t tokens; plain loops. */
static void reference(double *context, double *p, const float *qkv, int t, int size) {
  const int hidden = HEADS * size;
  for (int a = 0; a < HEADS; a++) {
    for (int i = 0; i < t; i++) {
      double *row = p + (a * t + i) * t, sum = 0;
      for (int j = 0; j < t; j++) {
        double s = 0;
        for (int d = 0; d < size; d++)
          s += (double)qkv[i * 3 * hidden + a * size + d] *
               qkv[j * 3 * hidden + hidden + a * size + d];
        sum += row[j] = exp(s / sqrt(size));
      }
      for (int j = 0; j < t; j++) row[j] /= sum;
      for (int d = 0; d < size; d++) {
        double *c = &context[i * hidden + a * size + d];
        *c = 0;
        for (int j = 0; j < t; j++) *c += row[j] * qkv[j * 3 * hidden + 2 * hidden + a * size + d];
      }
    }
  }
}

static void forward_is_plain(int t, int size) {
  const int32_t offsets[] = {0, t};
  const mer__packing packing = {1, offsets};
  const int n_context = t * HEADS * size, n_scores = HEADS * t * t;
  float *qkv = normal(3 * n_context, 4), *context = normal(n_context, 5);
  float *probs = normal(n_scores, 6), *scratch = normal(mer__attention_scratch(&packing), 7);
  double *exact = malloc((size_t)(n_context + n_scores) * sizeof *exact);
  assert_int_equal(mer__packing_n_scores(&packing, HEADS), n_scores);
  const mer__attention attention = {
      .packing = &packing, .n_heads = HEADS, .head_size = size, .scratch = scratch};
  mer__attention_forward(context, probs, qkv, &attention);
  reference(exact, exact + n_context, qkv, t, size);
  for (int i = 0; i < n_context; i++) assert_near(context[i], exact[i], 5e-6);
  for (int i = 0; i < n_scores; i++) assert_near(probs[i], exact[n_context + i], 2e-6);
  free(qkv);
  free(context);
  free(probs);
  free(scratch);
  free(exact);
}

static void attention_is_plain(void **state) {
  (void)state;
  for (int t = 1; t <= 20; t++) forward_is_plain(t, 32);
  for (int size = 1; size <= 20; size++) forward_is_plain(7, size);
  forward_is_plain(33, 130);
  forward_is_plain(140, 64);
}

/* What no probabilities are saved of, which goes over the keys in blocks, beside what they are
 * saved of. The scores grow with the keys, so that each block has a new largest one. */
static void long_is_as_with_probs(int t, int size, bool biased, bool first_only) {
  const int32_t offsets[] = {0, 3, 3 + t};
  const mer__packing packing = {2, offsets};
  const int n_tokens = 3 + t, hidden = HEADS * size, n_values = HEADS * (2 * t - 1);
  float *qkv = normal(3L * n_tokens * hidden, 1), *values = normal(n_values, 2);
  float *gates = normal((int64_t)n_tokens * HEADS, 3), *scratch = NULL;
  float *probs = normal(HEADS * (9 + (int64_t)t * t), 4);
  float *expected = normal((int64_t)n_tokens * hidden, 5);
  float *context = normal((int64_t)n_tokens * hidden, 6);
  for (int i = 0; i < n_tokens; i++)
    for (int d = 0; d < hidden; d++) qkv[(3L * i + 1) * hidden + d] *= 1 + 4 * (float)i / (float)t;
  scratch = normal(mer__attention_scratch(&packing), 7);
  const mer__attention_bias bias = {t, values, gates, NULL, NULL};
  const mer__attention attention = {.packing = &packing,
                                    .n_heads = HEADS,
                                    .head_size = size,
                                    .first_only = first_only,
                                    .bias = biased ? &bias : NULL,
                                    .scratch = scratch};
  mer__attention_forward(expected, probs, qkv, &attention);
  mer__attention_forward(context, NULL, qkv, &attention);
  for (int i = 0; i < (first_only ? 2 : n_tokens) * hidden; i++)
    assert_near(context[i], expected[i], 5e-6);
  free(qkv), free(values), free(gates), free(scratch), free(probs), free(expected), free(context);
}

static void long_attention_is_as_with_probs(void **state) {
  (void)state;
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    long_is_as_with_probs(257, 64, false, false);
    long_is_as_with_probs(256, 64, false, false);
    long_is_as_with_probs(521, 40, true, false);
    long_is_as_with_probs(777, 64, true, true);
    long_is_as_with_probs(300, 80, true, false);
  }
}

/* A batch of several lengths with all that the two passes make of it. */
enum { SIZE = 16, HIDDEN = HEADS * SIZE };
static const int32_t OFFSETS[] = {0, 4, 5, 5, 45, 57, 98};
static const mer__packing BATCH = {6, OFFSETS};
enum { TOKENS = 98, SCORES = HEADS * (16 + 1 + 1600 + 144 + 1681) };

typedef struct result {
  float context[TOKENS * HIDDEN], probs[SCORES], dqkv[TOKENS * 3 * HIDDEN];
} result;

static void both_passes(result *r, const float *qkv, const float *dcontext,
                        const mer__packing *packing, const mer__dropout *dropout) {
  float *scratch = normal(mer__attention_scratch(packing), 9);
  const mer__attention attention = {.packing = packing,
                                    .n_heads = HEADS,
                                    .head_size = SIZE,
                                    .dropout = dropout,
                                    .scratch = scratch};
  mer__attention_forward(r->context, r->probs, qkv, &attention);
  mer__attention_backward(r->dqkv, dcontext, qkv, r->probs, &attention);
  free(scratch);
}

static void packed_is_one_by_one(void **state) {
  (void)state;
  static result packed, single;
  static float qkv[TOKENS * 3 * HIDDEN], dcontext[TOKENS * HIDDEN];
  fill_normal(qkv, TOKENS * 3 * HIDDEN, 20);
  fill_normal(dcontext, TOKENS * HIDDEN, 21);
  both_passes(&packed, qkv, dcontext, &BATCH, NULL);
  for (int b = 0; b < BATCH.n_utterances; b++) {
    const int32_t start = OFFSETS[b], t = OFFSETS[b + 1] - start, offsets[] = {0, t};
    const mer__packing one = {1, offsets};
    both_passes(&single, qkv + start * 3 * HIDDEN, dcontext + start * HIDDEN, &one, NULL);
    assert_memory_equal(single.context, packed.context + start * HIDDEN,
                        (size_t)t * HIDDEN * sizeof(float));
    assert_memory_equal(single.dqkv, packed.dqkv + start * 3 * HIDDEN,
                        (size_t)t * 3 * HIDDEN * sizeof(float));
  }
}

static void threads_do_not_matter(void **state) {
  (void)state;
  static result one, three;
  static float qkv[TOKENS * 3 * HIDDEN], dcontext[TOKENS * HIDDEN];
  const mer__dropout dropout = {.rate = 0.1f, .seed = 1, .stream = 2};
  fill_normal(qkv, TOKENS * 3 * HIDDEN, 20);
  fill_normal(dcontext, TOKENS * HIDDEN, 21);
  const int n_threads = omp_get_max_threads();
  omp_set_num_threads(1);
  both_passes(&one, qkv, dcontext, &BATCH, &dropout);
  omp_set_num_threads(3);
  both_passes(&three, qkv, dcontext, &BATCH, &dropout);
  omp_set_num_threads(n_threads);
  assert_memory_equal(&one, &three, sizeof one);
}

/* With queries of 0 the probabilities are 1 / T, and the values show which were dropped. */
static void dropout_counts_positions_in_probs(void **state) {
  (void)state;
  static result r;
  static float qkv[TOKENS * 3 * HIDDEN], factors[SCORES];
  const mer__dropout dropout = {.rate = 0.4f, .seed = 1, .stream = 2};
  memset(qkv, 0, sizeof qkv);
  for (int64_t i = 0; i < TOKENS; i++)
    for (int64_t j = 0; j < HIDDEN; j++) qkv[i * 3 * HIDDEN + 2 * HIDDEN + j] = (float)(i % 7);
  both_passes(&r, qkv, qkv, &BATCH, &dropout);
  mer__dropout_factors(factors, 0, SCORES, &dropout);
  /* utterance 3 begins at token 5, after utterances of 4, 1 and 0 tokens */
  const int t = 40, a = 1, i = 35, first = HEADS * 17 + (a * t + i) * t;
  double expected = 0;
  for (int j = 0; j < t; j++) expected += factors[first + j] / t * ((5 + j) % 7);
  assert_near(r.probs[first], 1.0 / t, 1e-7);
  assert_near(r.context[(5 + i) * HIDDEN + a * SIZE], expected, 1e-5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_products_are_plain),
      cmocka_unit_test(attention_is_plain),
      cmocka_unit_test(long_attention_is_as_with_probs),
      cmocka_unit_test(packed_is_one_by_one),
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(dropout_counts_positions_in_probs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
