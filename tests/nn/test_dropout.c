/* test_dropout.c: the mask: its definition by Philox, its rate and scale, its independence of
 * offsets, threads and streams. */
#include "nn/dropout.h"

#include <omp.h>

#include "nn/nn_support.h"

enum { N = 200001 };
static float x[N], y[N], z[N];

static const mer__dropout TENTH = {.rate = 0.1f, .seed = 0x123456789ABCDEF0, .stream = 1ull << 40};

static void mask_is_that_of_philox(void **state) {
  (void)state;
  mer__dropout_factors(y, 0, N, &TENTH);
  for (uint64_t i = 0; i < N; i++) {
    uint32_t words[4];
    mer__philox(words, TENTH.seed, TENTH.stream, 8 * (i / 64) + i % 8);
    uint32_t word = words[i % 64 / 16], bits = i / 8 % 2 ? word >> 16 : word & 0xFFFF;
    assert_near(y[i], bits >= 6554 ? 65536.0 / (65536 - 6554) : 0, 1e-7);
  }
}

static void rate_and_scale_are_right(void **state) {
  (void)state;
  const float rates[] = {0.01f, 0.1f, 0.2f, 0.5f, 0.9f};
  for (uint64_t r = 0; r < 5; r++) {
    const mer__dropout d = {.rate = rates[r], .seed = 3, .stream = r};
    int64_t n_dropped = 0;
    mer__dropout_factors(y, 0, N, &d);
    for (int i = 0; i < N; i++) {
      n_dropped += y[i] == 0;
      assert_true(y[i] == 0 || fabsf(y[i] * (1 - rates[r]) - 1) < 2e-4f);
    }
    double deviation = sqrt((double)rates[r] * (1 - (double)rates[r]) / N);
    assert_near((double)n_dropped / N, rates[r], 4 * deviation);
  }
}

static void offsets_do_not_matter(void **state) {
  (void)state;
  mer__dropout_factors(y, 0, 1000, &TENTH);
  for (int first = 0; first < 200; first++) {
    mer__dropout_factors(z, first, first * 2 + 1, &TENTH);
    assert_memory_equal(z, y + first, (size_t)(first * 2 + 1) * sizeof *z);
  }
}

static void streams_and_seeds_differ(void **state) {
  (void)state;
  mer__dropout other = {.rate = 0.5f, .seed = 1, .stream = 2}, same = other;
  mer__dropout_factors(y, 0, 256, &other);
  other.stream++;
  mer__dropout_factors(z, 0, 256, &other);
  assert_memory_not_equal(y, z, 256 * sizeof *y);
  other = same;
  other.seed++;
  mer__dropout_factors(z, 0, 256, &other);
  assert_memory_not_equal(y, z, 256 * sizeof *y);
}

static void apply_and_add_use_the_factors(void **state) {
  (void)state;
  static float factors[N];
  fill_normal(x, N, 1);
  mer__dropout_factors(factors, 0, N, &TENTH);
  mer__dropout_apply(y, x, N, &TENTH);
  for (int i = 0; i < N; i++) assert_true(y[i] == x[i] * factors[i]);
  fill_normal(z, N, 2);
  memcpy(y, z, sizeof y);
  mer__dropout_add(y, x, y, N, &TENTH);
  for (int i = 0; i < N; i++) assert_near(y[i], z[i] + x[i] * factors[i], 1e-6);
}

static void rate_zero_is_the_identity(void **state) {
  (void)state;
  const mer__dropout none = {.rate = 0};
  fill_normal(x, N, 1);
  mer__dropout_apply(y, x, N, &none);
  assert_memory_equal(x, y, sizeof x);
  mer__dropout_add(z, x, y, N, &none);
  for (int i = 0; i < N; i++) assert_true(z[i] == 2 * x[i]);
}

static void threads_do_not_matter(void **state) {
  (void)state;
  const int n_threads = omp_get_max_threads();
  fill_normal(x, N, 1);
  omp_set_num_threads(1);
  mer__dropout_apply(y, x, N, &TENTH);
  omp_set_num_threads(3);
  mer__dropout_apply(z, x, N, &TENTH);
  omp_set_num_threads(n_threads);
  assert_memory_equal(y, z, sizeof y);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mask_is_that_of_philox),        cmocka_unit_test(rate_and_scale_are_right),
      cmocka_unit_test(offsets_do_not_matter),         cmocka_unit_test(streams_and_seeds_differ),
      cmocka_unit_test(apply_and_add_use_the_factors), cmocka_unit_test(rate_zero_is_the_identity),
      cmocka_unit_test(threads_do_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
