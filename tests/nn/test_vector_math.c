/* test_vector_math.c: exp, erfc and GELU against libm over their range. */
#include "nn/activation.h"
#include "nn/vector_math.h"
#include "test_support.h"

static void exp_is_precise(void **state) {
  (void)state;
  double worst = 0;
  for (int i = 0; i <= 1000000; i++) {
    float x = -87.3f + 1.753e-4f * (float)i;
    double error = fabs(mer__exp(x) / exp((double)x) - 1);
    if (!(error <= worst)) worst = error;
  }
  assert_near(worst, 0, 2e-7);
  assert_true(mer__exp(0) == 1);
}

static void exp_has_its_limits(void **state) {
  (void)state;
  assert_true(mer__exp(-87.5f) == 0);
  assert_true(mer__exp(-INFINITY) == 0);
  assert_true(mer__exp(-1e30f) == 0);
  assert_true(isinf(mer__exp(88.8f)));
  assert_true(isinf(mer__exp(INFINITY)));
  assert_true(isnan(mer__exp(NAN)));
}

static void erfc_is_precise(void **state) {
  (void)state;
  double worst = 0;
  for (int i = 0; i <= 1000000; i++) {
    float t = 8e-6f * (float)i;
    double error = fabs(mer__erfc(t) - erfc((double)t));
    if (!(error <= worst)) worst = error;
  }
  assert_near(worst, 0, 2e-7);
  assert_true(mer__erfc(0) == 1);
  assert_true(mer__erfc(3e38f) == 0);
  assert_true(mer__erfc(INFINITY) == 0);
  assert_true(isnan(mer__erfc(NAN)));
}

enum { N = 100003 };

static double exact_cdf(double x) { return 0.5 * erfc(-x * sqrt(0.5)); }

static void gelu_is_precise(void **state) {
  (void)state;
  static float x[N], y[N], dx[N], ones[N];
  for (int i = 0; i < N; i++) {
    x[i] = -15 + 30 * (float)i / (N - 1);
    ones[i] = 1;
  }
  mer__gelu_forward(y, x, N);
  mer__gelu_backward(dx, ones, x, N);
  for (int i = 0; i < N; i++) {
    double v = x[i], p = exact_cdf(v);
    assert_near(y[i], v * p, 2e-7 * fmax(1, fabs(v)));
    assert_near(dx[i], p + v * exp(-0.5 * v * v) * 0.3989422804014327, 4e-7);
  }
  mer__gelu_forward(x, x, N);
  assert_memory_equal(x, y, sizeof x);
}

static void relu_keeps_positive_numbers_and_nan(void **state) {
  (void)state;
  float x[] = {-1, 0, 2, NAN, -INFINITY, INFINITY}, dy[] = {1, 2, 3, 4, 5, 6};
  mer__relu_forward(x, x, 6);
  assert_true(x[0] == 0 && x[1] == 0 && x[2] == 2 && isnan(x[3]) && x[4] == 0 && isinf(x[5]));
  mer__relu_backward(dy, dy, x, 6);
  assert_true(dy[0] == 0 && dy[1] == 0 && dy[2] == 3 && dy[4] == 0 && dy[5] == 6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exp_is_precise),
      cmocka_unit_test(exp_has_its_limits),
      cmocka_unit_test(erfc_is_precise),
      cmocka_unit_test(gelu_is_precise),
      cmocka_unit_test(relu_keeps_positive_numbers_and_nan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
