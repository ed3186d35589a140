/* test_int8_conv.c: convolutions over images with int8 weights against exact integer sums, at every
 * level of the processor; what threads, other images and panels must not change; what is not finite
 * stays in its image. */
#include "nn/int8_conv.h"

#include <omp.h>

#include "nn/levels.h"
#include "nn/nn_support.h"

enum { IMAGES = 3, OUT = 37 };

typedef struct fixture {
  mer__int8_conv conv;
  mer__map out;
  mer__int8_matrix weight;
  float *weights, *x, *y;
  int8_t *values;
  float scales[OUT];
  void *scratch;
  int64_t of_image, n_y; /* values of an image of x; of y */
} fixture;

/* Whole numbers, of which each image has the least and the most, so that its scale is 1 and it is
 * not rounded; weights are whole numbers of which each row has the largest. */
static void fill_whole(fixture *f, int64_t least, int64_t most) {
  mer__rng rng = {.seed = 3, .stream = 1};
  const int64_t k = f->weight.columns;
  for (int64_t i = 0; i < IMAGES * f->of_image; i++)
    f->x[i] = (float)(least + (int64_t)mer__rng_below(&rng, (uint32_t)(most - least + 1)));
  for (int64_t i = 0; i < IMAGES; i++) {
    f->x[i * f->of_image] = (float)most;
    f->x[(i + 1) * f->of_image - 1] = (float)least;
  }
  for (int64_t i = 0; i < OUT * k; i++)
    f->weights[i] = (float)((int64_t)mer__rng_below(&rng, 255) - 127);
  for (int64_t o = 0; o < OUT; o++) f->weights[o * k + o % k] = 127;
}

static fixture *open_conv(int64_t channels, mer__window2d window, int64_t height, int64_t width,
                          bool reduced) {
  fixture *f = calloc(1, sizeof *f);
  const int64_t k = window.kernel * window.kernel * channels;
  const mer__map in = {IMAGES, height, width};
  f->of_image = height * width * channels;
  f->out = mer__window2d_map(window, in);
  f->n_y = mer__map_pixels(f->out) * OUT;
  f->weights = malloc((size_t)(OUT * k) * sizeof *f->weights);
  f->x = malloc((size_t)(IMAGES * f->of_image) * sizeof *f->x);
  f->y = malloc((size_t)f->n_y * sizeof *f->y);
  f->values = malloc((size_t)mer__int8_panel_bytes(OUT, k));
  f->weight = (mer__int8_matrix){f->values, f->scales, OUT, k, reduced};
  f->conv = (mer__int8_conv){in, channels, window, &f->weight, NULL, NULL};
  f->scratch = malloc((size_t)mer__int8_conv_scratch(in, channels, window));
  fill_whole(f, reduced ? -50 : -105, 150);
  assert_true((reduced ? mer__int8_quantize_reduced : mer__int8_quantize_panels)(
      f->values, f->scales, f->weights, OUT, k));
  return f;
}

static void close_conv(fixture *f) {
  free(f->weights);
  free(f->x);
  free(f->y);
  free(f->values);
  free(f->scratch);
  free(f);
}

static void run(fixture *f) {
  memset(f->y, 1, (size_t)f->n_y * sizeof *f->y);
  mer__int8_conv_forward(f->y, f->x, &f->conv, f->scratch);
}

/* The number that weight [o, j] was rounded to. */
static int64_t rounded(const fixture *f, int64_t o, int64_t j) {
  const int64_t panel = mer__int8_panel_bytes(1, f->weight.columns);
  return f->values[o / 16 * panel + (1 + j / 4) * 64 + o % 16 * 4 + j % 4];
}

/* Channel o of pixel number i of the result. */
static float expected(const fixture *f, int64_t i, int64_t o) {
  const mer__window2d w = f->conv.window;
  const int64_t c = f->conv.channels, height = f->conv.in.height, width = f->conv.in.width;
  const int64_t row = i / f->out.width, image = row / f->out.height;
  int64_t sum = 0;
  for (int64_t k = 0; k < w.kernel * w.kernel; k++) {
    const int64_t y = row % f->out.height * w.stride - w.padding + k / w.kernel;
    const int64_t x = i % f->out.width * w.stride - w.padding + k % w.kernel;
    if (y < 0 || y >= height || x < 0 || x >= width) continue;
    const float *pixel = f->x + ((image * height + y) * width + x) * c;
    for (int64_t j = 0; j < c; j++) sum += (int64_t)pixel[j] * rounded(f, o, k * c + j);
  }
  return (float)sum * f->scales[o];
}

