/* test_bootstrap.c: intervals: their width, their percentiles, and the same for any threads. */
#include "base/rng.h"
#include "mer/eval.h"
#include "test_support.h"

enum { N = 600, K = 5 };

static int32_t labels[N], predicted[N];

/* Predictions that are right in 70 % of the rows. */
static int make_rows(void **state) {
  (void)state;
  mer__rng rng = {.seed = 7};
  for (int i = 0; i < N; i++) {
    labels[i] = (int32_t)mer__rng_below(&rng, K);
    predicted[i] = mer__rng_uniform(&rng) < 0.7f ? labels[i] : (int32_t)mer__rng_below(&rng, K);
  }
  return 0;
}

static void has_the_binomial_width(void **state) {
  (void)state;
  mer_metrics m;
  mer_bootstrap b;
  mer_error err = {0};
  assert_ok(mer_metrics_compute(&m, labels, predicted, NULL, N, K, &err));
  assert_ok(mer_metrics_bootstrap(&b, labels, predicted, N, K, 4000, 1, &err));
  double half = 1.96 * sqrt(m.accuracy * (1 - m.accuracy) / N);
  assert_near(b.accuracy.low, m.accuracy - half, 0.006);
  assert_near(b.accuracy.high, m.accuracy + half, 0.006);
  assert_true(b.weighted_f1.low < m.weighted_f1 && m.weighted_f1 < b.weighted_f1.high);
  assert_true(b.macro_f1.low < m.macro_f1 && m.macro_f1 < b.macro_f1.high);
  assert_true(b.uar.low < m.uar && m.uar < b.uar.high);
}

static void does_not_depend_on_threads(void **state) {
  (void)state;
  mer_bootstrap one, three, other;
  mer_error err = {0};
  mer_threads_set(1);
  assert_ok(mer_metrics_bootstrap(&one, labels, predicted, N, K, 333, 5, &err));
  mer_threads_set(3);
  assert_ok(mer_metrics_bootstrap(&three, labels, predicted, N, K, 333, 5, &err));
  assert_ok(mer_metrics_bootstrap(&other, labels, predicted, N, K, 333, 6, &err));
  mer_threads_set(0);
  assert_memory_equal(&one, &three, sizeof one);
  assert_true(memcmp(&one, &other, sizeof one) != 0);
}

/* Two rows, one right: a resample's accuracy is 0, 0.5 or 1, and with two resamples the percentiles
 * lie 2.5 % inside their two values. */
static void interpolates_percentiles(void **state) {
  (void)state;
  const int32_t truth[] = {0, 1}, guess[] = {0, 0};
  mer_error err = {0};
  int n_different = 0;
  for (uint64_t seed = 0; seed < 20; seed++) {
    mer_bootstrap b;
    assert_ok(mer_metrics_bootstrap(&b, truth, guess, 2, 2, 2, seed, &err));
    double spread = (b.accuracy.high - b.accuracy.low) / 0.95,
           low = b.accuracy.low - 0.025 * spread;
    assert_near(2 * spread, round(2 * spread), 1e-9);
    assert_near(2 * low, round(2 * low), 1e-9);
    n_different += spread > 0;
  }
  assert_true(n_different > 0);
}

static void one_resample_is_a_point(void **state) {
  (void)state;
  mer_bootstrap b;
  mer_error err = {0};
  assert_ok(mer_metrics_bootstrap(&b, labels, labels, N, K, 1, 0, &err));
  assert_near(b.uar.low, 1, 0);
  assert_near(b.uar.high, 1, 0);
}

static void rejects_bad_input(void **state) {
  (void)state;
  mer_bootstrap b;
  mer_error err = {0};
  assert_int_equal(mer_metrics_bootstrap(&b, labels, predicted, N, K, 0, 0, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_bootstrap(&b, labels, predicted, 0, K, 9, 0, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_bootstrap(&b, labels, predicted, N, 2, 9, 0, &err),
                   MER_STATUS_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_binomial_width),   cmocka_unit_test(does_not_depend_on_threads),
      cmocka_unit_test(interpolates_percentiles), cmocka_unit_test(one_resample_is_a_point),
      cmocka_unit_test(rejects_bad_input),
  };
  return cmocka_run_group_tests(tests, make_rows, NULL);
}
