/* test_layers.c: matrix products in all forms, cross entropy at its edges, rows; what threads and
 * memory must not change. */
#include <omp.h>

#include "nn/bf16_linear.h"
#include "nn/cross_entropy.h"
#include "nn/embedding.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/matmul.h"
#include "nn/nn_support.h"
#include "nn/rows.h"

static void products_are_plain(void **state) {
  (void)state;
  enum { M = 5, N = 7, K = 9 };
  for (int form = 0; form < 8; form++) {
    const bool ta = form & 1, tb = form & 2, accumulate = form & 4;
    float a[M * K], b[K * N], y[M * N], before[M * N];
    fill_normal(a, M * K, 1);
    fill_normal(b, K * N, 2);
    fill_normal(y, M * N, 3);
    memcpy(before, y, sizeof y);
    mer__matmul(y, a, ta, b, tb, M, N, K, accumulate);
    for (int i = 0; i < M; i++)
      for (int j = 0; j < N; j++) {
        double sum = accumulate ? before[i * N + j] : 0;
        for (int k = 0; k < K; k++)
          sum += (double)(ta ? a[k * M + i] : a[i * K + k]) * (tb ? b[j * K + k] : b[k * N + j]);
        assert_near(y[i * N + j], sum, 5e-6);
      }
  }
}

static void linear_may_lack_parts(void **state) {
  (void)state;
  float x[6], w[12], y[8], z[8], dw[12] = {0}, bias[4] = {0}, dy[8];
  fill_normal(x, 6, 1);
  fill_normal(w, 12, 2);
  fill_normal(dy, 8, 3);
  mer__linear_forward(y, x, w, NULL, 2, 3, 4);
  mer__linear_forward(z, x, w, bias, 2, 3, 4);
  assert_memory_equal(y, z, sizeof y);
  mer__linear_backward(NULL, dw, NULL, dy, x, w, 2, 3, 4);
  assert_near(dw[0], (double)dy[0] * x[0] + (double)dy[4] * x[3], 1e-6);
  mer__linear_backward(NULL, dw, bias, dy, x, w, 0, 3, 4); /* no rows: no change */
  assert_true(bias[0] == 0);
}

/* The nearest value of 8 significant bits, ties to even. */
static double to_bf16(double x) {
  int exponent;
  double fraction = frexp(x, &exponent);
  return ldexp(nearbyint(ldexp(fraction, 8)), exponent - 8);
}

static void bf16_products_are_of_rounded_operands(void **state) {
  (void)state;
  enum { IN = 29, OUT = 21, T = 11 };
  float x[T * IN], w[OUT * IN], bias[OUT], y[T * OUT], dy[T * OUT], dx[T * IN];
  float dw[OUT * IN],
      db[OUT] = {0},
      *scratch = malloc(sizeof(float) * (size_t)mer__bf16_linear_scratch(T, IN, OUT));
  assert_non_null(scratch);
  fill_normal(x, T * IN, 1);
  fill_normal(w, OUT * IN, 2);
  fill_normal(bias, OUT, 3);
  fill_normal(dy, T * OUT, 4);
  x[0] = 1.00390625f; /* half way between 1 and the next */
  x[1] = 1.01171875f;
  for (int i = 0; i < OUT * IN; i++) dw[i] = 1;
  mer__bf16_linear_forward(y, x, w, bias, T, IN, OUT, scratch);
  mer__bf16_linear_backward(dx, dw, db, dy, x, w, T, IN, OUT, scratch);
  free(scratch);
  for (int t = 0; t < T; t++)
    for (int o = 0; o < OUT; o++) {
      double sum = bias[o];
      for (int i = 0; i < IN; i++) sum += to_bf16(x[t * IN + i]) * to_bf16(w[o * IN + i]);
      assert_near(y[t * OUT + o], sum, 1e-5);
    }
  for (int t = 0; t < T; t++)
    for (int i = 0; i < IN; i++) {
      double sum = 0;
      for (int o = 0; o < OUT; o++) sum += to_bf16(dy[t * OUT + o]) * to_bf16(w[o * IN + i]);
      assert_near(dx[t * IN + i], sum, 1e-5);
    }
  for (int o = 0; o < OUT; o++) {
    double column = 0;
    for (int t = 0; t < T; t++) column += dy[t * OUT + o];
    assert_near(db[o], column, 1e-5);
    for (int i = 0; i < IN; i++) {
      double sum = 1;
      for (int t = 0; t < T; t++) sum += to_bf16(dy[t * OUT + o]) * to_bf16(x[t * IN + i]);
      assert_near(dw[o * IN + i], sum, 1e-5);
    }
  }
}

