/* test_residual.c: the layers of residual networks: results in training and for prediction,
 * gradients and running statistics against PyTorch (tests/golden/make_conv2d.py), at every level of
 * the processor; prediction with packed and with int8 weights. */
#include "layers/residual.h"

#include "layers/weights.h"
#include "mer/tensor.h"
#include "nn/levels.h"
#include "nn/max_pool.h"
#include "test_support.h"

enum { MOST = 4096 };

#define UNIT(n_in, n_out, size, step, after)                                         \
  {                                                                                  \
    .conv = {.in = (n_in),                                                           \
             .out = (n_out),                                                         \
             .window = {.kernel = (size), .stride = (step), .padding = (size) / 2}}, \
    .relu = (after),                                                                 \
  }

static const struct {
  const char *name;
  mer__residual layer;
} LAYERS[] = {
    {"basic",
     {2, {UNIT(16, 16, 3, 1, true), UNIT(16, 16, 3, 1, true)}, false, UNIT(0, 0, 1, 1, 0)}},
    {"basic_down",
     {2, {UNIT(8, 16, 3, 2, true), UNIT(16, 16, 3, 1, true)}, true, UNIT(8, 16, 1, 2, false)}},
    {"bottleneck",
     {3,
      {UNIT(16, 8, 1, 1, true), UNIT(8, 8, 3, 2, true), UNIT(8, 32, 1, 1, true)},
      true,
      UNIT(16, 32, 1, 2, false)}},
    {"bottleneck_early",
     {3,
      {UNIT(16, 8, 1, 2, true), UNIT(8, 8, 3, 1, true), UNIT(8, 32, 1, 1, true)},
      true,
      UNIT(16, 32, 1, 2, false)}},
};
enum { N_LAYERS = sizeof LAYERS / sizeof *LAYERS };

static mer_safetensors *golden;

static int open_golden(void **state) {
  mer_error err = {0};
  (void)state;
  assert_ok(mer_safetensors_open(&golden, GOLDEN "conv2d/layers.safetensors", &err));
  return 0;
}

static int close_golden(void **state) {
  (void)state;
  mer_safetensors_close(golden);
  return 0;
}

/* The tensor `<layer>.<name>`. */
static const mer_tensor *find_golden(const char *layer, const char *name) {
  char full[256];
  snprintf(full, sizeof full, "%s.%s", layer, name);
  const mer_tensor *tensor = mer_safetensors_find(golden, full);
  if (!tensor || tensor->n_elements > MOST) fail_msg("no tensor %s", full);
  return tensor;
}

/* out [n, b, a] = x [n, a, b]. */
static void exchange(float *out, const float *x, int64_t n, int64_t a, int64_t b) {
  for (int64_t i = 0; i < n * a * b; i++) {
    const int64_t image = i / (a * b), j = i / b % a, k = i % b;
    out[(image * b + k) * a + j] = x[i];
  }
}

/* A map of images, which PyTorch has as [n, channels, height, width]. */
static mer__map read_map(float *out, const char *layer, const char *name) {
  const mer_tensor *t = find_golden(layer, name);
  exchange(out, t->data, t->shape[0], t->shape[1], t->shape[2] * t->shape[3]);
  return (mer__map){t->shape[0], t->shape[2], t->shape[3]};
}

typedef struct fixture {
  const char *name;
  mer__residual layer;
  mer__params params;
  const mer__compute *compute;
  mer__arena arena;
  mer__map in;
  float x[MOST], y[MOST], dy[MOST], dx[MOST];
} fixture;

/* The values of the parameters, whose names begin with the layer's. */
static void read_params(fixture *f) {
  for (size_t i = 0; i < f->params.n_items; i++) {
    const mer__param *p = &f->params.items[i];
    if (p->counts) {
      *mer__value(&f->params, (int64_t)i) = 41;
      continue;
    }
    const mer_tensor *t = find_golden(f->name, p->name + strlen(f->name) + 1);
    float *values = mer__value(&f->params, (int64_t)i);
    assert_int_equal(t->n_elements, p->size);
    if (p->kernel) exchange(values, t->data, p->shape[0], p->shape[1] / p->kernel, p->kernel);
    else memcpy(values, t->data, (size_t)p->size * sizeof *values);
  }
}

static fixture *open_layer(int i) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->name = LAYERS[i].name;
  f->layer = LAYERS[i].layer;
  assert_ok(mer__residual_declare(&f->layer, &f->params, f->name, &err));
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  read_params(f);
  f->in = read_map(f->x, f->name, "x");
  return f;
}

