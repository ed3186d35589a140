/* test_paired.c: paired bootstrap and McNemar's test: by hand, by theory, and the same for any
 * threads. */
#include "base/rng.h"
#include "mer/eval.h"
#include "test_support.h"

enum { N = 600, K = 5, SEEDS = 3, RESAMPLES = 2000 };

static int32_t labels[N], good[SEEDS][N], poor[SEEDS][N];
static const int32_t *good_seeds[] = {good[0], good[1], good[2]};
static const int32_t *poor_seeds[] = {poor[0], poor[1], poor[2]};

static void answer(int32_t *predicted, mer__rng *rng, float share) {
  for (int i = 0; i < N; i++)
    predicted[i] = mer__rng_uniform(rng) < share ? labels[i] : (int32_t)mer__rng_below(rng, K);
}

static int make_rows(void **state) {
  (void)state;
  mer__rng rng = {.seed = 7};
  for (int i = 0; i < N; i++) labels[i] = (int32_t)mer__rng_below(&rng, K);
  for (int s = 0; s < SEEDS; s++) {
    answer(good[s], &rng, 0.7f);
    answer(poor[s], &rng, 0.6f);
  }
  return 0;
}

static mer_paired_bootstrap test_pair(const int32_t **a, int n_a, const int32_t **b, int n_b) {
  const mer_answers_of of_a = {a, n_a}, of_b = {b, n_b};
  mer_paired_bootstrap result;
  mer_error err = {0};
  assert_ok(mer_metrics_paired_bootstrap(&result, labels, N, K, &of_a, &of_b, RESAMPLES, 3, &err));
  return result;
}

static double accuracy_of(const int32_t *predicted) {
  mer_metrics m;
  mer_error err = {0};
  assert_ok(mer_metrics_compute(&m, labels, predicted, NULL, N, K, &err));
  return m.accuracy;
}

/* The same rows are drawn for both: rows of which both are right, or wrong, make no difference. */
static void has_the_width_of_paired_rows(void **state) {
  (void)state;
  mer_mcnemar m;
  mer_error err = {0};
  const mer_paired_bootstrap r = test_pair(good_seeds, 1, poor_seeds, 1);
  assert_ok(mer_mcnemar_compute(&m, labels, good[0], poor[0], N, K, &err));
  const double mean = (double)(m.only_a - m.only_b) / N;
  const double half = 1.96 * sqrt(((double)(m.only_a + m.only_b) / N - mean * mean) / N);
  assert_near(r.accuracy.difference, mean, 1e-12);
  assert_near(r.accuracy.interval.low, mean - half, 0.006);
  assert_near(r.accuracy.interval.high, mean + half, 0.006);
}

static void takes_means_over_seeds(void **state) {
  (void)state;
  const mer_paired_bootstrap r = test_pair(good_seeds, SEEDS, poor_seeds, 2);
  const double a = (accuracy_of(good[0]) + accuracy_of(good[1]) + accuracy_of(good[2])) / 3;
  const double b = (accuracy_of(poor[0]) + accuracy_of(poor[1])) / 2;
  assert_near(r.accuracy.difference, a - b, 1e-12);
  assert_true(r.weighted_f1.interval.low > 0 && r.weighted_f1.p < 0.01);
}

static void is_the_same_the_other_way_round(void **state) {
  (void)state;
  const mer_paired_bootstrap r = test_pair(good_seeds, SEEDS, poor_seeds, SEEDS);
  const mer_paired_bootstrap other = test_pair(poor_seeds, SEEDS, good_seeds, SEEDS);
  assert_near(r.uar.difference, -other.uar.difference, 1e-12);
  assert_near(r.uar.interval.low, -other.uar.interval.high, 1e-12);
  assert_near(r.macro_f1.p, other.macro_f1.p, 1e-12);
}

/* A difference of nothing has p = 1; one that no resample doubts has the least p that there is. */
static void has_the_extreme_p(void **state) {
  (void)state;
  const int32_t *right[] = {labels};
  const mer_paired_bootstrap same = test_pair(good_seeds, 1, good_seeds, 1);
  assert_near(same.weighted_f1.difference, 0, 0);
  assert_near(same.weighted_f1.interval.high, 0, 0);
  assert_near(same.weighted_f1.p, 1, 0);
  const mer_paired_bootstrap clear = test_pair(right, 1, poor_seeds, 1);
  assert_near(clear.weighted_f1.p, 2.0 / (RESAMPLES + 1), 1e-12);
}

static void does_not_depend_on_threads(void **state) {
  (void)state;
  mer_threads_set(1);
  const mer_paired_bootstrap one = test_pair(good_seeds, SEEDS, poor_seeds, SEEDS);
  mer_threads_set(3);
  const mer_paired_bootstrap three = test_pair(good_seeds, SEEDS, poor_seeds, SEEDS);
  mer_threads_set(0);
  assert_memory_equal(&one, &three, sizeof one);
}

/* Rows of two labels of which `only_a` and `only_b` are right for one alone, and two for both. */
static double mcnemar_p(int only_a, int only_b) {
  enum { MOST = 300 };
  int32_t truth[MOST] = {0}, a[MOST] = {0}, b[MOST] = {0};
  mer_mcnemar m;
  mer_error err = {0};
  for (int i = 0; i < only_a; i++) b[i] = 1;
  for (int i = only_a; i < only_a + only_b; i++) a[i] = 1;
  assert_ok(mer_mcnemar_compute(&m, truth, a, b, only_a + only_b + 2, 2, &err));
  assert_int_equal(m.only_a, only_a);
  assert_int_equal(m.only_b, only_b);
  return m.p;
}

/* SciPy 1.17, binomtest(only_a, only_a + only_b).pvalue; the first two by hand. */
static void mcnemar_is_exact(void **state) {
  (void)state;
  assert_near(mcnemar_p(0, 0), 1, 0);
  assert_near(mcnemar_p(1, 5), 14.0 / 64, 1e-12);
  assert_near(mcnemar_p(4, 4), 1, 1e-12);
  assert_near(mcnemar_p(23, 7), 0.005222879350185395, 1e-12);
  assert_near(mcnemar_p(100, 150), 0.0018833009350761602, 1e-12);
}

static void rejects_bad_input(void **state) {
  (void)state;
  const int32_t bad[] = {0, 5}, fine[] = {0, 1}, *bad_seed[] = {bad}, *fine_seed[] = {fine};
  const mer_answers_of wrong = {bad_seed, 1}, right = {fine_seed, 1}, none = {fine_seed, 0};
  mer_paired_bootstrap r;
  mer_mcnemar m;
  assert_int_equal(mer_metrics_paired_bootstrap(&r, fine, 2, 2, &wrong, &right, 9, 0, NULL),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_paired_bootstrap(&r, fine, 2, 2, &right, &none, 9, 0, NULL),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_paired_bootstrap(&r, fine, 0, 2, &right, &right, 9, 0, NULL),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_paired_bootstrap(&r, fine, 2, 2, &right, &right, 0, 0, NULL),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_mcnemar_compute(&m, fine, bad, fine, 2, 2, NULL), MER_STATUS_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_width_of_paired_rows),
      cmocka_unit_test(takes_means_over_seeds),
      cmocka_unit_test(is_the_same_the_other_way_round),
      cmocka_unit_test(has_the_extreme_p),
      cmocka_unit_test(does_not_depend_on_threads),
      cmocka_unit_test(mcnemar_is_exact),
      cmocka_unit_test(rejects_bad_input),
  };
  return cmocka_run_group_tests(tests, make_rows, NULL);
}
