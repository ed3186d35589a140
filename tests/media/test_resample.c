/* test_resample.c: the resampler against the formula it implements, in whole and in pieces. */
#include "media/resample.h"
#include "test_support.h"

static const double PI = 3.14159265358979323846;

enum { N = 3000 };

static float sample(int i) { return i < 0 || i >= N ? 0 : sinf((float)(i * i % 61)); }

/* Output `o` of torchaudio's formula, in double precision, over all input. */
static double expected(int from, int to, int64_t o) {
  double least = from < to ? from : to, cutoff = 0.99 * least, sum = 0;
  for (int i = 0; i < N; i++) {
    double t = ((double)i / from - (double)o / to) * cutoff;
    if (fabs(t) >= 6) continue;
    double window = cos(t * PI / 12), sinc = t == 0 ? 1 : sin(PI * t) / (PI * t);
    sum += sample(i) * sinc * window * window * cutoff / from;
  }
  return sum;
}

static void check_rates(int from, int to, size_t piece) {
  mer__resampler resampler = {0};
  mer_error err = {0};
  float x[N];
  for (int i = 0; i < N; i++) x[i] = sample(i);
  assert_ok(mer__resampler_init(&resampler, from, to, &err));
  for (size_t at = 0; at < N; at += piece)
    assert_ok(mer__resampler_push(&resampler, x + at, at + piece < N ? piece : N - at, &err));
  assert_ok(mer__resampler_finish(&resampler, &err));
  int64_t n = ((int64_t)N * to + from - 1) / from;
  assert_int_equal(resampler.out.n, n);
  for (int64_t o = 0; o < n; o++) assert_near(resampler.out.data[o], expected(from, to, o), 2e-6);
  mer__resampler_clear(&resampler);
  mer__resampler_clear(&resampler);
}

static void formula_is_kept(void **state) {
  (void)state;
  const int rates[][2] = {{48000, 16000}, {44100, 16000}, {8000, 16000},  {16000, 11025},
                          {16001, 16000}, {96000, 1000},  {768000, 8000}, {100, 1000}};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
    check_rates(rates[i][0], rates[i][1], N);
    check_rates(rates[i][0], rates[i][1], 1);
    check_rates(rates[i][0], rates[i][1], 997);
  }
}

static void same_rate_copies(void **state) {
  (void)state;
  const float x[3] = {1, 2, 3};
  mer__resampler resampler = {0};
  mer_error err = {0};
  assert_ok(mer__resampler_init(&resampler, 16000, 16000, &err));
  assert_ok(mer__resampler_push(&resampler, x, 2, &err));
  assert_ok(mer__resampler_push(&resampler, x + 2, 1, &err));
  assert_ok(mer__resampler_finish(&resampler, &err));
  assert_int_equal(resampler.out.n, 3);
  assert_memory_equal(resampler.out.data, x, sizeof x);
  mer__resampler_clear(&resampler);
}

static void nothing_gives_nothing(void **state) {
  (void)state;
  mer__resampler resampler = {0};
  mer_error err = {0};
  assert_ok(mer__resampler_init(&resampler, 44100, 16000, &err));
  assert_ok(mer__resampler_finish(&resampler, &err));
  assert_int_equal(resampler.out.n, 0);
  mer__resampler_clear(&resampler);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(formula_is_kept),
                                     cmocka_unit_test(same_rate_copies),
                                     cmocka_unit_test(nothing_gives_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