static void close_layer(fixture *f) {
  mer__params_clear(&f->params);
  mer__arena_clear(&f->arena);
  free(f);
}

static mer__pass pass_of(fixture *f, bool training) {
  return (mer__pass){.params = &f->params,
                     .compute = f->compute,
                     .arena = &f->arena,
                     .noise = {.training = training}};
}

/* The layer's result, in f->y; returns its number of values. */
static int64_t forward(fixture *f, mer__residual_state *state, bool training) {
  mer_error err = {0};
  const mer__pass pass = pass_of(f, training);
  mer__map_room room;
  mer__map out;
  float *y;
  const int64_t n = mer__map_pixels(f->in) * f->layer.units[0].conv.in;
  mer__arena_reset(&f->arena);
  float *scratch = mer__arena_alloc(
      &f->arena, (size_t)mer__residual_scratch(&f->layer, f->in, &pass), sizeof *scratch);
  assert_ok(mer__map_room_begin(&room, MOST, &pass, &err));
  float *x = mer__map_room_take(&room, n);
  memcpy(x, f->x, (size_t)n * sizeof *x);
  assert_ok(
      mer__residual_forward(&y, &out, state, &f->layer, x, f->in, &room, &pass, scratch, &err));
  const mer__map expected = mer__residual_map(&f->layer, f->in);
  assert_memory_equal(&out, &expected, sizeof out);
  const int64_t n_out = mer__map_pixels(out) * f->layer.units[f->layer.n_units - 1].conv.out;
  memcpy(f->y, y, (size_t)n_out * sizeof *y);
  return n_out;
}

static void expect_map(const fixture *f, const float *values, int64_t n, const char *name,
                       double tolerance) {
  float expected[MOST];
  read_map(expected, f->name, name);
  const double error = relative_error(values, expected, (size_t)n);
  if (!(error <= tolerance)) fail_msg("%s.%s: relative error %g", f->name, name, error);
}

static void expect_gradients(const fixture *f) {
  mer_tensor tensors[32];
  float reordered[4 * MOST], grads[8 * MOST];
  char name[128];
  assert_int_equal(f->params.first_trained, 0);
  memcpy(grads, f->params.grads, (size_t)f->params.size * sizeof *grads);
  mer__params_tensors(tensors, reordered, &f->params, grads);
  for (size_t i = 0; i < f->params.n_items; i++) {
    if (f->params.items[i].role == MER__BUFFER) continue;
    snprintf(name, sizeof name, "grad.%s", tensors[i].name + strlen(f->name) + 1);
    const mer_tensor *expected = find_golden(f->name, name);
    assert_int_equal(tensors[i].rank, expected->rank);
    assert_memory_equal(tensors[i].shape, expected->shape,
                        (size_t)expected->rank * sizeof *expected->shape);
    const double error =
        relative_error(tensors[i].data, expected->data, (size_t)expected->n_elements);
    if (!(error <= 1e-4)) fail_msg("%s: relative error %g", name, error);
  }
}

static void expect_buffers(const fixture *f) {
  char name[128];
  for (size_t i = 0; i < f->params.n_items; i++) {
    const mer__param *p = &f->params.items[i];
    if (p->role != MER__BUFFER) continue;
    assert_true(p->offset + p->size <= f->params.n_buffers);
    if (p->counts) {
      assert_true(*mer__value(&f->params, (int64_t)i) == 42);
      continue;
    }
    snprintf(name, sizeof name, "after.%s", p->name + strlen(f->name) + 1);
    assert_near(max_difference(mer__value(&f->params, (int64_t)i), find_golden(f->name, name)->data,
                               (size_t)p->size),
                0, 1e-5);
  }
}

static void training_equals_pytorch(void **state) {
  (void)state;
  mer_error err = {0};
  static const mer__compute in_f32 = {.products = MER__PRODUCT_F32};
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int i = 0; i < 2 * N_LAYERS; i++) {
      fixture *f = open_layer(i % N_LAYERS);
      mer__residual_state s;
      f->compute = i < N_LAYERS ? NULL : &in_f32;
      const int64_t n = forward(f, &s, true);
      const mer__pass pass = pass_of(f, true);
      float *dx, *scratch = mer__arena_alloc(
                     &f->arena, (size_t)mer__residual_backward_scratch(&f->layer, f->in, &pass),
                     sizeof *scratch);
      expect_map(f, f->y, n, "y", 1e-5);
      read_map(f->dy, f->name, "dy");
      assert_ok(mer__residual_backward(&dx, f->dy, &s, &f->layer, &pass, scratch, &err));
      expect_map(f, dx, mer__map_pixels(f->in) * f->layer.units[0].conv.in, "grad.x", 1e-4);
      expect_gradients(f);
      expect_buffers(f);
      close_layer(f);
    }
}

