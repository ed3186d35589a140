/* test_row_moments.c: mean and deviation of the columns of rows. */
#include "encoder/row_moments.h"

#include <omp.h>

#include "base/rng.h"
#include "test_support.h"

enum { N = 50, WIDTH = 300 };

static float values[N][WIDTH];
static const float *rows[N];

static int fill(void **state) {
  (void)state;
  mer__rng rng = {.seed = 7};
  for (int i = 0; i < N; i++) {
    rows[i] = values[i];
    for (int j = 0; j < WIDTH; j++) values[i][j] = 3 + (float)(1 + j) * mer__rng_normal(&rng);
    values[i][1] = 1e6f; /* never changes */
  }
  return 0;
}

static void they_are_those_of_the_definition(void **state) {
  (void)state;
  float mean[WIDTH], deviation[WIDTH];
  mer_error err = {0};
  assert_ok(mer__row_moments(mean, deviation, rows, N, WIDTH, &err));
  for (int j = 0; j < WIDTH; j++) {
    double m = 0, v = 0;
    for (int i = 0; i < N; i++) m += (double)values[i][j] / N;
    for (int i = 0; i < N; i++) v += (values[i][j] - m) * (values[i][j] - m) / N;
    assert_near(mean[j], m, 1e-6 * fabs(m) + 1e-6);
    assert_near(deviation[j], j == 1 ? 1 : sqrt(v), 1e-6 * sqrt(v) + 1e-6);
  }
}

static void threads_make_no_difference(void **state) {
  (void)state;
  float one[2][WIDTH], four[2][WIDTH];
  mer_error err = {0};
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  assert_ok(mer__row_moments(one[0], one[1], rows, N, WIDTH, &err));
  omp_set_num_threads(4);
  assert_ok(mer__row_moments(four[0], four[1], rows, N, WIDTH, &err));
  omp_set_num_threads(before);
  assert_memory_equal(one, four, sizeof one);
}

static void no_rows_have_mean_0(void **state) {
  (void)state;
  float mean[2], deviation[2];
  mer_error err = {0};
  assert_ok(mer__row_moments(mean, deviation, rows, 0, 2, &err));
  assert_near(mean[1], 0, 0);
  assert_near(deviation[1], 1, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(they_are_those_of_the_definition),
                                     cmocka_unit_test(threads_make_no_difference),
                                     cmocka_unit_test(no_rows_have_mean_0)};
  return cmocka_run_group_tests(tests, fill, NULL);
}
