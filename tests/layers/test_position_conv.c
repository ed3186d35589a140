/* test_position_conv.c: positions by a grouped convolution: the result by the definition, packed
 * for prediction or not, with odd and even kernels, and gradients by finite differences. */
#include "layers/position_conv.h"

#include "layers/weights.h"
#include "nn/nn_support.h"

enum { CHANNELS = 32, GROUPS = 2, WIDTH = CHANNELS / GROUPS, MOST = 300 };

typedef struct fixture {
  mer__params params;
  mer__position_conv conv;
  mer__arena arena;
  mer__pass pass;
  float x[MOST * CHANNELS], y[MOST * CHANNELS], before[MOST * CHANNELS];
} fixture;

static fixture *create(int64_t kernel) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->conv = (mer__position_conv){.channels = CHANNELS, .groups = GROUPS, .kernel = kernel};
  mer__position_conv_declare(&f->conv, &f->params, "conv");
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  fill_normal(f->params.values, f->params.size, 1);
  fill_normal(f->x, MOST * CHANNELS, 2);
  f->pass = (mer__pass){.params = &f->params, .arena = &f->arena, .noise = {.training = true}};
  return f;
}

static void destroy(fixture *f) {
  mer__params_clear(&f->params);
  mer__arena_clear(&f->arena);
  free(f);
}

static void run(fixture *f, int64_t n) {
  mer__position_weights weights;
  mer_error err = {0};
  mer__arena_reset(&f->arena);
  assert_ok(mer__position_conv_begin(&weights, &f->conv, &f->pass, &err));
  assert_ok(
      mer__position_conv_forward(f->y, f->before, f->x, &weights, &f->conv, n, &f->pass, &err));
}

/* Channel c of frame t before GELU, by the definition, for magnitudes g and directions v. */
static double expected(const fixture *f, const float *g, const float *v, int64_t n, int64_t t,
                       int64_t c) {
  const int64_t kernel = f->conv.kernel;
  double sum = mer__value(&f->params, f->conv.bias)[c];
  for (int64_t k = 0; k < kernel; k++) {
    const int64_t from = t + k - kernel / 2;
    double norm = 0;
    for (int64_t o = 0; o < CHANNELS; o++)
      for (int64_t i = 0; i < WIDTH; i++) norm += pow(v[(o * kernel + k) * WIDTH + i], 2);
    for (int64_t i = 0; i < WIDTH && from >= 0 && from < n; i++)
      sum += g[k] / sqrt(norm) * v[(c * kernel + k) * WIDTH + i] *
             f->x[from * CHANNELS + c / WIDTH * WIDTH + i];
  }
  return sum;
}

static void check_result(int64_t kernel, int64_t n) {
  fixture *f = create(kernel);
  mer_error err = {0};
  float *g = normal(kernel, 3), *v = normal(CHANNELS * kernel * WIDTH, 3);
  memcpy(g, mer__value(&f->params, f->conv.magnitudes), (size_t)kernel * sizeof *g);
  memcpy(v, mer__value(&f->params, f->conv.directions),
         (size_t)(CHANNELS * kernel * WIDTH) * sizeof *v);
  for (int times = 0; times < 4; times++) { /* as it is, packed, unpacked, packed again */
    if (times % 2 == 1) assert_ok(mer__weights_pack(&f->params, f->params.n_items, &err));
    if (times == 2) assert_ok(mer__weights_unpack(&f->params, f->params.n_items, &err));
    assert_int_equal(f->params.items[f->conv.directions].storage,
                     times % 2 == 1 ? MER__STORED_PANELS : MER__STORED_F32);
    run(f, n);
    for (int64_t t = 0; t<n; t += n> 20 ? 7 : 1)
      for (int64_t c = 0; c < CHANNELS; c += 5)
        assert_near(f->before[t * CHANNELS + c], expected(f, g, v, n, t, c), 1e-4);
    mer__gelu_forward(f->before, f->before, n * CHANNELS);
    for (int64_t i = 0; i < n * CHANNELS; i++) assert_near(f->y[i], f->x[i] + f->before[i], 1e-5);
  }
  free(v);
  free(g);
  destroy(f);
}

static void result_is_that_of_the_definition(void **state) {
  (void)state;
  check_result(6, 1);
  check_result(6, 9);
  check_result(5, 9);
  check_result(1, 4);
  check_result(16, 257);
}

static double loss(fixture *f, const float *dy, int64_t n) {
  double sum = 0;
  run(f, n);
  for (int64_t i = 0; i < n * CHANNELS; i++) sum += (double)f->y[i] * dy[i];
  return sum;
}

static double slope(fixture *f, float *x, const float *dy, int64_t n) {
  const float saved = *x, step = 1e-2f;
  *x = saved + step;
  const double above = loss(f, dy, n);
  *x = saved - step;
  const double below = loss(f, dy, n);
  *x = saved;
  return (above - below) / (2 * step);
}

static void check_gradients(int64_t kernel, int64_t n, int64_t every) {
  fixture *f = create(kernel);
  mer_error err = {0};
  mer__position_weights weights;
  float *dy = normal(n * CHANNELS, 4), *dx = normal(n * CHANNELS, 5);
  mer__arena_reset(&f->arena);
  assert_ok(mer__position_conv_begin(&weights, &f->conv, &f->pass, &err));
  assert_ok(
      mer__position_conv_forward(f->y, f->before, f->x, &weights, &f->conv, n, &f->pass, &err));
  assert_ok(
      mer__position_conv_backward(dx, dy, f->before, f->x, &weights, &f->conv, n, &f->pass, &err));
  mer__position_conv_end(&weights, &f->conv, &f->pass);
  for (int64_t i = 0; i < f->params.size; i += every) {
    const double expected_slope = slope(f, &f->params.values[i], dy, n);
    assert_near(f->params.grads[i], expected_slope, 2e-3 * (1 + fabs(expected_slope)));
  }
  for (int64_t i = 0; i < n * CHANNELS; i += every)
    assert_near(dx[i], slope(f, &f->x[i], dy, n), 5e-3);
  free(dx);
  free(dy);
  destroy(f);
}

static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  check_gradients(6, 9, 11);
  check_gradients(5, 3, 7);
  check_gradients(4, 300, 131);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(result_is_that_of_the_definition),
                                     cmocka_unit_test(gradients_are_those_of_finite_differences)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
