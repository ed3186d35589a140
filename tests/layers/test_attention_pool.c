/* test_attention_pool.c: pooling by learned attention against PyTorch on packed clips of different
 * lengths, at every level of the processor; against finite differences; scores that would overflow;
 * parts that are merged against the whole. */
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

/* Of the rows of `packing`, of which x are the first. */
static void pool_rows(float *y, float *log_sums, mer__attention_pool_state *state, fixture *f,
                      const float *x, const mer__packing *packing) {
  mer_error err = {0};
  const mer__pass pass = pass_of(f);
  mer__arena_reset(&f->arena);
  assert_ok(mer__attention_pool_begin(state, &f->pool, packing, &pass, &err));
  mer__attention_pool_forward(y, IN, log_sums, state, &f->pool, x, &pass);
}

static void forward(fixture *f, mer__attention_pool_state *state) {
  pool_rows(f->y, NULL, state, f, f->x, &CLIPS);
}

/* Adds to dx, unless it is NULL. */
static void add_gradients(float *dx, fixture *f) {
  mer__attention_pool_state state;
  forward(f, &state);
  const mer__pass pass = pass_of(f);
  float *scratch = mer__arena_alloc(&f->arena, (size_t)mer__attention_pool_scratch(&f->pool, T),
                                    sizeof *scratch);
  assert_non_null(scratch);
  memset(f->params.grads, 0, (size_t)f->params.size * sizeof(float));
  mer__attention_pool_backward(dx, f->dy, IN, &state, &f->pool, &pass, scratch);
}

static void backward(fixture *f) {
  memset(f->dx, 0, sizeof f->dx);
  add_gradients(f->dx, f);
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

/* Those of rows are added; where nobody asks for them, the parameters have the same. */
static void gradients_of_rows_are_added(void **state) {
  (void)state;
  fixture *f = open_pool();
  float twice[T * IN], grads[MOST];
  backward(f);
  memcpy(twice, f->dx, sizeof twice);
  memcpy(grads, f->params.grads, (size_t)f->params.size * sizeof *grads);
  add_gradients(twice, f);
  for (int i = 0; i < T * IN; i++) assert_near(twice[i], 2 * f->dx[i], 1e-6);
  add_gradients(NULL, f);
  assert_memory_equal(f->params.grads, grads, (size_t)f->params.size * sizeof *grads);
  close_pool(f);
}

/* Parts of 1, 4 and 12 rows, with scores of which exp would overflow. A clip without rows has
 * zeros. */
static void merged_parts_are_the_whole(void **state) {
  (void)state;
  enum { N = 4 };
  static const int32_t all[] = {0, T}, parts[] = {0, 1, 1, 5, T};
  const mer__packing whole = {1, all}, in_parts = {N, parts};
  fixture *f = open_pool();
  mer__attention_pool_state s;
  for (int scale = 1; scale < 100; scale *= 30) {
    float y[IN], log_sum, of_parts[N * IN], log_sums[N];
    for (int i = 0; i < HIDDEN; i++) mer__value(&f->params, f->pool.query)[i] *= (float)scale;
    pool_rows(y, &log_sum, &s, f, f->x, &whole);
    pool_rows(of_parts, log_sums, &s, f, f->x, &in_parts);
    for (int j = 0; j < IN; j++) assert_true(of_parts[IN + j] == 0);
    for (int i = 1; i < N; i++)
      mer__attention_pool_merge(of_parts, log_sums, of_parts + i * IN, log_sums[i], IN);
    assert_near(max_difference(y, of_parts, IN), 0, 1e-5);
    assert_near(log_sums[0], log_sum, 1e-5 * fmax(1, fabsf(log_sum)));
  }
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
                                     cmocka_unit_test(gradients_of_rows_are_added),
                                     cmocka_unit_test(merged_parts_are_the_whole),
                                     cmocka_unit_test(weights_are_a_mean)};
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
