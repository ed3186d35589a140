/* test_conv.c: convolutions over time: the result by the definition, however the weight is stored,
 * and gradients, by finite differences and, for more frames than are worked on at a time, by the
 * definition. */
#include "layers/conv.h"

#include "layers/weights.h"
#include "nn/levels.h"
#include "nn/nn_support.h"

enum { IN = 5, OUT = 16, KERNEL = 3, MOST = 1300 };

typedef struct fixture {
  mer__params params;
  mer__conv conv;
  mer__pass pass;
  float x[MOST * IN], y[MOST * OUT], activated[MOST * OUT];
} fixture;

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->conv = (mer__conv){.in = IN, .out = OUT, .kernel = KERNEL, .stride = 2};
  mer__conv_declare(&f->conv, &f->params, MER__LINEAR, true, "conv");
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  fill_normal(f->params.values, f->params.size, 1);
  fill_normal(f->x, MOST * IN, 2);
  f->pass.params = &f->params;
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mer__params_clear(&f->params);
  free(f);
  return 0;
}

/* Channel o of frame t, by the definition; weight [out, kernel, in]. */
static double expected(const fixture *f, const float *weight, const float *bias, int64_t t,
                       int64_t o) {
  double sum = bias[o];
  for (int64_t k = 0; k < KERNEL; k++)
    for (int64_t c = 0; c < IN; c++)
      sum += (double)weight[(o * KERNEL + k) * IN + c] * f->x[(t * f->conv.stride + k) * IN + c];
  return sum;
}

static void frames_are_counted(void **state) {
  const fixture *f = *state;
  assert_int_equal(mer__conv_frames(&f->conv, 2), 0);
  assert_int_equal(mer__conv_frames(&f->conv, 3), 1);
  assert_int_equal(mer__conv_frames(&f->conv, 4), 1);
  assert_int_equal(mer__conv_frames(&f->conv, 5), 2);
}

static void result_is_that_of_the_definition(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  float weight[OUT * KERNEL * IN], bias[OUT];
  memcpy(weight, mer__value(&f->params, f->conv.weight), sizeof weight);
  memcpy(bias, mer__value(&f->params, f->conv.bias), sizeof bias);
  for (int stored = 0; stored < 3; stored++) {
    if (stored == 1) assert_ok(mer__weights_pack(&f->params, f->params.n_items, &err));
    if (stored == 2) assert_ok(mer__weights_quantize(&f->params, f->params.n_items, false, &err));
    for (int64_t n = 3; n < 60; n += 7) {
      const int64_t n_frames = mer__conv_frames(&f->conv, n);
      mer__conv_forward(f->y, f->activated, f->x, &f->pass, &f->conv, n_frames);
      for (int64_t t = 0; t < n_frames; t++)
        for (int64_t o = 0; o < OUT; o++)
          assert_near(f->y[t * OUT + o], expected(f, weight, bias, t, o), stored == 2 ? 0.2 : 1e-4);
      expect_gelu(f->activated, f->y, n_frames * OUT);
    }
  }
}

static double loss(fixture *f, const float *dy, int64_t n_frames) {
  double sum = 0;
  mer__conv_forward(f->y, NULL, f->x, &f->pass, &f->conv, n_frames);
  for (int64_t i = 0; i < n_frames * OUT; i++) sum += (double)f->y[i] * dy[i];
  return sum;
}

/* (loss(x + step) - loss(x - step)) / (2 step); the loss is linear, so the step may be large. */
static double slope(fixture *f, float *x, const float *dy, int64_t n_frames) {
  const float saved = *x, step = 0.5f;
  *x = saved + step;
  const double above = loss(f, dy, n_frames);
  *x = saved - step;
  const double below = loss(f, dy, n_frames);
  *x = saved;
  return (above - below) / (2 * step);
}

static void check_gradients(fixture *f, int64_t n_frames, int64_t every) {
  const int64_t n = (n_frames - 1) * f->conv.stride + KERNEL;
  float *scratch = normal(mer__conv_scratch(&f->conv), 3), *dy = normal(n_frames * OUT, 4);
  float *dx = calloc((size_t)(n * IN), sizeof *dx);
  memset(f->params.grads, 0, (size_t)f->params.size * sizeof(float));
  mer__conv_backward(dx, dy, f->x, &f->pass, &f->conv, n_frames, scratch);
  for (int64_t i = 0; i < f->params.size; i += every)
    assert_near(f->params.grads[i], slope(f, &f->params.values[i], dy, n_frames),
                1e-4 * (double)n_frames);
  for (int64_t i = 0; i < n * IN; i += every)
    assert_near(dx[i], slope(f, &f->x[i], dy, n_frames), 2e-3);
  free(dx);
  free(dy);
  free(scratch);
}

static void gradients_are_those_of_finite_differences(void **state) {
  fixture *f = *state;
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    check_gradients(f, 1, 1);
    check_gradients(f, 7, 3);
    check_gradients(f, 600, 97);
    f->conv.stride = 1;
    check_gradients(f, 1200, 113);
    f->conv.stride = 2;
  }
}

/* A file has [out, in, kernel]. */
static void files_have_another_order(void **state) {
  fixture *f = *state;
  mer_tensor tensors[2];
  float reordered[OUT * KERNEL * IN];
  assert_int_equal(mer__params_reordered_size(&f->params), OUT * KERNEL * IN);
  mer__params_tensors(tensors, reordered, &f->params, f->params.values);
  assert_int_equal(tensors[0].rank, 3);
  assert_int_equal(tensors[0].shape[0], OUT);
  assert_int_equal(tensors[0].shape[1], IN);
  assert_int_equal(tensors[0].shape[2], KERNEL);
  const float *in_file = tensors[0].data, *weight = mer__value(&f->params, f->conv.weight);
  for (int o = 0; o < OUT; o++)
    for (int c = 0; c < IN; c++)
      for (int k = 0; k < KERNEL; k++)
        assert_true(in_file[(o * IN + c) * KERNEL + k] == weight[(o * KERNEL + k) * IN + c]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(frames_are_counted), TEST(result_is_that_of_the_definition),
      TEST(gradients_are_those_of_finite_differences), TEST(files_have_another_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
