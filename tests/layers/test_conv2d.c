/* test_conv2d.c: convolutions over images: results by the definition for maps of more rows than are
 * worked on at a time and of fewer than threads share, in f32 and rounded to bfloat16, within a
 * parallel region; gradients by finite differences; the same bits by any number of threads; which
 * way is taken; the order of the weight in files. */
#include <omp.h>

#include "layers/conv2d_ways.h"
#include "layers/weights.h"
#include "nn/int8_winograd.h"
#include "nn/levels.h"
#include "nn/nn_support.h"
#include "nn/rounding_error.h"
#include "nn/winograd.h"

typedef struct fixture {
  mer__params params;
  mer__conv2d conv;
  mer__map in, out;
  float *x, *y, *scratch;
} fixture;

/* As a prediction computes, and as trainings do. */
static const mer__compute in_f32 = {.products = MER__PRODUCT_F32},
                          in_bf16 = {.products = MER__PRODUCT_BF16};
static const mer__compute *const computes[] = {NULL, &in_f32, &in_bf16};
enum { N_COMPUTES = sizeof computes / sizeof computes[0] };

/* Room for any of them, at any level. */
static int64_t most_scratch(const fixture *f) {
  int64_t most = 0;
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int i = 0; i < N_COMPUTES; i++) {
      const mer__pass pass = {.params = &f->params, .compute = computes[i]};
      const int64_t forward = mer__conv2d_scratch(&f->conv, f->in, &pass);
      const int64_t backward = mer__conv2d_backward_scratch(&f->conv, f->in, &pass);
      if (forward > most) most = forward;
      if (backward > most) most = backward;
    }
  return most;
}

static fixture *open_conv(int64_t in, int64_t out, mer__window2d window, mer__map map) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->conv = (mer__conv2d){.in = in, .out = out, .window = window};
  assert_ok(mer__conv2d_declare(&f->conv, &f->params, "conv", &err));
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  fill_normal(f->params.values, f->params.size, 1);
  f->in = map;
  f->out = mer__window2d_map(window, map);
  f->x = normal(mer__map_pixels(map) * in, 2);
  f->y = normal(mer__map_pixels(f->out) * out, 3);
  f->scratch = normal(most_scratch(f), 4);
  return f;
}

static void close_conv(fixture *f) {
  mer__params_clear(&f->params);
  free(f->x);
  free(f->y);
  free(f->scratch);
  free(f);
}

/* Channel o of the pixel number i of the result, by the definition. */
static double expected(const fixture *f, int64_t i, int64_t o) {
  const int64_t kernel = f->conv.window.kernel, in = f->conv.in;
  const int64_t image = i / (f->out.height * f->out.width);
  const int64_t v = i / f->out.width % f->out.height, u = i % f->out.width;
  double sum = 0;
  for (int64_t k = 0; k < kernel * kernel; k++) {
    const int64_t row = v * f->conv.window.stride - f->conv.window.padding + k / kernel;
    const int64_t column = u * f->conv.window.stride - f->conv.window.padding + k % kernel;
    if (row < 0 || row >= f->in.height || column < 0 || column >= f->in.width) continue;
    const float *x = f->x + ((image * f->in.height + row) * f->in.width + column) * in;
    const float *weight = f->params.values + (o * kernel * kernel + k) * in;
    for (int64_t c = 0; c < in; c++) sum += (double)x[c] * weight[c];
  }
  return sum;
}

static void run(fixture *f, const mer__compute *compute) {
  const mer__pass pass = {.params = &f->params, .compute = compute};
  mer__conv2d_forward(f->y, f->x, f->in, &f->conv, NULL, &pass, f->scratch);
}

static void expect(const fixture *f, int64_t every, double tolerance) {
  const int64_t n = mer__map_pixels(f->out) * f->conv.out;
  for (int64_t i = 0; i < n; i += every)
    assert_near(f->y[i], expected(f, i / f->conv.out, i % f->conv.out), tolerance);
}

