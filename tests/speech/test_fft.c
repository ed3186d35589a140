/* test_fft.c: power spectra against the definition in double precision, for sizes of every radix.
 */
#include "base/alloc.h"
#include "speech/fft.h"
#include "test_support.h"

enum { L = MER__LANES };

static float sample(int lane, int i) { return sinf((float)(i * i % 97 + 13 * lane)) + 0.1f; }

/* The power of bin k of a lane's frame, relative to the frame's energy times its size. */
static double expected_power(int lane, int size, int k) {
  double re = 0, im = 0;
  for (int i = 0; i < size; i++) {
    double angle = 6.283185307179586 * (double)((long)i * k % size) / size;
    re += sample(lane, i) * cos(angle);
    im -= sample(lane, i) * sin(angle);
  }
  return re * re + im * im;
}

static void check_size(int size) {
  mer_error err = {0};
  mer__fft fft;
  assert_ok(mer__fft_init(&fft, size, &err));
  size_t half = (size_t)size / 2;
  float *work = mer__malloc(mer__fft_work_size(&fft), sizeof *work);
  float *power = mer__malloc((half + 1) * L, sizeof *power);
  double energy = 0;
  for (int i = 0; i < size; i++)
    for (int l = 0; l < L; l++) {
      work[((size_t)i / 2 + (size_t)(i % 2) * half) * L + (size_t)l] = 0.5f * sample(l, i);
      energy += sample(l, i) * sample(l, i) / L;
    }
  mer__fft_power(power, work, &fft);
  for (size_t k = 0; k <= half; k++)
    for (int l = 0; l < L; l++) {
      double difference = power[k * L + (size_t)l] - expected_power(l, size, (int)k);
      if (!(fabs(difference) < 1e-5 * energy * sqrt(size)))
        fail_msg("size %d, bin %zu, lane %d: off by %g", size, k, l, difference);
    }
  mer__free(work);
  mer__free(power);
  mer__fft_clear(&fft);
}

static void every_radix_is_right(void **state) {
  (void)state;
  const int sizes[] = {2,  4,   6,   8,   10,  12,  14,  16,  18,  20,  22,  26,  28,  30, 32,
                       64, 100, 120, 160, 200, 240, 256, 320, 362, 400, 480, 512, 514, 800};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) check_size(sizes[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_radix_is_right)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
