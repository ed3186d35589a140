/* test_pooling.c: pooling over time: by the definition, gradients against finite differences, and
 * parts that are merged against the whole. */
#include "layers/pooling.h"

#include "base/rng.h"
#include "test_support.h"

enum { B = 3, T = 9, H = 4, MOST = 2 * H };

/* The second utterance has no rows. */
static const int32_t OFFSETS[] = {0, 2, 2, 9};
static const mer__packing BATCH = {B, OFFSETS};
static const mer__pool_kind KINDS[] = {MER__POOL_MEAN, MER__POOL_MEAN_STD};
enum { N_KINDS = sizeof KINDS / sizeof *KINDS };

static void fill(float *x, int64_t n, uint64_t seed) {
  mer__rng rng = {.seed = seed};
  for (int64_t i = 0; i < n; i++) x[i] = mer__rng_normal(&rng) + 2;
}

static void means_and_deviations_are_over_the_rows_of_each_utterance(void **state) {
  (void)state;
  const int32_t offsets[] = {0, 2, 2, 5};
  const mer__packing packing = {3, offsets};
  const float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13}, means[] = {2, 3, 0, 0, 7, 9};
  const float both[] = {2, 3, 1, 1, 0, 0, 0, 0, 7, 9, 1.632993f, 2.943920f};
  float y[12];
  mer__pool_forward(y, 2, MER__POOL_MEAN, x, &packing, 2);
  assert_memory_equal(y, means, sizeof means);
  mer__pool_forward(y, 4, MER__POOL_MEAN_STD, x, &packing, 2);
  assert_near(max_difference(y, both, 12), 0, 1e-5);
}

static double loss(const float *x, const float *dy, mer__pool_kind kind) {
  float y[B * MOST] = {0};
  double sum = 0;
  mer__pool_forward(y, MOST, kind, x, &BATCH, H);
  for (int i = 0; i < B * MOST; i++) sum += (double)y[i] * dy[i];
  return sum;
}

static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  for (int k = 0; k < N_KINDS; k++) {
    static const float step = 1e-2f;
    float x[T * H], y[B * MOST] = {0}, dy[B * MOST], dx[T * H] = {0}, expected[T * H];
    fill(x, T * H, 1);
    fill(dy, B * MOST, 2);
    mer__pool_forward(y, MOST, KINDS[k], x, &BATCH, H);
    mer__pool_backward(dx, dy, y, MOST, KINDS[k], x, &BATCH, H);
    for (int i = 0; i < T * H; i++) {
      const float value = x[i];
      x[i] = value + step;
      const double upper = loss(x, dy, KINDS[k]);
      x[i] = value - step;
      expected[i] = (float)((upper - loss(x, dy, KINDS[k])) / (2.0 * step));
      x[i] = value;
    }
    assert_true(relative_error(dx, expected, T * H) < 2e-3);
  }
}

/* A row that is the only one has no deviation, and no gradient by it that is not finite. */
static void one_row_has_no_deviation(void **state) {
  (void)state;
  const int32_t offsets[] = {0, 1};
  const mer__packing one = {1, offsets};
  const float x[H] = {1, -2, 300, 0}, dy[MOST] = {0, 0, 0, 0, 1, 1, 1, 1};
  float y[MOST], dx[H] = {0};
  mer__pool_forward(y, MOST, MER__POOL_MEAN_STD, x, &one, H);
  mer__pool_backward(dx, dy, y, MOST, MER__POOL_MEAN_STD, x, &one, H);
  for (int j = 0; j < H; j++) {
    assert_near(y[H + j], 1e-3, 1e-6);
    assert_true(dx[j] == 0);
  }
}

static void merged_parts_are_the_whole(void **state) {
  (void)state;
  const int32_t whole[] = {0, T}, parts[] = {0, 2, 3, T};
  const mer__packing packing = {1, whole}, packing_of_parts = {3, parts};
  for (int k = 0; k < N_KINDS; k++) {
    float x[T * H], y[MOST], of_parts[3 * MOST];
    fill(x, T * H, 3);
    mer__pool_forward(y, MOST, KINDS[k], x, &packing, H);
    mer__pool_forward(of_parts, MOST, KINDS[k], x, &packing_of_parts, H);
    mer__pool_merge(of_parts, 2, of_parts + MOST, 1, KINDS[k], H);
    mer__pool_merge(of_parts, 3, of_parts + 2 * MOST, T - 3, KINDS[k], H);
    assert_near(max_difference(y, of_parts, (size_t)mer__pool_width(KINDS[k], H)), 0, 1e-6);
  }
}

static void kinds_are_found_by_their_names(void **state) {
  (void)state;
  mer__pool_kind kind = MER__POOL_MEAN;
  for (int k = MER__POOL_MEAN; k <= MER__POOL_ATTENTION; k++) {
    assert_true(mer__pool_find(&kind, mer__pool_name((mer__pool_kind)k)));
    assert_int_equal(kind, k);
  }
  assert_false(mer__pool_find(&kind, "means"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(means_and_deviations_are_over_the_rows_of_each_utterance),
      cmocka_unit_test(gradients_are_those_of_finite_differences),
      cmocka_unit_test(one_row_has_no_deviation),
      cmocka_unit_test(merged_parts_are_the_whole),
      cmocka_unit_test(kinds_are_found_by_their_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