static void check_result(int64_t in, int64_t out, mer__window2d window, mer__map map,
                         int64_t every) {
  fixture *f = open_conv(in, out, window, map);
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    run(f, NULL);
    expect(f, every, 1e-3);
    run(f, &in_f32);
    expect(f, every, 1e-3);
    run(f, &in_bf16);
    expect(f, every, 0.02 * sqrt((double)f->conv.product.in) + 0.02);
  }
  close_conv(f);
}

static void result_is_that_of_the_definition(void **state) {
  (void)state;
  check_result(3, 16, (mer__window2d){7, 2, 3}, (mer__map){2, 41, 30}, 7);
  check_result(5, 17, (mer__window2d){3, 1, 1}, (mer__map){3, 4, 7}, 1);
  check_result(64, 32, (mer__window2d){3, 1, 1}, (mer__map){1, 40, 37}, 53);
  check_result(160, 33, (mer__window2d){3, 2, 1}, (mer__map){1, 9, 5}, 1); /* few rows */
  check_result(600, 20, (mer__window2d){3, 1, 1}, (mer__map){2, 10, 7}, 13);
  check_result(24, 40, (mer__window2d){1, 1, 0}, (mer__map){2, 20, 11}, 3);
  check_result(24, 16, (mer__window2d){1, 2, 0}, (mer__map){2, 9, 8}, 1);
}

/* What a map is computed with. */
typedef enum way {
  DIRECT,
  TRANSFORMED,
  SMALL
} way; /* SMALL: the weights are transformed, not it */

/* Packed as for prediction, with fewer products where that pays; then as they were. */
static void check_packed(int64_t in, int64_t out, mer__window2d window, mer__map map, way how) {
  fixture *f = open_conv(in, out, window, map);
  mer_error err = {0};
  const mer__pass pass = {.params = &f->params};
  const size_t n = (size_t)(mer__map_pixels(f->out) * out);
  float *direct = malloc(n * sizeof *direct);
  run(f, NULL);
  memcpy(direct, f->y, n * sizeof *direct);
  assert_ok(mer__weights_pack(&f->params, f->params.n_items, &err));
  assert_int_equal(f->params.items[0].winograd != NULL, how != DIRECT);
  if (how != DIRECT)
    assert_int_equal(mer__conv2d_scratch(&f->conv, f->in, &pass) == mer__winograd_scratch(in, out),
                     how == TRANSFORMED);
  free(f->scratch);
  f->scratch = normal(mer__conv2d_scratch(&f->conv, f->in, &pass), 4);
  memset(f->y, 0, n * sizeof *f->y);
  run(f, NULL);
  const double of_direct = sum_deviation((double)f->conv.product.in);
  const double of_packed = how == TRANSFORMED ? winograd_deviation((double)in) : of_direct;
  for (size_t i = 0; i < n; i++)
    assert_near(f->y[i], direct[i], ROUNDING_DEVIATIONS * hypot(of_direct, of_packed));
  assert_ok(mer__weights_unpack(&f->params, f->params.n_items, &err));
  assert_null(f->params.items[0].winograd);
  free(f->scratch);
  f->scratch = normal(most_scratch(f), 4);
  run(f, NULL);
  assert_memory_equal(f->y, direct, n * sizeof *direct);
  free(direct);
  close_conv(f);
}

static void packed_weights_give_the_same(void **state) {
  (void)state;
  check_packed(32, 48, (mer__window2d){3, 1, 1}, (mer__map){2, 13, 10}, TRANSFORMED);
  check_packed(32, 48, (mer__window2d){3, 1, 1}, (mer__map){2, 7, 7}, SMALL);
  check_packed(24, 48, (mer__window2d){3, 1, 1}, (mer__map){2, 9, 9}, DIRECT); /* half a panel */
  check_packed(32, 40, (mer__window2d){3, 1, 1}, (mer__map){2, 9, 9}, DIRECT);
  check_packed(32, 48, (mer__window2d){3, 2, 1}, (mer__map){2, 9, 9}, DIRECT);
  check_packed(32, 48, (mer__window2d){5, 1, 2}, (mer__map){2, 9, 9}, DIRECT);
  check_packed(512, 256, (mer__window2d){3, 1, 1}, (mer__map){1, 9, 9}, DIRECT); /* too large */
}

