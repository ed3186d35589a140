/* test_spectrum.c: decibels, mel bands, cosines and windowing against their formulas in double
 * precision. */
#include "base/alloc.h"
#include "speech/spectrum.h"
#include "test_support.h"

static const double PI = 3.14159265358979323846;

enum { L = MER__LANES };

static void decibels_are_accurate(void **state) {
  (void)state;
  enum { N = 1000 };
  float x[N], y[N];
  for (int i = 0; i < N; i++) x[i] = y[i] = (float)pow(10, -12 + 50.0 * i / N);
  y[0] = x[0] = 0;
  mer__decibel(y, N, -INFINITY);
  for (int i = 0; i < N; i++) {
    double expected = 10 * log10(fmax(x[i], 1e-10));
    assert_near(y[i], expected, 2e-7 * fabs(expected) + 1e-6);
  }
  for (int i = 0; i < N; i++) y[i] = (float)(0.7 + i * 7e-4);
  mer__decibel(y, N, -0.5f);
  for (int i = 0; i < N; i++)
    assert_near(y[i], fmax(-0.5, 10 * log10((double)(float)(0.7 + i * 7e-4))), 1e-6);
}

/* NaN of either sign and infinity are the largest number. */
static void what_is_not_finite_is_the_largest(void **state) {
  (void)state;
  float y[4] = {3.402823466e38f, INFINITY, NAN, copysignf(NAN, -1)};
  mer__decibel(y, 4, -INFINITY);
  for (int i = 1; i < 4; i++) assert_near(y[i], y[0], 0);
  assert_near(y[0], 385.318, 1e-2);
}

/* Bands rise and fall between edges equidistant in mel; neighbours add up to 1 between their peaks.
 */
static void bands_are_triangles(void **state) {
  (void)state;
  mer__bank bank;
  mer_error err = {0};
  assert_ok(mer__bank_init(&bank, MER__BANK_HTK, 40, 512, 16000, &err));
  double sums[257] = {0};
  for (int m = 0; m < 40; m++)
    for (int k = 0; k < bank.bands[m].n; k++) {
      assert_true(bank.bands[m].weights[k] <= 1);
      sums[bank.bands[m].first + k] += bank.bands[m].weights[k];
    }
  for (int k = 4; k < 240; k++) assert_near(sums[k], 1, 1e-4);
  mer__bank_clear(&bank);
}

static void narrow_bands_are_empty(void **state) {
  (void)state;
  mer__bank bank;
  mer_error err = {0};
  int n_empty = 0;
  assert_ok(mer__bank_init(&bank, MER__BANK_HTK, 128, 400, 16000, &err));
  for (int m = 0; m < 128; m++) n_empty += bank.bands[m].n == 0;
  assert_int_equal(n_empty, 4); /* as in torchaudio 2.11 */
  mer__bank_clear(&bank);
}

static void cosines_are_applied(void **state) {
  (void)state;
  enum { ROWS = 9, BANDS = 11 };
  float *table = mer__malloc(mer__cosines_size(ROWS, BANDS), sizeof *table);
  float *x = mer__malloc(BANDS * L, sizeof *x), out[ROWS * (L + 1)];
  mer__cosines_fill(table, ROWS, BANDS);
  for (int i = 0; i < BANDS * L; i++) x[i] = sinf((float)(i * i));
  for (int i = 0; i < ROWS * (L + 1); i++) out[i] = 77;
  mer__cosines_apply(out, x, table, ROWS, BANDS, L + 1, L - 1);
  for (int c = 0; c < ROWS; c++)
    for (int l = 0; l <= L; l++) {
      double sum = 0;
      for (int m = 0; m < BANDS; m++) sum += x[m * L + l % L] * cos(PI / BANDS * (m + 0.5) * c);
      sum *= sqrt((c ? 2.0 : 1.0) / BANDS);
      assert_near(out[c * (L + 1) + l], l < L - 1 ? sum : 77, 1e-5);
    }
  mer__free(table);
  mer__free(x);
}

static void frames_are_windowed(void **state) {
  (void)state;
  enum { N = 10 };
  float window[N], samples[L * N], *out = mer__malloc(N * L, sizeof *out);
  const float *frames[L];
  mer__window_fill(window, N, 0.5);
  for (int i = 0; i < L * N; i++) samples[i] = (float)(i + 1);
  for (int l = 0; l < L; l++) frames[l] = samples + l * N;
  mer__frames_window(out, frames, window, N);
  for (int l = 0; l < L; l++)
    for (int i = 0; i < N; i++)
      assert_near(out[(i / 2 + i % 2 * N / 2) * L + l],
                  (l * N + i + 1) * 0.5 * (0.5 - 0.5 * cos(2 * PI * i / N)), 1e-5);
  mer__free(out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(decibels_are_accurate), cmocka_unit_test(what_is_not_finite_is_the_largest),
      cmocka_unit_test(bands_are_triangles),   cmocka_unit_test(narrow_bands_are_empty),
      cmocka_unit_test(cosines_are_applied),   cmocka_unit_test(frames_are_windowed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
