/* test_noisy_values.c: vectors and images get as much noise as was asked for, and what they are
 * made from stays as it is. */
#include "data/noisy_values.h"

#include "data/feature_values.h"
#include "image/packed_image.h"
#include "test_support.h"

enum { N = 4000, WIDTH = 3, SIDE = 64, PIXELS = SIDE * SIDE * 3 };

static const mer__image_processor processor = {
    .sizing = MER__IMAGE_KEEP, .height = SIDE, .width = SIDE};

static mer__white_noise noise_of(double snr_db, uint64_t seed) {
  return (mer__white_noise){.level = mer__noise_level(snr_db), .seed = seed};
}

static const mer__white_noise noise_alone = {.alone = true, .level = 1, .seed = 1};

static mer_features noisy_of(const mer_features *clean, bool images, mer__white_noise noise) {
  mer_features noisy;
  mer_error err = {0};
  assert_ok(mer__noisy_values_make(&noisy, clean, images, &noise, "", &err));
  return noisy;
}

static void put_row(mer_features *f, int64_t i, const float *values, int64_t n) {
  mer_error err = {0};
  f->states[i] = MER_CLIP_OK;
  f->values->ranges[i].n = n;
  assert_ok(mer__store_append(&f->values->ranges[i].at, &f->values->store, values, n, &err));
}

/* Values of two scales, and one that never changes. Every tenth row lacks them, every row after it
 * is at fault. */
static mer_features make_vectors(void) {
  mer_features f = {.width = WIDTH, .precomputed = true};
  mer_error err = {0};
  assert_ok(mer__features_begin(&f, N, "", &err));
  for (int i = 0; i < N; i++) {
    const float values[WIDTH] = {100 + (float)(i % 7), 1e-3f * (float)(i % 11), 5};
    if (i % 10 == 0) f.states[i] = MER_CLIP_NONE;
    else if (i % 10 == 1) f.states[i] = MER_CLIP_CORRUPT;
    else put_row(&f, i, values, WIDTH);
  }
  assert_ok(mer__features_end(&f, &err));
  return f;
}

/* Variance of the values in a column, and of what was added to them. */
static void measure(double *variance, double *added, const mer_features *clean,
                    const mer_features *noisy, int column) {
  double sum = 0, squares = 0, n = 0;
  *added = 0;
  for (int i = 0; i < N; i++) {
    const float *x = mer_features_row(clean, i, NULL), *y = mer_features_row(noisy, i, NULL);
    if (!x) continue;
    const double d = (double)y[column] - (double)x[column];
    sum += (double)x[column];
    squares += (double)x[column] * (double)x[column];
    *added += d * d;
    n++;
  }
  *variance = squares / n - sum / n * sum / n;
  *added /= n;
}

static void each_value_has_the_noise_asked_for(void **state) {
  (void)state;
  static const double asked[] = {20, 0, -5};
  mer_features clean = make_vectors();
  for (int k = 0; k < 3; k++) {
    mer_features noisy = noisy_of(&clean, false, noise_of(asked[k], 1));
    double variance, added;
    for (int j = 0; j < 2; j++) {
      measure(&variance, &added, &clean, &noisy, j);
      assert_near(10 * log10(variance / added), asked[k], 0.3);
    }
    measure(&variance, &added, &clean, &noisy, 2);
    assert_near(added, 0, 0);
    mer_features_clear(&noisy);
  }
  mer_features_clear(&clean);
}

static void noise_alone_says_nothing_of_the_values(void **state) {
  (void)state;
  mer_features clean = make_vectors();
  mer_features noisy = noisy_of(&clean, false, noise_alone);
  double mean[2] = {0}, both = 0, squares[2] = {0}, n = (double)clean.counts[MER_CLIP_OK];
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < N; i++) {
      const float *x = mer_features_row(&clean, i, NULL), *y = mer_features_row(&noisy, i, NULL);
      if (!x) continue;
      const double dx = (double)x[0] - mean[0], dy = (double)y[0] - mean[1];
      if (pass == 0) mean[0] += (double)x[0] / n, mean[1] += (double)y[0] / n;
      else both += dx * dy, squares[0] += dx * dx, squares[1] += dy * dy;
      if (pass == 1) assert_near(y[2], 5, 0);
    }
  mer_features_clear(&noisy);
  mer_features_clear(&clean);
  assert_near(both / sqrt(squares[0] * squares[1]), 0, 0.05);
  assert_near(squares[1] / squares[0], 1, 0.1);
}

static bool are_equal(const mer_features *a, const mer_features *b) {
  bool equal = true;
  for (int64_t i = 0; i < a->n_rows; i++) {
    int64_t n, m;
    const float *x = mer_features_row(a, i, &n), *y = mer_features_row(b, i, &m);
    equal = equal && !x == !y && n == m;
    equal = equal && (!x || memcmp(x, y, (size_t)n * sizeof *x) == 0);
  }
  return equal;
}

static void rows_stay_and_seeds_count(void **state) {
  (void)state;
  mer_features clean = make_vectors(), kept = make_vectors();
  mer_features first = noisy_of(&clean, false, noise_of(5, 1));
  mer_features again = noisy_of(&clean, false, noise_of(5, 1));
  mer_features other = noisy_of(&clean, false, noise_of(5, 2));
  assert_true(are_equal(&clean, &kept));
  assert_true(are_equal(&first, &again));
  assert_false(are_equal(&first, &other));
  assert_false(are_equal(&first, &clean));
  assert_memory_equal(first.states, clean.states, N);
  assert_memory_equal(first.counts, clean.counts, sizeof clean.counts);
  mer_features_clear(&clean);
  mer_features_clear(&kept);
  mer_features_clear(&first);
  mer_features_clear(&again);
  mer_features_clear(&other);
}