/* Of int8, with fewer products where the processor has no faster ones: the same bits. */
static void packed_int8_weights_give_the_same_bits(void **state) {
  (void)state;
  fixture *f = open_conv(32, 48, (mer__window2d){3, 1, 1}, (mer__map){2, 13, 10});
  mer_error err = {0};
  const size_t n = (size_t)(mer__map_pixels(f->out) * f->conv.out);
  float *direct = malloc(n * sizeof *direct);
  assert_ok(mer__weights_quantize(&f->params, f->params.n_items, true, &err));
  run(f, NULL);
  memcpy(direct, f->y, n * sizeof *direct);
  for (int i = 0; i < 2; i++) { /* packing what is packed changes nothing */
    assert_ok(mer__weights_pack(&f->params, f->params.n_items, &err));
    assert_int_equal(f->params.items[0].winograd_int8 != NULL, mer__int8_winograd_pays(f->in));
    memset(f->y, 0, n * sizeof *f->y);
    run(f, NULL);
    assert_memory_equal(f->y, direct, n * sizeof *direct);
  }
  assert_ok(mer__weights_unpack(&f->params, f->params.n_items, &err));
  assert_null(f->params.items[0].winograd_int8);
  free(direct);
  close_conv(f);
}

/* Each thread with an image of its own. */
static void threads_may_run_it_each(void **state) {
  (void)state;
  enum { THREADS = 3 };
  fixture *f[THREADS];
  for (int i = 0; i < THREADS; i++)
    f[i] = open_conv(20, 16, (mer__window2d){3, 1, 1}, (mer__map){1, 30, 31});
#pragma omp parallel for schedule(static, 1) num_threads(THREADS)
  for (int i = 0; i < THREADS; i++) run(f[i], NULL);
  for (int i = 0; i < THREADS; i++) {
    expect(f[i], 31, 1e-3);
    close_conv(f[i]);
  }
}

static void an_image_smaller_than_the_window_gives_nothing(void **state) {
  (void)state;
  fixture *f = open_conv(2, 16, (mer__window2d){3, 1, 0}, (mer__map){2, 2, 9});
  assert_int_equal(mer__map_pixels(f->out), 0);
  run(f, NULL);
  const mer__pass pass = {.params = &f->params};
  mer__conv2d_backward(NULL, f->y, f->x, f->in, &f->conv, &pass, f->scratch);
  close_conv(f);
}

static double loss(fixture *f, const float *dy) {
  double sum = 0;
  run(f, NULL);
  for (int64_t i = 0; i < mer__map_pixels(f->out) * f->conv.out; i++)
    sum += (double)f->y[i] * dy[i];
  return sum;
}

/* The loss is linear, so the step may be large. */
static double slope(fixture *f, float *x, const float *dy) {
  const float saved = *x, step = 0.5f;
  *x = saved + step;
  const double above = loss(f, dy);
  *x = saved - step;
  const double below = loss(f, dy);
  *x = saved;
  return (above - below) / (2 * step);
}

