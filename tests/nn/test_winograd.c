/* test_winograd.c: convolutions of 3 x 3 with fewer products: results by the definition, for maps
 * of one pixel and more, whole squares or not, padded or not, at every level; of an image the same
 * bits whatever stands beside it and however many threads there are; gradients by the definition,
 * with the same bits for any number of threads. */
#include "nn/winograd.h"

#include <omp.h>

#include "nn/levels.h"
#include "nn/nn_support.h"
#include "nn/rounding_error.h"
#include "nn/winograd_squares.h"

typedef struct fixture {
  mer__winograd_conv conv;
  mer__map out;
  float *x, *w, *y, *weights, *scratch;
} fixture;

static fixture *open_conv(int64_t channels, int64_t out, int64_t padding, mer__map in) {
  fixture *f = calloc(1, sizeof *f);
  f->conv = (mer__winograd_conv){.in = in, .channels = channels, .out = out, .padding = padding};
  f->out = mer__window2d_map((mer__window2d){3, 1, padding}, in);
  f->x = normal(mer__map_pixels(in) * channels, 1);
  f->w = normal(9 * channels * out, 2);
  f->y = normal(mer__map_pixels(f->out) * out, 3);
  f->weights = normal(mer__winograd_size(channels, out), 4);
  f->scratch = normal(mer__winograd_scratch(channels, out), 5);
  assert_true(mer__winograd_fits(channels, out));
  mer__winograd_weights(f->weights, f->w, channels, out);
  f->conv.weights = f->weights;
  return f;
}

static void close_conv(fixture *f) {
  free(f->x);
  free(f->w);
  free(f->y);
  free(f->weights);
  free(f->scratch);
  free(f);
}

/* Channel o of the pixel number i of the result, by the definition. */
static double expected(const fixture *f, int64_t i, int64_t o) {
  const mer__map in = f->conv.in;
  const int64_t image = i / (f->out.height * f->out.width), channels = f->conv.channels;
  double sum = 0;
  for (int64_t k = 0; k < 9; k++) {
    const int64_t row = i / f->out.width % f->out.height - f->conv.padding + k / 3;
    const int64_t column = i % f->out.width - f->conv.padding + k % 3;
    if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
    const float *x = f->x + ((image * in.height + row) * in.width + column) * channels;
    for (int64_t c = 0; c < channels; c++) sum += (double)x[c] * f->w[(o * 9 + k) * channels + c];
  }
  return sum;
}

static void check_result(int64_t channels, int64_t out, int64_t padding, mer__map in,
                         int64_t every) {
  fixture *f = open_conv(channels, out, padding, in);
  const double tolerance = ROUNDING_DEVIATIONS * winograd_deviation((double)channels);
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    fill_normal(f->y, mer__map_pixels(f->out) * out, 3);
    mer__winograd_forward(f->y, f->x, &f->conv, f->scratch);
    for (int64_t i = 0; i < mer__map_pixels(f->out) * out; i += every)
      assert_near(f->y[i], expected(f, i / out, i % out), tolerance);
  }
  close_conv(f);
}

static void result_is_that_of_the_definition(void **state) {
  (void)state;
  check_result(16, 16, 1, (mer__map){1, 8, 8}, 1);
  check_result(16, 32, 1, (mer__map){3, 9, 11}, 1);
  check_result(48, 16, 0, (mer__map){2, 10, 7}, 1);
  check_result(32, 48, 2, (mer__map){2, 5, 6}, 1);
  check_result(16, 16, 1, (mer__map){2, 1, 13}, 1); /* one row */
  check_result(16, 16, 1, (mer__map){2, 13, 1}, 1); /* one column */
  check_result(16, 16, 1, (mer__map){1, 1, 1}, 1);
  check_result(16, 16, 0, (mer__map){1, 3, 3}, 1);
  check_result(64, 64, 1, (mer__map){1, 56, 55}, 97);   /* more than one chunk for each thread */
  check_result(256, 256, 1, (mer__map){1, 14, 14}, 61); /* few squares */
  check_result(512, 16, 1, (mer__map){1, 9, 9}, 7);
}

static void a_map_without_a_square_gives_nothing(void **state) {
  (void)state;
  fixture *f = open_conv(16, 16, 0, (mer__map){2, 2, 9});
  float before[9 * 16 * 16], dw[9 * 16 * 16];
  fill_normal(dw, 9 * 16 * 16, 6);
  memcpy(before, dw, sizeof dw);
  assert_int_equal(mer__map_pixels(f->out), 0);
  mer__winograd_forward(f->y, f->x, &f->conv, f->scratch);
  mer__winograd_weight_gradient(dw, f->y, f->x, &f->conv, f->scratch);
  assert_memory_equal(dw, before, sizeof dw);
  close_conv(f);
}

