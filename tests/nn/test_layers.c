/* test_layers.c: Linear layers for few rows, cross entropy at its edges, rows; what
 * threads and memory must not change. */
#include <omp.h>

#include "nn/cross_entropy.h"
#include "nn/embedding.h"
#include "nn/few_rows.h"
#include "nn/layer_norm.h"
#include "nn/levels.h"
#include "nn/linear.h"
#include "nn/nn_support.h"
#include "nn/rows.h"

/* Sizes that do not fill the tiles of the products for few rows. */
static void few_rows_are_plain(void **state) {
  (void)state;
  enum { ROWS = MER__FEW_ROWS, IN = 29, OUT = 8 };
  float x[ROWS * IN], w[OUT * IN], bias[OUT], y[ROWS * OUT], dw[OUT * IN];
  fill_normal(x, ROWS * IN, 1);
  fill_normal(w, OUT * IN, 2);
  fill_normal(bias, OUT, 3);
  for (int rows = 1; rows <= ROWS; rows++) {
    mer__few_rows_forward(y, x, w, bias, rows, IN, OUT);
    for (int i = 0; i < rows; i++)
      for (int j = 0; j < OUT; j++) {
        double sum = bias[j];
        for (int k = 0; k < IN; k++) sum += (double)x[i * IN + k] * w[j * IN + k];
        assert_near(y[i * OUT + j], sum, 1e-5);
      }
    mer__few_rows_weight_gradient(dw, y, x, rows, IN, OUT, 3, 5);
    for (int j = 0; j < 5; j++)
      for (int k = 0; k < IN; k++) {
        double sum = 0;
        for (int i = 0; i < rows; i++) sum += (double)y[i * OUT + 3 + j] * x[i * IN + k];
        assert_near(dw[j * IN + k], sum, 1e-4);
      }
  }
}

static void linear_may_lack_parts(void **state) {
  (void)state;
  float x[6], w[12], y[8], z[8], dw[12] = {0}, bias[4] = {0}, dy[8];
  fill_normal(x, 6, 1);
  fill_normal(w, 12, 2);
  fill_normal(dy, 8, 3);
  mer__few_rows_forward(y, x, w, NULL, 2, 3, 4);
  mer__few_rows_forward(z, x, w, bias, 2, 3, 4);
  assert_memory_equal(y, z, sizeof y);
  mer__linear_backward(NULL, dw, NULL, dy, x, w, 2, 3, 4, MER__PRODUCT_F32);
  assert_near(dw[0], (double)dy[0] * x[0] + (double)dy[4] * x[3], 1e-6);
  mer__linear_backward(NULL, dw, bias, dy, x, w, 0, 3, 4,
                       MER__PRODUCT_F32); /* no rows: no change */
  assert_true(bias[0] == 0);
}

static void cross_entropy_bears_extremes(void **state) {
  (void)state;
  const float logits[] = {1000, -1000, 0, -1e30f, 3, 3};
  const float targets[] = {0, 1, 0, 0, 0, 1};
  float probs[6];
  assert_near(mer__cross_entropy_forward(probs, logits, targets, 2, 3), (2000 + log(2)) / 2, 1e-9);
  const float expected[] = {1, 0, 0, 0, 0.5f, 0.5f};
  assert_memory_equal(probs, expected, sizeof probs);
  assert_true(mer__cross_entropy_forward(probs, logits, NULL, 2, 3) == 0);
  assert_memory_equal(probs, expected, sizeof probs);
  assert_true(mer__cross_entropy_forward(probs, logits, targets, 0, 3) == 0);
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

/* Before a row is rounded to 8 bits the last bit matters. */
static void layer_norm_has_the_same_bits_at_each_level(void **state) {
  (void)state;
  enum { MOST = 384 + 7 };
  float x[MOST], y[MOST], first[MOST], gamma[MOST], beta[MOST];
  fill_normal(x, MOST, 1);
  fill_normal(gamma, MOST, 2);
  fill_normal(beta, MOST, 3);
  for (int width = 1; width <= MOST; width += width < 40 ? 1 : 117)
    for (int level = FIRST_FUSED_LEVEL; use_level(level); level++) {
      float *result = level == FIRST_FUSED_LEVEL ? first : y;
      mer__layer_norm_forward(result, NULL, NULL, x, gamma, beta, 1, width, 1e-12f);
      assert_memory_equal(result, first, (size_t)width * sizeof *first);
    }
}

/* Large enough for threads, and odd sizes. */
enum { ROWS = 131, WIDTH = 389, SIZE = ROWS * WIDTH };

typedef struct outcome {
  float y[SIZE], dx[SIZE], dgamma[WIDTH], dbeta[WIDTH], sums[WIDTH], embedded[SIZE];
  float dword[10 * WIDTH], dposition[ROWS * WIDTH], dtype[2 * WIDTH];
} outcome;

static void run_layers(outcome *o, int n_threads) {
  static float x[SIZE], dy[SIZE], gamma[WIDTH], mean[ROWS], rstd[ROWS];
  static int32_t words[ROWS], positions[ROWS];
  const mer__embedding_ids ids = {ROWS, words, positions, NULL};
  fill_normal(x, SIZE, 1);
  fill_normal(dy, SIZE, 2);
  fill_normal(gamma, WIDTH, 3);
  for (int i = 0; i < ROWS; i++) words[i] = i * i % 10, positions[i] = i % 50;
  memset(o, 0, sizeof *o);
  omp_set_num_threads(n_threads);
  mer__layer_norm_forward(o->y, mean, rstd, x, gamma, gamma, ROWS, WIDTH, 1e-12f);
  mer__layer_norm_backward(o->dx, o->dgamma, o->dbeta, dy, x, mean, rstd, gamma, ROWS, WIDTH);
  mer__rows_sum_add(o->sums, x, ROWS, WIDTH);
  mer__embedding_forward(o->embedded, &ids, x, x, x, WIDTH);
  mer__embedding_backward(o->dword, o->dposition, o->dtype, dy, &ids, WIDTH);
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
      cmocka_unit_test(few_rows_are_plain),
      cmocka_unit_test(linear_may_lack_parts),
      cmocka_unit_test(cross_entropy_bears_extremes),
      cmocka_unit_test(blocks_are_copied),
      cmocka_unit_test(layer_norm_works_in_place),
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(layer_norm_has_the_same_bits_at_each_level),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