static void check_gradients(int64_t in, int64_t out, mer__window2d window, mer__map map,
                            int64_t every) {
  fixture *f = open_conv(in, out, window, map);
  const int64_t n = mer__map_pixels(map) * in, n_pixels = mer__map_pixels(f->out);
  float *dy = normal(n_pixels * out, 5), *dx = normal(n, 6);
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int i = 0; i < N_COMPUTES; i++) {
      const mer__pass pass = {.params = &f->params, .compute = computes[i]};
      const bool rounded = computes[i] == &in_bf16;
      const double exact = 1e-5 * (double)n_pixels + 2e-3;
      const double of_weight = rounded ? 0.02 * sqrt((double)n_pixels) + 0.02 : exact;
      const double of_x =
          rounded ? 0.02 * sqrt((double)(window.kernel * window.kernel * out)) + 0.02 : exact;
      memset(f->params.grads, 0, (size_t)f->params.size * sizeof(float));
      fill_normal(dx, n, 6);
      mer__conv2d_backward(dx, dy, f->x, f->in, &f->conv, &pass, f->scratch);
      for (int64_t k = 0; k < f->params.size; k += every)
        assert_near(f->params.grads[k], slope(f, &f->params.values[k], dy), of_weight);
      for (int64_t k = 0; k < n; k += every) assert_near(dx[k], slope(f, &f->x[k], dy), of_x);
    }
  free(dx);
  free(dy);
  close_conv(f);
}

static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  check_gradients(3, 8, (mer__window2d){7, 2, 3}, (mer__map){2, 9, 12}, 67);
  check_gradients(5, 7, (mer__window2d){3, 1, 1}, (mer__map){3, 4, 5}, 23);
  check_gradients(6, 9, (mer__window2d){1, 1, 0}, (mer__map){2, 5, 3}, 5);
  check_gradients(6, 9, (mer__window2d){1, 2, 0}, (mer__map){2, 5, 4}, 7);
  check_gradients(17, 16, (mer__window2d){3, 2, 1}, (mer__map){2, 49, 31}, 6007);
  /* Whole lines of channels, which AMX multiplies. */
  check_gradients(32, 64, (mer__window2d){3, 1, 1}, (mer__map){3, 7, 5}, 1009);
  check_gradients(40, 32, (mer__window2d){3, 2, 1}, (mer__map){2, 9, 8}, 509);
  check_gradients(64, 32, (mer__window2d){1, 2, 0}, (mer__map){2, 8, 7}, 307);
  check_gradients(32, 32, (mer__window2d){5, 3, 1}, (mer__map){2, 11, 9}, 1511);
  check_gradients(8, 32, (mer__window2d){3, 1, 1}, (mer__map){2, 20, 20}, 907);
  /* Whole panels, and squares enough for fewer products. */
  check_gradients(16, 32, (mer__window2d){3, 1, 1}, (mer__map){6, 13, 14}, 1709);
  check_gradients(32, 16, (mer__window2d){3, 1, 0}, (mer__map){64, 5, 6}, 4001);
  check_gradients(16, 16, (mer__window2d){3, 1, 2}, (mer__map){1, 30, 31}, 1511);
}

/* The result and both gradients, one after the other, by so many threads. */
static void run_both(float *all, fixture *f, const float *dy, const mer__compute *compute,
                     int n_threads) {
  const int64_t n_out = mer__map_pixels(f->out) * f->conv.out;
  const int64_t n_in = mer__map_pixels(f->in) * f->conv.in;
  const mer__pass pass = {.params = &f->params, .compute = compute};
  omp_set_num_threads(n_threads);
  run(f, compute);
  memset(f->params.grads, 0, (size_t)f->params.size * sizeof(float));
  mer__conv2d_backward(all, dy, f->x, f->in, &f->conv, &pass, f->scratch);
  memcpy(all + n_in, f->y, (size_t)n_out * sizeof *all);
  memcpy(all + n_in + n_out, f->params.grads, (size_t)f->params.size * sizeof *all);
}