static void finish_follows(void **state) {
  (void)state;
  enum { IN = 32, OUT = 16, N = 2 * 9 * 10 * OUT };
  fixture *f = open_conv(IN, OUT, 1, (mer__map){2, 9, 10});
  float *scale = normal(OUT, 6), *shift = normal(OUT, 7), *residual = normal(N, 8);
  const mer__channel_finish finish = {scale, shift, residual, true};
  f->conv.finish = &finish;
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    fill_normal(f->y, N, 3);
    mer__winograd_forward(f->y, f->x, &f->conv, f->scratch);
    for (int64_t i = 0; i < N; i++) {
      const double factor = scale[i % OUT], sum = expected(f, i / OUT, i % OUT) * factor;
      assert_near(f->y[i], fmax(sum + shift[i % OUT] + residual[i], 0),
                  ROUNDING_DEVIATIONS * (winograd_deviation(IN) * fabs(factor) +
                                         3 * ROUNDING_UNIT * (fabs(sum) + 10)));
    }
  }
  free(scale);
  free(shift);
  free(residual);
  close_conv(f);
}

/* Of n images the one number i has the bits that it has alone, for each number of threads. */
static void check_alone(int64_t channels, int64_t out, mer__map in) {
  enum { MOST = 4 }; /* threads, however many processors there are */
  const int before = omp_get_max_threads();
  omp_set_num_threads(MOST); /* there is scratch for each */
  fixture *f = open_conv(channels, out, 1, in);
  const int64_t size = in.height * in.width, n = size * out;
  float *alone = normal(n, 9);
  mer__winograd_conv one = f->conv;
  one.in.n = 1;
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int n_threads = 1; n_threads <= MOST; n_threads++) {
      memset(f->y, 0xff,
             (size_t)(in.n * n) * sizeof *f->y); /* not a number where nothing is written */
      omp_set_num_threads(n_threads);
      mer__winograd_forward(f->y, f->x, &f->conv, f->scratch);
      for (int64_t i = 0; i < in.n; i++) {
        omp_set_num_threads((int)(i % MOST) + 1);
        mer__winograd_forward(alone, f->x + i * size * channels, &one, f->scratch);
        assert_memory_equal(alone, f->y + i * n, (size_t)n * sizeof *alone);
      }
    }
  omp_set_num_threads(before);
  free(alone);
  close_conv(f);
}

static void an_image_has_the_same_bits_alone(void **state) {
  (void)state;
  check_alone(16, 16, (mer__map){7, 9, 10});
  check_alone(64, 64, (mer__map){3, 27, 30});
  check_alone(512, 128, (mer__map){5, 13, 14});
}

/* Weight number k of row o and channel c has this gradient, by the definition. */
static double expected_gradient(const fixture *f, const float *dy, int64_t o, int64_t k,
                                int64_t c) {
  const mer__map in = f->conv.in;
  double sum = 0;
  for (int64_t i = 0; i < mer__map_pixels(f->out); i++) {
    const int64_t image = i / (f->out.height * f->out.width);
    const int64_t row = i / f->out.width % f->out.height - f->conv.padding + k / 3;
    const int64_t column = i % f->out.width - f->conv.padding + k % 3;
    if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
    sum += (double)dy[i * f->conv.out + o] *
           f->x[((image * in.height + row) * in.width + column) * f->conv.channels + c];
  }
  return sum;
}

/* The gradients of some weights, added to what is there. */
static void check_weight_gradient(int64_t channels, int64_t out, int64_t padding, mer__map in,
                                  int64_t every) {
  enum { MOST = 4 }; /* threads */
  const int before = omp_get_max_threads();
  omp_set_num_threads(MOST); /* there is scratch for each */
  fixture *f = open_conv(channels, out, padding, in);
  const int64_t n = 9 * channels * out, n_squares = mer__map_pixels(mer__squares_of(f->out));
  const double tolerance = ROUNDING_DEVIATIONS * winograd_gradient_deviation((double)n_squares);
  float *dw = malloc((size_t)n * sizeof *dw), *again = malloc((size_t)n * sizeof *again);
  float *scratch = normal(mer__winograd_gradient_scratch(&f->conv), 6);
  const float *dy = f->y;
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int n_threads = 1; n_threads <= MOST; n_threads++) {
      float *to = n_threads == 1 ? dw : again;
      omp_set_num_threads(n_threads);
      fill_normal(to, n, 7);
      mer__winograd_weight_gradient(to, dy, f->x, &f->conv, scratch);
      if (n_threads > 1) assert_memory_equal(again, dw, (size_t)n * sizeof *dw);
      else
        for (int64_t i = 0; i < n; i += every) {
          fill_normal(again, n, 7);
          const int64_t o = i / channels / 9, k = i / channels % 9, c = i % channels;
          assert_near(dw[i], again[i] + expected_gradient(f, dy, o, k, c), tolerance);
        }
    }
  omp_set_num_threads(before);
  free(dw);
  free(again);
  free(scratch);
  close_conv(f);
}