/* As they are, packed, and int8. */
static void prediction_equals_pytorch(void **state) {
  (void)state;
  mer_error err = {0};
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int i = 0; i < N_LAYERS; i++) {
      fixture *f = open_layer(i);
      mer__residual_state s;
      forward(f, &s, true); /* which moves the running statistics */
      expect_map(f, f->y, forward(f, &s, false), "eval.y", 1e-5);
      assert_ok(mer__weights_pack(&f->params, f->params.n_items, &err));
      expect_map(f, f->y, forward(f, &s, false), "eval.y", 1e-5);
      assert_ok(mer__weights_quantize(&f->params, f->params.n_items, false, &err));
      expect_map(f, f->y, forward(f, &s, false), "eval.y", 0.03);
      close_layer(f);
    }
}

/* The first convolution of a network, whose input has no gradient. */
static void stem_equals_pytorch(void **state) {
  (void)state;
  mer_error err = {0};
  fixture *f = calloc(1, sizeof *f);
  mer__conv_norm unit = UNIT(3, 16, 7, 2, true);
  f->name = "stem";
  assert_ok(mer__conv_norm_declare(&unit, &f->params, f->name, &err));
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  read_params(f);
  f->in = read_map(f->x, f->name, "x");
  const mer__pass pass = pass_of(f, true), prediction = pass_of(f, false);
  const int64_t n = mer__map_pixels(mer__window2d_map(unit.conv.window, f->in)) * 16;
  float sums[MOST], dsums[MOST];
  float *scratch =
      malloc((size_t)mer__conv2d_backward_scratch(&unit.conv, f->in, &pass) * sizeof *scratch);
  mer__conv_norm_state s = {.in = f->in, .x = f->x, .sums = sums, .y = f->y};
  assert_ok(mer__conv_norm_forward(&s, &unit, NULL, &pass, scratch, &err));
  expect_map(f, f->y, n, "y", 1e-5);
  read_map(f->dy, f->name, "dy");
  mer__conv_norm_backward(NULL, dsums, f->dy, &s, &unit, &pass, scratch);
  expect_gradients(f);
  expect_buffers(f);
  assert_ok(mer__conv_norm_forward(&s, &unit, NULL, &prediction, scratch, &err));
  expect_map(f, f->y, n, "eval.y", 1e-5);
  free(scratch);
  close_layer(f);
}

static void max_pool_equals_pytorch(void **state) {
  (void)state;
  enum { C = 5 };
  const mer__window2d window = {3, 2, 1};
  float x[MOST], y[MOST], dy[MOST], dx[MOST], expected[MOST];
  int32_t which[MOST];
  const mer__map in = read_map(x, "max", "x"), out = read_map(expected, "max", "y");
  const size_t n = (size_t)mer__map_pixels(out) * C;
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    mer__max_pool_forward(y, NULL, x, in, C, window);
    read_map(expected, "max", "y");
    assert_memory_equal(y, expected, n * sizeof *y);
    mer__max_pool_forward(y, which, x, in, C, window);
    assert_memory_equal(y, expected, n * sizeof *y);
    read_map(dy, "max", "dy");
    mer__max_pool_backward(dx, dy, which, in, C, window);
    read_map(expected, "max", "grad.x");
    assert_near(max_difference(dx, expected, (size_t)mer__map_pixels(in) * C), 0, 1e-6);
  }
}

static void max_pool_keeps_nan(void **state) {
  (void)state;
  const float x[] = {1, NAN, 3, 4};
  float y;
  int32_t which;
  mer__max_pool_forward(&y, &which, x, (mer__map){1, 2, 2}, 1, (mer__window2d){2, 2, 0});
  assert_true(isnan(y) || y == 4);
  assert_true(isnan(y));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(training_equals_pytorch), cmocka_unit_test(prediction_equals_pytorch),
      cmocka_unit_test(stem_equals_pytorch), cmocka_unit_test(max_pool_equals_pytorch),
      cmocka_unit_test(max_pool_keeps_nan)};
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
