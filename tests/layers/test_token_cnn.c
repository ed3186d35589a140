/* test_token_cnn.c: convolutions over the rows of utterances against PyTorch, at every level of the
 * processor; against finite differences; an utterance alone and beside others. */
#include "layers/token_cnn.h"

#define PACKED_GOLDEN GOLDEN "token_cnn.safetensors"
#include "layers/packed_golden.h"

enum { IN = 10, FILTERS = 16, WIDTH = 3 * FILTERS };

typedef struct fixture {
  mer__params params;
  mer__token_cnn cnn;
  mer__arena arena;
  float x[T * IN], y[B * WIDTH], dy[B * WIDTH], dx[T * IN];
} fixture;

static fixture *open_cnn(void) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->cnn = (mer__token_cnn){.in = IN, .filters = FILTERS};
  assert_ok(mer__token_cnn_declare(&f->cnn, &f->params, "cnn", &err));
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  read_golden_params(&f->params, "cnn");
  memcpy(f->x, find_golden(NULL, "cnn", "x"), sizeof f->x);
  memcpy(f->dy, find_golden(NULL, "cnn", "dy"), sizeof f->dy);
  return f;
}

static void close_cnn(fixture *f) {
  mer__params_clear(&f->params);
  mer__arena_clear(&f->arena);
  free(f);
}

static void forward(float *y, fixture *f, mer__token_cnn_state *state, const float *x,
                    const mer__packing *packing) {
  mer_error err = {0};
  const mer__pass pass = {.params = &f->params, .arena = &f->arena, .noise = {.training = true}};
  mer__arena_reset(&f->arena);
  assert_ok(mer__token_cnn_forward(y, state, &f->cnn, x, packing, &pass, &err));
}

static void backward(fixture *f) {
  mer_error err = {0};
  mer__token_cnn_state state;
  forward(f->y, f, &state, f->x, &CLIPS);
  const mer__pass pass = {.params = &f->params, .arena = &f->arena, .noise = {.training = true}};
  memset(f->params.grads, 0, (size_t)f->params.size * sizeof(float));
  assert_ok(mer__token_cnn_backward(f->dx, f->dy, &state, &f->cnn, &pass, &err));
}

static void it_equals_pytorch(void **state) {
  (void)state;
  fixture *f = open_cnn();
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    backward(f);
    expect_golden(f->y, "cnn", "y", 1e-5);
    expect_golden(f->dx, "cnn", "grad.x", 1e-5);
    expect_golden_gradients(&f->params, "cnn", 1e-5);
  }
  close_cnn(f);
}

static double loss(fixture *f) {
  mer__token_cnn_state state;
  double sum = 0;
  forward(f->y, f, &state, f->x, &CLIPS);
  for (int i = 0; i < B * WIDTH; i++) sum += (double)f->y[i] * f->dy[i];
  return sum;
}

/* Where another window becomes the largest, or ReLU has its kink, the slopes of the two sides
 * differ, and the gradient is one of them. */
static void expect_one_slope(fixture *f, float *x, const float *gradient, int64_t n) {
  const float step = 1e-3f;
  for (int64_t i = 0; i < n; i++) {
    const float saved = x[i];
    const double middle = loss(f);
    x[i] = saved + step;
    const double above = (loss(f) - middle) / step;
    x[i] = saved - step;
    const double below = (middle - loss(f)) / step;
    x[i] = saved;
    assert_near(fmin(fabs(gradient[i] - above), fabs(gradient[i] - below)), 0, 5e-3);
  }
}

static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  fixture *f = open_cnn();
  backward(f);
  expect_one_slope(f, f->params.values, f->params.grads, f->params.size);
  expect_one_slope(f, f->x, f->dx, T * IN);
  close_cnn(f);
}

/* What stands beside an utterance in the batch does not matter, whatever it is, and how long. */
static void utterances_do_not_meet(void **state) {
  (void)state;
  fixture *f = open_cnn();
  mer__token_cnn_state s;
  float alone[WIDTH], changed[T * IN];
  for (int b = 0; b < B; b++) {
    const int32_t ends[] = {0, OFFSETS[b + 1] - OFFSETS[b]};
    const float *own = f->x + OFFSETS[b] * IN;
    forward(alone, f, &s, own, &(mer__packing){1, ends});
    for (int i = 0; i < T * IN; i++) changed[i] = 1e6f;
    memcpy(changed + OFFSETS[b] * IN, own, (size_t)(ends[1] * IN) * sizeof *own);
    forward(f->y, f, &s, changed, &CLIPS);
    assert_near(max_difference(f->y + b * WIDTH, alone, WIDTH), 0, 1e-5);
  }
  close_cnn(f);
}

/* A number that is not finite is not hidden by the largest one, nor by ReLU. */
static void nan_stays(void **state) {
  (void)state;
  fixture *f = open_cnn();
  mer__token_cnn_state s;
  f->x[(OFFSETS[2] + 3) * IN] = NAN;
  forward(f->y, f, &s, f->x, &CLIPS);
  for (int i = 0; i < WIDTH; i++) assert_true(isnan(f->y[2 * WIDTH + i]));
  for (int i = 0; i < WIDTH; i++) assert_false(isnan(f->y[i]));
  close_cnn(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_equals_pytorch),
                                     cmocka_unit_test(gradients_are_those_of_finite_differences),
                                     cmocka_unit_test(utterances_do_not_meet),
                                     cmocka_unit_test(nan_stays)};
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
