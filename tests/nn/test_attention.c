/* test_attention.c: attention against a plain version in double precision, without probabilities
 * against with them, packed against one by one, and on different numbers of threads; the small
 * products it is made of. */
#include "nn/attention.h"

#include <omp.h>

#include "nn/attention_kernels.h"
#include "nn/levels.h"
#include "nn/long_attention.h"
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

/* Columns of b are copied from 32 rows on; sums of more than 224 elements are made in two parts. */
static void products_of_many_rows_are_plain(void **state) {
  (void)state;
  const int ms[] = {31, 32, 37, 47}, ns[] = {8, 33, 48}, ks[] = {5, 113, 230};
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int m = 0; m < 4; m++)
      for (int n = 0; n < 3; n++)
        for (int k = 0; k < 3; k++)
          for (int form = 0; form < 4; form++)
            product_is_plain(ms[m], ns[n], ks[k], form & 1, form & 2);
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
  forward_is_plain(MER__ATTENTION_BLOCK + 1, 130);
  forward_is_plain(140, 64);
}

/* Beside the answers with probabilities those without, which go over many keys in blocks. */
typedef struct long_case {
  int t, size;
  bool biased, first_only, pays;
} long_case;

/* The first dimension makes the scores of head 0 rise with the keys, so that each block has a new
 * largest one, those of head 1 fall, and leaves those of head 2. */
static void make_slopes(float *qkv, int n_tokens, int size) {
  const int hidden = HEADS * size;
  for (int i = 0; i < n_tokens; i++)
    for (int a = 0; a < HEADS; a++) {
      qkv[3L * i * hidden + a * size] = 4;
      qkv[(3L * i + 1) * hidden + a * size] = (float)((1 - a) * 10 * i) / (float)n_tokens;
    }
}

static void long_is_as_with_probs(const long_case *c) {
  const int32_t offsets[] = {0, 3, 3 + c->t};
  const mer__packing packing = {2, offsets};
  const int n_tokens = 3 + c->t, hidden = HEADS * c->size, n_values = HEADS * (2 * c->t - 1);
  float *qkv = normal(3L * n_tokens * hidden, 1), *values = normal(n_values, 2);
  float *gates = normal((int64_t)n_tokens * HEADS, 3);
  float *probs = normal(HEADS * (9 + (int64_t)c->t * c->t), 4);
  float *expected = normal((int64_t)n_tokens * hidden, 5);
  float *context = normal((int64_t)n_tokens * hidden, 6);
  float *scratch = normal(mer__attention_scratch(&packing), 7);
  const mer__attention_bias bias = {c->t, values, gates, NULL, NULL};
  const mer__attention attention = {.packing = &packing,
                                    .n_heads = HEADS,
                                    .head_size = c->size,
                                    .first_only = c->first_only,
                                    .bias = c->biased ? &bias : NULL,
                                    .scratch = scratch};
  make_slopes(qkv, n_tokens, c->size);
  mer__attention_forward(expected, probs, qkv, &attention);
  mer__attention_forward(context, NULL, qkv, &attention);
  for (int i = 0; i < (c->first_only ? 2 : n_tokens) * hidden; i++)
    assert_near(context[i], expected[i], 5e-6);
  assert_true(mer__long_attention_pays(c->t, c->first_only ? 1 : c->t, c->size) == c->pays);
  free(qkv), free(values), free(gates), free(scratch), free(probs), free(expected), free(context);
}

static void long_attention_is_as_with_probs(void **state) {
  (void)state;
  const long_case cases[] = {{256, 64, false, false, false}, {257, 64, false, false, true},
                             {521, 40, true, false, true},   {777, 64, true, false, true},
                             {777, 64, true, true, false},   {300, 80, true, false, false}};
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int i = 0; i < 6; i++) long_is_as_with_probs(&cases[i]);
}