static void check_sums(int64_t channels, mer__window2d window, int64_t height, int64_t width) {
  for (int reduced = 0; reduced < 2; reduced++) {
    fixture *f = open_conv(channels, window, height, width, reduced);
    for (int level = MER__CPU_PLAIN; use_level(level); level++) {
      run(f);
      for (int64_t i = 0; i < f->n_y; i += 7)
        if (f->y[i] != expected(f, i / OUT, i % OUT))
          fail_msg("%d channels, pixel %d, output %d: %.9g, expected %.9g", (int)channels,
                   (int)(i / OUT), (int)(i % OUT), (double)f->y[i],
                   (double)expected(f, i / OUT, i % OUT));
    }
    close_conv(f);
  }
}

/* Channels that fill steps of each kernel, and that do not. */
static void sums_are_exact(void **state) {
  (void)state;
  check_sums(3, (mer__window2d){7, 2, 3}, 23, 18);
  check_sums(5, (mer__window2d){3, 1, 1}, 4, 7);
  check_sums(16, (mer__window2d){1, 2, 0}, 9, 8);
  check_sums(64, (mer__window2d){3, 1, 1}, 7, 9);
  check_sums(64, (mer__window2d){3, 2, 1}, 14, 13);
  check_sums(64, (mer__window2d){1, 2, 0}, 13, 14);
  check_sums(160, (mer__window2d){3, 2, 1}, 5, 3);
  check_sums(17, (mer__window2d){2, 2, 0}, 6, 6);
}

static void threads_and_other_images_do_not_matter(void **state) {
  (void)state;
  fixture *f = open_conv(24, (mer__window2d){3, 1, 1}, 19, 17, false);
  const int n_threads = omp_get_max_threads();
  float *y = malloc((size_t)f->n_y * sizeof *y);
  fill_normal(f->x, IMAGES * f->of_image, 2);
  for (int64_t i = 0; i < f->of_image; i++) f->x[i] *= 50; /* another scale */
  omp_set_num_threads(1);
  assert_true(use_level(MER__CPU_PLAIN));
  run(f);
  memcpy(y, f->y, (size_t)f->n_y * sizeof *y);
  mer__cpu_limit(MER__CPU_N_LEVELS - 1);
  for (int n = 1; n <= 7; n++) {
    omp_set_num_threads(n);
    f->scratch = realloc(
        f->scratch, (size_t)mer__int8_conv_scratch(f->conv.in, f->conv.channels, f->conv.window));
    run(f);
    assert_memory_equal(f->y, y, (size_t)f->n_y * sizeof *y);
  }
  omp_set_num_threads(n_threads);
  mer__int8_conv one = f->conv;
  one.in.n = 1;
  for (int64_t i = 0; i < IMAGES; i++) {
    mer__int8_conv_forward(f->y, f->x + i * f->of_image, &one, f->scratch);
    assert_memory_equal(f->y, y + i * f->n_y / IMAGES, (size_t)(f->n_y / IMAGES) * sizeof *y);
  }
  free(y);
  close_conv(f);
}

/* Scale, shift, residual and ReLU, which are those of nn/scale_shift.h, of all parts of a row. */
static void the_finish_is_that_of_whole_rows(void **state) {
  (void)state;
  fixture *f = open_conv(64, (mer__window2d){3, 1, 1}, 11, 8, false);
  float *y = malloc((size_t)f->n_y * sizeof *y), *residual = normal(f->n_y, 4);
  float scale[OUT], shift[OUT];
  fill_normal(scale, OUT, 5);
  fill_normal(shift, OUT, 6);
  const mer__channel_finish finish = {scale, shift, residual, true};
  run(f);
  memcpy(y, f->y, (size_t)f->n_y * sizeof *y);
  mer__channel_finish_rows(y, &finish, 0, mer__map_pixels(f->out), OUT, OUT);
  f->conv.finish = &finish;
  run(f);
  assert_true(relative_error(f->y, y, (size_t)f->n_y) <= 1e-6);
  free(y);
  free(residual);
  close_conv(f);
}

static void strange_values_stay_in_their_images(void **state) {
  (void)state;
  fixture *f = open_conv(6, (mer__window2d){3, 1, 1}, 8, 9, false);
  f->x[17] = NAN;
  f->x[2 * f->of_image - 1] = INFINITY;
  for (int64_t i = 0; i < f->of_image; i++) f->x[2 * f->of_image + i] = 0;
  run(f);
  for (int64_t i = 0; i < f->n_y; i++)
    assert_true(i < f->n_y / IMAGES * 2 ? isnan(f->y[i]) : f->y[i] == 0);
  close_conv(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sums_are_exact),
                                     cmocka_unit_test(threads_and_other_images_do_not_matter),
                                     cmocka_unit_test(the_finish_is_that_of_whole_rows),
                                     cmocka_unit_test(strange_values_stay_in_their_images)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
