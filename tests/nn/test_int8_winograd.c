/* test_int8_winograd.c: convolutions of 3 x 3 bytes with fewer products have the bits of the plain
 * ones, at every level of the processor that has them: whole squares or not, padded or not, few
 * squares or many, any number of threads, and what is not finite. */
#include "nn/int8_winograd.h"

#include <omp.h>

#include "nn/int8_conv.h"
#include "nn/levels.h"
#include "nn/nn_support.h"

enum { MOST_THREADS = 4 };

typedef struct fixture {
  mer__int8_conv conv;
  mer__int8_matrix weight;
  int64_t n_x, n_y;
  float *x, *y, *expected, *weights, *scales;
  int8_t *values;
  int16_t *winograd;
  void *scratch;
} fixture;

/* The matrix of normally distributed weights, or of the largest there are. */
static void make_weight(fixture *f, int64_t out, bool reduced, bool largest) {
  const int64_t columns = 9 * f->conv.channels;
  f->weights = normal(out * columns, 2);
  for (int64_t i = 0; largest && i < out * columns; i++) f->weights[i] = 1;
  f->scales = malloc((size_t)out * sizeof *f->scales);
  f->values = malloc((size_t)mer__int8_panel_bytes(out, columns));
  f->weight = (mer__int8_matrix){f->values, f->scales, out, columns, reduced};
  assert_true((reduced ? mer__int8_quantize_reduced : mer__int8_quantize_panels)(
      f->values, f->scales, f->weights, out, columns));
}

static fixture *open_conv(int64_t channels, int64_t out, int64_t padding, mer__map in,
                          bool reduced) {
  fixture *f = calloc(1, sizeof *f);
  const mer__window2d window = {3, 1, padding};
  f->conv = (mer__int8_conv){.in = in, .channels = channels, .window = window};
  f->n_x = mer__map_pixels(in) * channels;
  f->n_y = mer__map_pixels(mer__window2d_map(window, in)) * out;
  f->x = normal(f->n_x, 1);
  f->y = normal(f->n_y, 3);
  f->expected = normal(f->n_y, 4);
  make_weight(f, out, reduced, false);
  f->conv.weight = &f->weight;
  f->winograd = malloc((size_t)mer__int8_winograd_size(channels, out) * sizeof *f->winograd);
  mer__int8_winograd_weights(f->winograd, &f->weight, channels);
  f->scratch = malloc((size_t)mer__int8_conv_scratch(in, channels, window));
  return f;
}

static void close_conv(fixture *f) {
  free(f->x);
  free(f->y);
  free(f->expected);
  free(f->weights);
  free(f->scales);
  free(f->values);
  free(f->winograd);
  free(f->scratch);
  free(f);
}

static void run(float *y, fixture *f, const int16_t *winograd) {
  memset(y, 1, (size_t)f->n_y * sizeof *y);
  f->conv.winograd = winograd;
  mer__int8_conv_forward(y, f->x, &f->conv, f->scratch);
}

/* The same bits as without, at each level and for each number of threads. */
static void check_bits(fixture *f) {
  assert_true(use_level(MER__CPU_PLAIN));
  run(f->expected, f, NULL);
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int n = 1; n <= MOST_THREADS; n++) {
      omp_set_num_threads(n);
      run(f->y, f, f->winograd);
      assert_memory_equal(f->y, f->expected, (size_t)f->n_y * sizeof *f->y);
    }
  omp_set_num_threads(MOST_THREADS);
}

static void check(int64_t channels, int64_t out, int64_t padding, mer__map in) {
  for (int reduced = 0; reduced < 2; reduced++) {
    fixture *f = open_conv(channels, out, padding, in, reduced);
    check_bits(f);
    close_conv(f);
  }
}

static void bits_are_those_of_the_plain_products(void **state) {
  (void)state;
  check(16, 16, 1, (mer__map){1, 8, 8});
  check(16, 32, 1, (mer__map){3, 9, 11});
  check(48, 16, 0, (mer__map){2, 10, 14});
  check(32, 48, 2, (mer__map){2, 8, 13});
  check(64, 64, 1, (mer__map){1, 56, 41});   /* more than one part for each thread */
  check(256, 256, 1, (mer__map){1, 14, 14}); /* few squares */
  check(512, 16, 1, (mer__map){2, 9, 9});
}

static void the_finish_follows(void **state) {
  (void)state;
  enum { OUT = 32 };
  fixture *f = open_conv(48, OUT, 1, (mer__map){2, 9, 10}, true);
  float *scale = normal(OUT, 6), *shift = normal(OUT, 7), *residual = normal(f->n_y, 8);
  const mer__channel_finish finish = {scale, shift, residual, true};
  f->conv.finish = &finish;
  check_bits(f);
  free(scale);
  free(shift);
  free(residual);
  close_conv(f);
}

static void an_image_that_is_not_finite_stays_by_itself(void **state) {
  (void)state;
  fixture *f = open_conv(16, 16, 1, (mer__map){3, 8, 8}, false);
  for (int64_t i = f->n_x / 3; i < f->n_x * 2 / 3; i++) f->x[i] = 0;
  f->x[17] = NAN;
  f->x[f->n_x - 1] = INFINITY;
  check_bits(f);
  assert_true(isnan(f->y[0]) && f->y[f->n_y / 2] == 0 && isnan(f->y[f->n_y - 1]));
  close_conv(f);
}

/* The largest weights and bytes whose sums are not too large; of one channel group more they are.
 */
static void sums_are_bounded(void **state) {
  (void)state;
  mer__cpu_limit(MER__CPU_N_LEVELS - 1);
  for (int64_t channels = 112; channels <= 128; channels += 16) {
    const int64_t largest = 9 * channels * 127 * 255;
    fixture *f = open_conv(channels, 16, 1, (mer__map){1, 8, 8}, false);
    free(f->weights);
    free(f->scales);
    free(f->values);
    make_weight(f, 16, false, true);
    for (int64_t i = 0; i < f->n_x; i++) f->x[i] = 1;
    mer__int8_winograd_weights(f->winograd, &f->weight, channels);
    assert_int_equal(mer__int8_winograd_fits(&f->weight, channels),
                     mer__int8_winograd_pays(f->conv.in) && largest < 1 << 25);
    if (largest < 1 << 25) check_bits(f);
    close_conv(f);
  }
}

static void what_does_not_fit_is_refused(void **state) {
  (void)state;
  mer__cpu_limit(MER__CPU_N_LEVELS - 1);
  fixture *f = open_conv(16, 16, 1, (mer__map){1, 8, 8}, true);
  const bool has = mer__int8_winograd_fits(&f->weight, 16);
  assert_int_equal(has, mer__int8_winograd_pays((mer__map){1, 8, 8}));
  assert_false(mer__int8_winograd_pays((mer__map){1, 7, 8}));
  f->weight.rows = 15;
  assert_false(mer__int8_winograd_fits(&f->weight, 16));
  mer__cpu_limit(MER__CPU_PLAIN);
  assert_false(mer__int8_winograd_pays((mer__map){1, 8, 8}));
  close_conv(f);
}

static int begin(void **state) {
  (void)state;
  omp_set_num_threads(MOST_THREADS); /* there is scratch for each */
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bits_are_those_of_the_plain_products),
      cmocka_unit_test(the_finish_follows),
      cmocka_unit_test(an_image_that_is_not_finite_stays_by_itself),
      cmocka_unit_test(sums_are_bounded),
      cmocka_unit_test(what_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, begin, NULL);
}