static void weights_have_the_gradient_of_the_definition(void **state) {
  (void)state;
  check_weight_gradient(16, 16, 1, (mer__map){1, 8, 8}, 1);
  check_weight_gradient(32, 48, 1, (mer__map){3, 9, 11}, 61);
  check_weight_gradient(48, 16, 0, (mer__map){2, 10, 7}, 59);
  check_weight_gradient(16, 32, 2, (mer__map){2, 5, 6}, 53);
  check_weight_gradient(16, 16, 1, (mer__map){2, 1, 13}, 47);    /* one row */
  check_weight_gradient(64, 32, 1, (mer__map){11, 28, 27}, 997); /* more than one chunk */
}

/* x of a convolution has the gradient that the one with turned weights makes of dy. */
static void check_input_gradient(int64_t channels, int64_t out, int64_t padding, mer__map in,
                                 int64_t every) {
  fixture *f = open_conv(channels, out, padding, in);
  float *dx = normal(mer__map_pixels(in) * channels, 6);
  float *weights = normal(mer__winograd_size(out, channels), 7);
  float *scratch = normal(mer__winograd_scratch(out, channels), 8);
  const mer__winograd_conv back = {f->out, out, channels, 2 - padding, weights, NULL};
  const double tolerance = ROUNDING_DEVIATIONS * winograd_deviation((double)out);
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    mer__winograd_turned_weights(weights, f->w, out, channels);
    mer__winograd_forward(dx, f->y, &back, scratch);
    for (int64_t i = 0; i < mer__map_pixels(in) * channels; i += every) {
      const int64_t pixel = i / channels, c = i % channels;
      const int64_t image = pixel / (in.height * in.width);
      const int64_t row = pixel / in.width % in.height, column = pixel % in.width;
      double sum = 0;
      for (int64_t k = 0; k < 9; k++) {
        const int64_t v = row + padding - k / 3, u = column + padding - k % 3;
        if (v < 0 || v >= f->out.height || u < 0 || u >= f->out.width) continue;
        const float *dy = f->y + ((image * f->out.height + v) * f->out.width + u) * out;
        for (int64_t o = 0; o < out; o++) sum += (double)dy[o] * f->w[(o * 9 + k) * channels + c];
      }
      assert_near(dx[i], sum, tolerance);
    }
  }
  free(dx);
  free(weights);
  free(scratch);
  close_conv(f);
}

static void turned_weights_make_the_gradient_of_x(void **state) {
  (void)state;
  check_input_gradient(16, 32, 1, (mer__map){2, 8, 9}, 1);
  check_input_gradient(48, 16, 0, (mer__map){2, 10, 7}, 3);
  check_input_gradient(16, 16, 2, (mer__map){2, 5, 6}, 1);
  check_input_gradient(256, 64, 1, (mer__map){5, 6, 6}, 61);
}

static void maps_of_many_whole_squares_train_so(void **state) {
  (void)state;
  assert_true(mer__winograd_trains((mer__map){64, 6, 6}, 256, 256, 1));
  assert_true(mer__winograd_trains((mer__map){64, 3, 3}, 512, 512, 1));
  assert_true(mer__winograd_trains((mer__map){1, 48, 48}, 16, 32, 0));
  assert_false(mer__winograd_trains((mer__map){4, 6, 6}, 256, 256, 1));  /* few squares */
  assert_false(mer__winograd_trains((mer__map){64, 2, 2}, 256, 256, 1)); /* few pixels in each */
  assert_true(mer__winograd_trains((mer__map){64, 5, 5}, 16, 16, 1));    /* .64 of the products */
  assert_false(mer__winograd_trains((mer__map){64, 6, 6}, 24, 256, 1));
  assert_false(mer__winograd_trains((mer__map){64, 6, 6}, 528, 256, 1));
  assert_false(mer__winograd_trains((mer__map){64, 6, 6}, 256, 528, 1));
  assert_false(mer__winograd_trains((mer__map){64, 6, 6}, 256, 24, 1));
  assert_false(mer__winograd_trains((mer__map){64, 6, 6}, 256, 256, 3));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(result_is_that_of_the_definition),
      cmocka_unit_test(a_map_without_a_square_gives_nothing),
      cmocka_unit_test(finish_follows),
      cmocka_unit_test(an_image_has_the_same_bits_alone),
      cmocka_unit_test(weights_have_the_gradient_of_the_definition),
      cmocka_unit_test(turned_weights_make_the_gradient_of_x),
      cmocka_unit_test(maps_of_many_whole_squares_train_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