static void cross_entropy_bears_extremes(void **state) {
  (void)state;
  const float logits[] = {1000, -1000, 0, -1e30f, 3, 3};
  const int32_t labels[] = {1, 2};
  float probs[6];
  assert_near(mer__cross_entropy_forward(probs, logits, labels, 2, 3), (2000 + log(2)) / 2, 1e-9);
  const float expected[] = {1, 0, 0, 0, 0.5f, 0.5f};
  assert_memory_equal(probs, expected, sizeof probs);
  assert_true(mer__cross_entropy_forward(probs, logits, NULL, 2, 3) == 0);
  assert_memory_equal(probs, expected, sizeof probs);
  assert_true(mer__cross_entropy_forward(probs, logits, labels, 0, 3) == 0);
}

static void blocks_are_copied(void **state) {
  (void)state;
  const float a[] = {1, 2, 3, 4}, b[] = {5, 6};
  float y[6], slice[2];
  mer__rows_copy(y, 3, a, 2, 2, 2);
  mer__rows_copy(y + 2, 3, b, 1, 2, 1);
  const float joined[] = {1, 2, 5, 3, 4, 6};
  assert_memory_equal(y, joined, sizeof y);
  mer__rows_copy(slice, 1, y + 1, 3, 2, 1);
  assert_true(slice[0] == 2 && slice[1] == 4);
}

static void layer_norm_works_in_place(void **state) {
  (void)state;
  float x[3 * 33], y[3 * 33], gamma[33], beta[33], mean[3], rstd[3];
  fill_normal(x, 99, 1);
  fill_normal(gamma, 33, 2);
  fill_normal(beta, 33, 3);
  mer__layer_norm_forward(y, mean, rstd, x, gamma, beta, 3, 33, 1e-5f);
  mer__layer_norm_forward(x, NULL, NULL, x, gamma, beta, 3, 33, 1e-5f);
  assert_memory_equal(x, y, sizeof x);
}

/* Large enough for threads, and odd sizes. */
enum { ROWS = 131, WIDTH = 389, SIZE = ROWS * WIDTH };

typedef struct outcome {
  float y[SIZE], dx[SIZE], dgamma[WIDTH], dbeta[WIDTH], sums[WIDTH], embedded[SIZE];
  float dword[10 * WIDTH], dposition[ROWS * WIDTH], dtype[2 * WIDTH];
} outcome;

static void run_layers(outcome *o, int n_threads) {
  static float x[SIZE], dy[SIZE], gamma[WIDTH], mean[ROWS], rstd[ROWS];
  static int32_t ids[ROWS];
  const int32_t offsets[] = {0, 50, 60, ROWS};
  const mer__packing packing = {3, offsets};
  fill_normal(x, SIZE, 1);
  fill_normal(dy, SIZE, 2);
  fill_normal(gamma, WIDTH, 3);
  for (int i = 0; i < ROWS; i++) ids[i] = i * i % 10;
  memset(o, 0, sizeof *o);
  omp_set_num_threads(n_threads);
  mer__layer_norm_forward(o->y, mean, rstd, x, gamma, gamma, ROWS, WIDTH, 1e-12f);
  mer__layer_norm_backward(o->dx, o->dgamma, o->dbeta, dy, x, mean, rstd, gamma, ROWS, WIDTH);
  mer__rows_sum_add(o->sums, x, ROWS, WIDTH);
  mer__embedding_forward(o->embedded, ids, NULL, &packing, x, x, x, WIDTH);
  mer__embedding_backward(o->dword, o->dposition, o->dtype, dy, ids, NULL, &packing, WIDTH);
}

static void threads_do_not_matter(void **state) {
  (void)state;
  static outcome one, three;
  const int n_threads = omp_get_max_threads();
  run_layers(&one, 1);
  run_layers(&three, 3);
  omp_set_num_threads(n_threads);
  assert_memory_equal(&one, &three, sizeof one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_are_plain),
      cmocka_unit_test(linear_may_lack_parts),
      cmocka_unit_test(bf16_products_are_of_rounded_operands),
      cmocka_unit_test(cross_entropy_bears_extremes),
      cmocka_unit_test(blocks_are_copied),
      cmocka_unit_test(layer_norm_works_in_place),
      cmocka_unit_test(threads_do_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
