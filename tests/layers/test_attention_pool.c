/* test_attention_pool.c: pooling by learned attention against PyTorch on packed clips of different
 * lengths, at every level of the processor; against finite differences; scores that would overflow.
 */
#include "layers/attention_pool.h"

#include "layers/packed_golden.h"

enum { IN = 10, HIDDEN = 7 };

typedef struct fixture {
  mer__params params;
  mer__attention_pool pool;
  mer__arena arena;
  float x[T * IN], y[B * IN], dy[B * IN], dx[T * IN];
} fixture;

static fixture *open_pool(void) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->pool = (mer__attention_pool){.in = IN, .hidden = HIDDEN};
  assert_ok(mer__attention_pool_declare(&f->pool, &f->params, "attention", &err));
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  read_golden_params(&f->params, "attention");
  memcpy(f->x, find_golden(NULL, "attention", "x"), sizeof f->x);
  memcpy(f->dy, find_golden(NULL, "attention", "dy"), sizeof f->dy);
  return f;
}

static void close_pool(fixture *f) {
  mer__params_clear(&f->params);
  mer__arena_clear(&f->arena);
  free(f);
}

static mer__pass pass_of(fixture *f) {
  return (mer__pass){.params = &f->params, .arena = &f->arena, .noise = {.training = true}};
}

static void forward(fixture *f, mer__attention_pool_state *state) {
  mer_error err = {0};
  const mer__pass pass = pass_of(f);
  mer__arena_reset(&f->arena);
  assert_ok(mer__attention_pool_forward(f->y, state, &f->pool, f->x, &CLIPS, &pass, &err));
}

static void backward(fixture *f) {
  mer_error err = {0};
  mer__attention_pool_state state;
  forward(f, &state);
  const mer__pass pass = pass_of(f);
  memset(f->params.grads, 0, (size_t)f->params.size * sizeof(float));
  assert_ok(mer__attention_pool_backward(f->dx, f->dy, &state, &f->pool, &pass, &err));
}

static void it_equals_pytorch(void **state) {
  (void)state;
  fixture *f = open_pool();
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    backward(f);
    expect_golden(f->y, "attention", "y", 1e-5);
    expect_golden(f->dx, "attention", "grad.x", 1e-4);
    expect_golden_gradients(&f->params, "attention", 1e-4);
  }
  close_pool(f);
}

static double loss(void *layer) {
  fixture *f = layer;
  mer__attention_pool_state state;
  double sum = 0;
  forward(f, &state);
  for (int i = 0; i < B * IN; i++) sum += (double)f->y[i] * f->dy[i];
  return sum;
}

static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  fixture *f = open_pool();
  backward(f);
  expect_slopes(loss, f, f->params.values, f->params.grads, f->params.size, 1, 2e-3);
  expect_slopes(loss, f, f->x, f->dx, T * IN, 3, 2e-3);
  close_pool(f);
}

/* A clip of one row is that row; a score of any size has a finite weight. */
static void weights_are_a_mean(void **state) {
  (void)state;
  fixture *f = open_pool();
  mer__attention_pool_state s;
  float *query = mer__value(&f->params, f->pool.query);
  for (int i = 0; i < HIDDEN; i++) query[i] *= 1e4f;
  forward(f, &s);
  assert_near(max_difference(f->y + IN, f->x + OFFSETS[1] * IN, IN), 0, 1e-6);
  for (int b = 0; b < B; b++) {
    double sum = 0;
    for (int32_t t = OFFSETS[b]; t < OFFSETS[b + 1]; t++) sum += s.weights[t];
    assert_near(sum, 1, 1e-5);
  }
  close_pool(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_equals_pytorch),
                                     cmocka_unit_test(gradients_are_those_of_finite_differences),
                                     cmocka_unit_test(weights_are_a_mean)};
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
