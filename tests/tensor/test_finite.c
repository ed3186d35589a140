/* test_finite.c: one value that is not a number is found at each place, at every level. */
#include "base/cpu.h"
#include "nn/levels.h"
#include "tensor/finite.h"
#include "test_support.h"

enum { N = 100 };

static void one_is_found_at_each_place(void) {
  const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
  float values[N];
  for (int i = 0; i < N; i++) values[i] = i % 2 ? 3.4028235e38f : -1e-45f;
  for (int n = 0; n <= N; n++) assert_true(mer__all_finite(values, n));
  for (int i = 0; i < N; i++) {
    const float good = values[i];
    values[i] = bad[i % 4];
    assert_false(mer__all_finite(values, N));
    assert_true(mer__all_finite(values, i));
    values[i] = good;
  }
}

static void all_levels_find_it(void **state) {
  (void)state;
  for (int level = MER__CPU_PLAIN; use_level(level); level++) one_is_found_at_each_place();
}

static void the_largest_numbers_are_no_measurements(void **state) {
  (void)state;
  float values[] = {1, -9.9e29f, 3};
  assert_true(mer__all_measured(values, 3));
  const float bad[] = {1e30f, -3.4028235e38f, NAN, -INFINITY};
  for (int i = 0; i < 4; i++) {
    values[2] = bad[i];
    assert_false(mer__all_measured(values, 3));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_levels_find_it),
                                     cmocka_unit_test(the_largest_numbers_are_no_measurements)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