/* An image of two levels, behind those that are in `words`; the number of words then. */
static int64_t add_image(float *words, int64_t at, int dark, int light) {
  static uint8_t pixels[PIXELS];
  mer__floats packed = {0};
  mer_error err = {0};
  for (int i = 0; i < PIXELS; i++) pixels[i] = (uint8_t)(i / 5 % 2 ? light : dark);
  const mer__image image = {pixels, SIDE, SIDE};
  assert_ok(mer__image_pack(&packed, &processor, &image, "test", &err));
  memcpy(words + at, packed.data, packed.n * sizeof *words);
  at += (int64_t)packed.n;
  mer__floats_clear(&packed);
  return at;
}

/* Three rows: two images, none, and one in black and white. */
static mer_features make_images(void) {
  static float words[PIXELS];
  mer_features f = {0};
  mer_error err = {0};
  assert_ok(mer__features_begin(&f, 3, "", &err));
  put_row(&f, 0, words, add_image(words, add_image(words, 0, 118, 138), 90, 150));
  f.states[1] = MER_CLIP_MISSING;
  put_row(&f, 2, words, add_image(words, 0, 0, 255));
  assert_ok(mer__features_end(&f, &err));
  return f;
}

/* Values 0 to 255 of image `k` of a row, which must be whole. */
static void unpack(float *values, const mer_features *f, int64_t row, int k) {
  mer_error err = {0};
  int64_t n;
  const float *packed = mer_features_row(f, row, &n);
  for (; k > 0; k--) {
    const int64_t skipped = mer__packed_words(packed, n);
    packed += skipped;
    n -= skipped;
  }
  assert_ok(mer__image_unpack(values, &processor, packed, mer__packed_words(packed, n), &err));
}

static double snr_of(const mer_features *clean, const mer_features *noisy, int64_t row, int k) {
  static float x[PIXELS], y[PIXELS];
  double mean = 0, variance = 0, added = 0;
  unpack(x, clean, row, k);
  unpack(y, noisy, row, k);
  for (int i = 0; i < PIXELS; i++) mean += (double)x[i] / PIXELS;
  for (int i = 0; i < PIXELS; i++) {
    variance += ((double)x[i] - mean) * ((double)x[i] - mean);
    added += ((double)y[i] - (double)x[i]) * ((double)y[i] - (double)x[i]);
    assert_true(y[i] >= 0 && y[i] <= 255);
  }
  return 10 * log10(variance / added);
}

static void each_image_has_the_noise_asked_for(void **state) {
  (void)state;
  static const double asked[] = {10, 0};
  mer_features clean = make_images();
  for (int k = 0; k < 2; k++) {
    mer_features noisy = noisy_of(&clean, true, noise_of(asked[k], 1));
    assert_near(snr_of(&clean, &noisy, 0, 0), asked[k], 0.2);
    assert_near(snr_of(&clean, &noisy, 0, 1), asked[k], 0.2);
    /* Half of the noise would leave the range of a byte. */
    assert_true(snr_of(&clean, &noisy, 2, 0) > asked[k] + 2);
    assert_null(mer_features_row(&noisy, 1, NULL));
    assert_int_equal(noisy.states[1], MER_CLIP_MISSING);
    mer_features_clear(&noisy);
  }
  mer_features_clear(&clean);
}

static void noise_alone_has_the_mean_of_the_image(void **state) {
  (void)state;
  static float x[PIXELS], y[PIXELS];
  mer_features clean = make_images();
  mer_features noisy = noisy_of(&clean, true, noise_alone);
  double mean = 0, variance = 0, both = 0;
  unpack(x, &clean, 0, 1);
  unpack(y, &noisy, 0, 1);
  for (int i = 0; i < PIXELS; i++) mean += (double)y[i] / PIXELS;
  for (int i = 0; i < PIXELS; i++) {
    variance += ((double)y[i] - mean) * ((double)y[i] - mean) / PIXELS;
    both += ((double)x[i] - 120) * ((double)y[i] - mean) / PIXELS;
  }
  assert_near(mean, 120, 1);
  assert_near(sqrt(variance), 30, 1);
  assert_near(both / (30 * 30), 0, 0.05);
  mer_features_clear(&noisy);
  mer_features_clear(&clean);
}

/* What lies in a cache may be anything. */
static void what_is_no_image_stays(void **state) {
  (void)state;
  static const float words[4] = {1, 2, 3, 4};
  mer_features f = {0};
  mer_error err = {0};
  assert_ok(mer__features_begin(&f, 1, "", &err));
  put_row(&f, 0, words, 4);
  assert_ok(mer__features_end(&f, &err));
  mer_features noisy = noisy_of(&f, true, noise_of(0, 1));
  assert_true(are_equal(&f, &noisy));
  mer_features_clear(&noisy);
  mer_features_clear(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_value_has_the_noise_asked_for),
      cmocka_unit_test(noise_alone_says_nothing_of_the_values),
      cmocka_unit_test(rows_stay_and_seeds_count),
      cmocka_unit_test(each_image_has_the_noise_asked_for),
      cmocka_unit_test(noise_alone_has_the_mean_of_the_image),
      cmocka_unit_test(what_is_no_image_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