/* The probabilities are those of the last key alone, as all before have scores of -infinity. */
static void keys_without_weight_leave_the_others(void **state) {
  (void)state;
  enum { T = 300, SIZE = 8, HIDDEN = SIZE };
  static float qkv[T * 3 * HIDDEN], context[T * HIDDEN];
  const int32_t offsets[] = {0, T};
  const mer__packing packing = {1, offsets};
  float *scratch = normal(mer__attention_scratch(&packing), 7);
  const mer__attention attention = {
      .packing = &packing, .n_heads = 1, .head_size = SIZE, .scratch = scratch};
  for (int i = 0; i < T; i++) {
    float *token = qkv + i * 3 * HIDDEN;
    token[0] = 1e30f, token[HIDDEN] = i < T - 1 ? -1e30f : 0, token[2 * HIDDEN] = (float)i;
  }
  mer__attention_forward(context, NULL, qkv, &attention);
  for (int i = 0; i < T; i++) assert_near(context[i * HIDDEN], T - 1, 0);
  free(scratch);
}

/* A batch of several lengths with all that the two passes make of it. */
enum { SIZE = 16, HIDDEN = HEADS * SIZE };
enum { T3 = 2 * MER__ATTENTION_BLOCK + 4, T5 = MER__ATTENTION_BLOCK + 9 }; /* several blocks */
static const int32_t OFFSETS[] = {0, 4, 5, 5, 5 + T3, 17 + T3, 17 + T3 + T5};
static const mer__packing BATCH = {6, OFFSETS};
enum { TOKENS = 17 + T3 + T5, SCORES = HEADS * (16 + 1 + T3 * T3 + 144 + T5 * T5) };

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

/* Without probabilities, of a batch or of one utterance of it. */
static void answers(float *context, const float *qkv, const mer__packing *packing) {
  float *scratch = normal(mer__attention_scratch(packing), 9);
  const mer__attention attention = {
      .packing = packing, .n_heads = HEADS, .head_size = SIZE, .scratch = scratch};
  mer__attention_forward(context, NULL, qkv, &attention);
  free(scratch);
}

static void long_answers_are_the_same_bits(void **state) {
  (void)state;
  enum { LONG = 300, MORE = 270, N = LONG + 5 + MORE };
  static const int32_t offsets[] = {0, LONG, LONG + 5, N};
  const mer__packing batch = {3, offsets};
  float *qkv = normal(N * 3 * HIDDEN, 20), *expected = normal(N * HIDDEN, 21);
  float *found = normal(N * HIDDEN, 22);
  const int n_threads = omp_get_max_threads();
  omp_set_num_threads(1);
  answers(expected, qkv, &batch);
  for (int b = 0; b < 3; b++) {
    const int32_t start = offsets[b], one[] = {0, offsets[b + 1] - start};
    answers(found + start * HIDDEN, qkv + start * 3 * HIDDEN, &(mer__packing){1, one});
  }
  assert_memory_equal(found, expected, N * HIDDEN * sizeof(float));
  for (int threads = 2; threads <= 5; threads++) {
    omp_set_num_threads(threads);
    memset(found, 0, N * HIDDEN * sizeof(float));
    answers(found, qkv, &batch);
    assert_memory_equal(found, expected, N * HIDDEN * sizeof(float));
  }
  omp_set_num_threads(n_threads);
  free(qkv), free(expected), free(found);
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
  const int t = T3, a = 1, i = T3 - 5, first = HEADS * 17 + (a * t + i) * t;
  double expected = 0;
  for (int j = 0; j < t; j++) expected += factors[first + j] / t * ((5 + j) % 7);
  assert_near(r.probs[first], 1.0 / t, 1e-7);
  assert_near(r.context[(5 + i) * HIDDEN + a * SIZE], expected, 1e-5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_products_are_plain),
      cmocka_unit_test(products_of_many_rows_are_plain),
      cmocka_unit_test(attention_is_plain),
      cmocka_unit_test(keys_without_weight_leave_the_others),
      cmocka_unit_test(long_answers_are_the_same_bits),
      cmocka_unit_test(long_attention_is_as_with_probs),
      cmocka_unit_test(packed_is_one_by_one),
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(dropout_counts_positions_in_probs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