static void check_threads(int64_t in, int64_t out, mer__window2d window, mer__map map) {
  enum { MOST = 5 };
  const int n_threads = omp_get_max_threads();
  omp_set_num_threads(MOST); /* whose scratch is the largest */
  fixture *f = open_conv(in, out, window, map);
  const int64_t n_out = mer__map_pixels(f->out) * out;
  const int64_t n = mer__map_pixels(map) * in + n_out + f->params.size;
  float *dy = normal(n_out, 5), *alone = normal(n, 6), *shared = normal(n, 7);
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int i = 0; i < N_COMPUTES; i++) {
      run_both(alone, f, dy, computes[i], 1);
      for (int threads = 2; threads <= MOST; threads++) {
        run_both(shared, f, dy, computes[i], threads);
        assert_memory_equal(shared, alone, (size_t)n * sizeof *alone);
      }
    }
  omp_set_num_threads(n_threads);
  free(shared);
  free(alone);
  free(dy);
  close_conv(f);
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
  (void)state;
  check_threads(32, 64, (mer__window2d){3, 1, 1}, (mer__map){3, 17, 15});
  check_threads(128, 32, (mer__window2d){3, 2, 1},
                (mer__map){2, 21, 19}); /* many lines of weights */
  check_threads(24, 40, (mer__window2d){3, 1, 1}, (mer__map){2, 20, 20}); /* parts of lines */
}

/* In which way a training in f32 and one in bfloat16 compute. */
static void check_ways(int64_t in, int64_t out, mer__window2d window, mer__map map, bool fewer) {
  fixture *f = open_conv(in, out, window, map);
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int i = 0; i < N_COMPUTES; i++) {
      const mer__pass pass = {.params = &f->params, .compute = computes[i]};
      mer__conv2d_way expected_way = MER__CONV2D_GATHERED;
      if (computes[i] == &in_f32 && fewer) expected_way = MER__CONV2D_WINOGRAD;
      if (computes[i] && level >= MER__CPU_AMX) expected_way = MER__CONV2D_AMX;
      assert_int_equal(mer__conv2d_way_of(&f->conv, map, &pass), expected_way);
    }
  close_conv(f);
}

static void trainings_take_fewer_products(void **state) {
  (void)state;
  /* Those whose gradients are checked above. */
  check_ways(16, 32, (mer__window2d){3, 1, 1}, (mer__map){6, 13, 14}, true);
  check_ways(32, 16, (mer__window2d){3, 1, 0}, (mer__map){64, 5, 6}, true);
  check_ways(16, 16, (mer__window2d){3, 1, 2}, (mer__map){1, 30, 31}, true);
  check_ways(8, 32, (mer__window2d){3, 1, 1}, (mer__map){2, 20, 20}, false);
  check_ways(16, 32, (mer__window2d){3, 2, 1}, (mer__map){6, 26, 28}, false);
  check_ways(16, 32, (mer__window2d){3, 1, 1}, (mer__map){1, 13, 14}, false); /* few squares */
}

/* A file has [out, in, kernel, kernel]. */
static void files_have_another_order(void **state) {
  (void)state;
  enum { IN = 3, OUT = 4, K = 3 };
  fixture *f = open_conv(IN, OUT, (mer__window2d){K, 1, 1}, (mer__map){1, 3, 3});
  const int64_t shape[] = {OUT, IN, K, K};
  mer_tensor tensor;
  float reordered[OUT * IN * K * K];
  mer__params_tensors(&tensor, reordered, &f->params, f->params.values);
  assert_int_equal(tensor.rank, 4);
  assert_memory_equal(tensor.shape, shape, sizeof shape);
  for (int o = 0; o < OUT; o++)
    for (int c = 0; c < IN; c++)
      for (int k = 0; k < K * K; k++)
        assert_true(((const float *)tensor.data)[(o * IN + c) * K * K + k] ==
                    f->params.values[(o * K * K + k) * IN + c]);
  close_conv(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(result_is_that_of_the_definition),
      cmocka_unit_test(packed_weights_give_the_same),
      cmocka_unit_test(packed_int8_weights_give_the_same_bits),
      cmocka_unit_test(threads_may_run_it_each),
      cmocka_unit_test(an_image_smaller_than_the_window_gives_nothing),
      cmocka_unit_test(gradients_are_those_of_finite_differences),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(trainings_take_fewer_products),
      cmocka_unit_test(files_have_another_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
