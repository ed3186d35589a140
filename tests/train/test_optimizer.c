/* test_optimizer.c: Adam, AdamW, schedules and clipping as PyTorch and transformers compute them.
 */
#include <omp.h>

#include "base/rng.h"
#include "nn/nn_golden.h"
#include "train/adam.h"
#include "train/gradient_clip.h"
#include "train/schedule.h"

#include "train/optimizer.h"

enum { P = 17 };

static const mer__adam ADAM = {1e-2, 0.9, 0.999, 1e-8, 0, false};
static const mer__adam ADAMW = {1e-2, 0.9, 0.999, 1e-8, 0.01, true};

static void adam(float *p, float *m, float *v, float *g, int64_t n, const mer__adam *options,
                 int64_t step, float grad_scale, bool zero_grad) {
  mer__adam_step s = mer__adam_step_at(options, step);
  mer__adam_update(p, m, v, g, n, &s, grad_scale, zero_grad);
}

/* Steps with the gradients of the golden file; its schedule's rates with a peak of 1e-2. */
static void steps_are_pytorchs(const char *name, const mer__adam *options, bool schedule) {
  const int n_steps = schedule ? 20 : 10;
  char key[64];
  float p[P], m[P] = {0}, v[P] = {0}, g[P];
  snprintf(key, sizeof key, "%s.p0", name);
  memcpy(p, golden_data(key, P), sizeof p);
  snprintf(key, sizeof key, "%s%s.g", name, schedule ? ".schedule" : "");
  const float *gradients = golden_data(key, n_steps * P);
  snprintf(key, sizeof key, "%s%s.p", name, schedule ? ".schedule" : "");
  const float *expected = golden_data(key, n_steps * P);
  for (int t = 0; t < n_steps; t++) {
    mer__adam o = *options;
    if (schedule) o.lr *= mer__schedule_factor(t, n_steps, 2, true);
    memcpy(g, gradients + t * P, sizeof g);
    adam(p, m, v, g, P, &o, t + 1, 1, false);
    assert_memory_equal(g, gradients + t * P, sizeof g);
    for (int i = 0; i < P; i++) assert_near(p[i], expected[t * P + i], 5e-7);
  }
}

static void adam_is_pytorchs(void **state) {
  (void)state;
  steps_are_pytorchs("adam", &ADAM, false);
  steps_are_pytorchs("adam", &ADAM, true);
}

static void adamw_is_pytorchs(void **state) {
  (void)state;
  steps_are_pytorchs("adamw", &ADAMW, false);
  steps_are_pytorchs("adamw", &ADAMW, true);
}

static void schedule_is_transformers(void **state) {
  (void)state;
  const float *rates = golden_data("adamw.schedule.lr", 20);
  for (int t = 0; t < 20; t++)
    assert_near(1e-2 * mer__schedule_factor(t, 20, 2, true), rates[t], 1e-9);
  assert_true(mer__schedule_factor(20, 20, 2, true) == 0);
  assert_true(mer__schedule_factor(25, 20, 2, true) == 0);
  assert_near(mer__schedule_factor(5, 20, 0, true), 0.75, 1e-12);
  assert_near(mer__schedule_factor(1, 20, 4, false), 0.25, 1e-12);
  assert_true(mer__schedule_factor(19, 20, 4, false) == 1);
  assert_true(mer__schedule_factor(0, 20, 0, false) == 1);
}

/* Adam's coupled decay is a part of the gradient. */
static void decay_is_coupled_or_not(void **state) {
  (void)state;
  mer__adam o = {0.5, 0, 0, 0, 0.25, false};
  float p = 2, m = 0, v = 0, g = 1;
  adam(&p, &m, &v, &g, 1, &o, 1, 1, false);
  assert_near(m, 1.5, 1e-6);
  assert_near(p, 1.5, 1e-6);
  o.decoupled = true;
  p = 2, m = 0, v = 0;
  adam(&p, &m, &v, &g, 1, &o, 1, 1, false);
  assert_near(m, 1, 1e-6);
  assert_near(p, 2 * (1 - 0.125) - 0.5, 1e-6);
}

enum { N = 100003 };
typedef struct state_arrays {
  float p[N], m[N], v[N], g[N];
} state_arrays;

static void fill(state_arrays *s) {
  mer__rng rng = {.seed = 1};
  memset(s, 0, sizeof *s);
  for (int i = 0; i < N; i++) {
    s->p[i] = mer__rng_normal(&rng);
    s->g[i] = mer__rng_normal(&rng);
  }
}

static void gradient_is_scaled_and_zeroed(void **state) {
  (void)state;
  static state_arrays a, b;
  fill(&a);
  fill(&b);
  for (int i = 0; i < N; i++) b.g[i] *= 0.5f;
  adam(a.p, a.m, a.v, a.g, N, &ADAMW, 1, 0.5f, true);
  adam(b.p, b.m, b.v, b.g, N, &ADAMW, 1, 1, false);
  assert_memory_equal(a.p, b.p, sizeof a.p);
  assert_memory_equal(a.v, b.v, sizeof a.v);
  for (int i = 0; i < N; i++) assert_true(a.g[i] == 0);
}

static void threads_do_not_matter(void **state) {
  (void)state;
  static state_arrays a, b;
  const int n_threads = omp_get_max_threads();
  fill(&a);
  fill(&b);
  omp_set_num_threads(1);
  double norm = sqrt(mer__gradient_square(a.g, N));
  adam(a.p, a.m, a.v, a.g, N, &ADAMW, 1, 1, false);
  omp_set_num_threads(3);
  assert_true(sqrt(mer__gradient_square(b.g, N)) == norm);
  adam(b.p, b.m, b.v, b.g, N, &ADAMW, 1, 1, false);
  omp_set_num_threads(n_threads);
  assert_memory_equal(&a, &b, sizeof a);
  double squares = 0;
  for (int i = 0; i < N; i++) squares += (double)a.g[i] * a.g[i];
  assert_near(norm, sqrt(squares), 1e-9 * norm);
}

/* Norm and clipped gradients of three parameters in one block. */
static void clipping_is_pytorchs(const char *prefix) {
  const int sizes[] = {12, 5, 8};
  char key[64];
  float g[25], *at = g;
  for (int i = 0; i < 3; at += sizes[i++]) {
    snprintf(key, sizeof key, "%s.%d.g", prefix, i);
    memcpy(at, golden_data(key, sizes[i]), (size_t)sizes[i] * sizeof *g);
  }
  double norm = sqrt(mer__gradient_square(g, 25));
  float f = (float)norm, factor = (float)mer__gradient_clip_factor(norm, 1);
  snprintf(key, sizeof key, "%s.norm", prefix);
  assert_golden(&f, key, 1, 5e-7);
  for (int i = 0; i < 25; i++) g[i] *= factor;
  at = g;
  for (int i = 0; i < 3; at += sizes[i++]) {
    snprintf(key, sizeof key, "%s.%d.out", prefix, i);
    assert_golden(at, key, sizes[i], 5e-7);
  }
}

static void clipping_bounds_the_norm(void **state) {
  (void)state;
  clipping_is_pytorchs("clip");
  clipping_is_pytorchs("clip.small");
  assert_true(mer__gradient_clip_factor(0, 1) == 1);
  assert_true(isnan(mer__gradient_clip_factor(NAN, 1)));
  assert_true(mer__gradient_square(NULL, 0) == 0);
}

/* A table of rows between other parameters. */
enum { BEFORE = 40, ROWS = 50, WIDTH = 37, AFTER = 5000, SIZE = BEFORE + ROWS * WIDTH + AFTER };

typedef struct training {
  mer__params params;
  float m[SIZE], v[SIZE];
} training;

static void begin(training *t) {
  mer_error err = {0};
  mer__rng rng = {.seed = 3};
  *t = (training){.params = {.group = MER__GROUP_HEAD}};
  mer__params_add(&t->params, MER__VECTOR, BEFORE, 0, "before");
  mer__params_add(&t->params, MER__TABLE, ROWS, WIDTH, "table");
  mer__params_add(&t->params, MER__VECTOR, AFTER, 0, "after");
  t->params.items[0].rate = 0.5;
  t->params.items[1].rate = 0.25;
  assert_ok(mer__params_allocate(&t->params, &err));
  assert_ok(mer__params_train(&t->params, &err));
  for (int i = 0; i < SIZE; i++) t->params.values[i] = mer__rng_normal(&rng);
}

/* Few rows of each step are named; some never. */
static int names(int32_t *ids, int step) {
  int n = 0;
  for (int r = step % 7; r < ROWS - 3 && step % 11 != 0; r += 3 + step % 13) ids[n++] = r;
  if (n > 1) ids[n++] = ids[0];
  return n;
}

static void make_gradient(float *grads, const int32_t *ids, int n_ids, uint64_t step) {
  mer__rng rng = {.seed = 4, .stream = step};
  for (int i = 0; i < BEFORE; i++) grads[i] = mer__rng_normal(&rng);
  for (int i = SIZE - AFTER; i < SIZE; i++) grads[i] = mer__rng_normal(&rng);
  for (int k = 0; k < n_ids; k++)
    for (int i = 0; i < WIDTH; i++) grads[BEFORE + ids[k] * WIDTH + i] = mer__rng_normal(&rng);
}

/* A dense step: each parameter at its own rate. */
static void dense_step(training *t, const mer__adam *options, int64_t step, float grad_scale) {
  for (size_t i = 0; i < t->params.n_items; i++) {
    const mer__param *p = &t->params.items[i];
    mer__adam own = *options;
    own.lr *= p->rate;
    adam(t->params.values + p->offset, t->m + p->offset, t->v + p->offset,
         t->params.grads + p->offset, p->size, &own, step, grad_scale, true);
  }
}

static bool row_is_named(const int32_t *ids, int n_ids, int row) {
  for (int k = 0; k < n_ids; k++)
    if (ids[k] == row) return true;
  return false;
}

/* Of the steps of `optimizer` against dense ones, with the rates of a schedule. */
static void same_bits_as_dense(const mer__adam *options, bool clip, bool at_once) {
  enum { STEPS = 60 };
  static training a, b;
  mer_error err = {0};
  mer__optimizer optimizer;
  begin(&a);
  begin(&b);
  mer__compute compute = {0};
  assert_ok(mer__optimizer_init(&optimizer, &b.params, &compute, b.m, b.v,
                                (mer__row_table){BEFORE, ROWS, WIDTH}, 0, STEPS, &err));
  for (int step = 0; step < STEPS; step++) {
    mer__adam o = *options;
    o.lr *= mer__schedule_factor(step, STEPS, 5, true);
    int32_t ids[2 * ROWS];
    int n_ids = names(ids, step);
    make_gradient(a.params.grads, ids, n_ids, (uint64_t)step);
    mer__optimizer_begin(&optimizer, &o, at_once);
    mer__optimizer_touch(&optimizer, ids, n_ids / 2);
    mer__optimizer_touch(&optimizer, ids + n_ids / 2, n_ids - n_ids / 2);
    mer__optimizer_catch_up(&optimizer);
    for (int r = 0; r < ROWS; r++)
      if (row_is_named(ids, n_ids, r))
        assert_memory_equal(a.params.values + BEFORE + r * WIDTH,
                            b.params.values + BEFORE + r * WIDTH, WIDTH * sizeof(float));
    make_gradient(b.params.grads, ids, n_ids, (uint64_t)step);
    float scale = 1;
    if (clip) {
      double norm = mer__optimizer_gradient_norm(&optimizer);
      assert_near(norm, sqrt(mer__gradient_square(a.params.grads, SIZE)), 1e-9 * norm);
      scale = (float)mer__gradient_clip_factor(norm, 1);
    }
    if (at_once) {
      optimizer.sink.announce(&optimizer.sink, SIZE - 3000, 1000);
      optimizer.sink.take(&optimizer.sink, SIZE - 3000, b.params.grads + SIZE - 3000, 400);
      optimizer.sink.take(&optimizer.sink, SIZE - 2600, b.params.grads + SIZE - 2600, 600);
      memset(b.params.grads + SIZE - 3000, 0, 1000 * sizeof(float));
    }
    dense_step(&a, &o, step + 1, scale);
    assert_ok(mer__optimizer_step(&optimizer, scale, &err));
    assert_memory_equal(a.params.grads, b.params.grads, SIZE * sizeof(float));
    if (step % 23 == 0) {
      mer__optimizer_sync(&optimizer);
      assert_memory_equal(a.params.values, b.params.values, SIZE * sizeof(float));
    }
  }
  assert_memory_not_equal(a.params.values, b.params.values, SIZE * sizeof(float));
  mer__optimizer_sync(&optimizer);
  assert_memory_equal(a.params.values, b.params.values, SIZE * sizeof(float));
  assert_memory_equal(a.m, b.m, sizeof a.m);
  assert_memory_equal(a.v, b.v, sizeof a.v);
  mer__optimizer_clear(&optimizer);
  mer__params_clear(&a.params);
  mer__params_clear(&b.params);
}

static void late_and_early_updates_are_dense_ones(void **state) {
  (void)state;
  mer__adam decayed = ADAM;
  decayed.weight_decay = 0.1;
  for (int at_once = 0; at_once < 2; at_once++) {
    same_bits_as_dense(&ADAM, false, at_once);
    same_bits_as_dense(&ADAMW, false, at_once);
    same_bits_as_dense(&decayed, false, at_once);
  }
  same_bits_as_dense(&ADAMW, true, false);
  same_bits_as_dense(&decayed, true, false);
}

/* Weight decay would shrink what a training only keeps. */
static void buffers_are_left_alone(void **state) {
  (void)state;
  enum { N_BUFFERS = 6, N_WEIGHTS = 9 };
  mer_error err = {0};
  mer__params params = {0};
  mer__optimizer o;
  mer__compute compute = {0};
  float m[N_BUFFERS + N_WEIGHTS] = {0}, v[N_BUFFERS + N_WEIGHTS] = {0};
  const int64_t weight = mer__params_add(&params, MER__LINEAR, 3, 3, "weight");
  const int64_t mean = mer__params_add(&params, MER__BUFFER, N_BUFFERS, 0, "mean");
  assert_ok(mer__params_allocate(&params, &err));
  assert_ok(mer__params_train(&params, &err));
  assert_int_equal(params.n_buffers, N_BUFFERS);
  for (int64_t i = 0; i < params.size; i++) params.values[i] = 1;
  assert_ok(mer__optimizer_init(&o, &params, &compute, m, v, (mer__row_table){0}, 0, 3, &err));
  for (int step = 0; step < 3; step++) {
    mer__optimizer_begin(&o, &ADAMW, false);
    assert_ok(mer__optimizer_step(&o, 1, &err));
  }
  for (int i = 0; i < N_BUFFERS; i++) assert_true(mer__value(&params, mean)[i] == 1);
  for (int i = 0; i < N_WEIGHTS; i++) assert_true(mer__value(&params, weight)[i] < 1);
  mer__optimizer_clear(&o);
  mer__params_clear(&params);
}

/* Steps that are skipped change nothing, also for rows that are caught up later. */
static void skipped_steps_change_nothing(void **state) {
  (void)state;
  enum { STEPS = 12, FIRST = 5 };
  static training a, b;
  mer_error err = {0};
  mer__optimizer x, y;
  begin(&a);
  begin(&b);
  const mer__row_table table = {BEFORE, ROWS, WIDTH};
  mer__compute compute = {0};
  assert_ok(mer__optimizer_init(&x, &a.params, &compute, a.m, a.v, table, 0, STEPS, &err));
  assert_ok(mer__optimizer_init(&y, &b.params, &compute, b.m, b.v, table, 0, STEPS, &err));
  int32_t ids[2 * ROWS];
  for (int step = 0; step < STEPS; step++) {
    int n_ids = names(ids, step + 1);
    make_gradient(b.params.grads, ids, n_ids, (uint64_t)step);
    mer__optimizer_begin(&y, &ADAMW, false);
    mer__optimizer_touch(&y, ids, n_ids);
    mer__optimizer_catch_up(&y);
    if (step < FIRST) assert_ok(mer__optimizer_step(&y, 1, &err));
    else mer__optimizer_skip(&y);
    for (int i = 0; i < SIZE; i++) assert_true(b.params.grads[i] == 0);
    if (step >= FIRST) continue;
    make_gradient(a.params.grads, ids, n_ids, (uint64_t)step);
    mer__optimizer_begin(&x, &ADAMW, false);
    mer__optimizer_touch(&x, ids, n_ids);
    mer__optimizer_catch_up(&x);
    assert_ok(mer__optimizer_step(&x, 1, &err));
  }
  mer__optimizer_sync(&x);
  mer__optimizer_sync(&y);
  assert_memory_equal(a.params.values, b.params.values, SIZE * sizeof(float));
  assert_memory_equal(a.m, b.m, sizeof a.m);
  assert_memory_equal(a.v, b.v, sizeof a.v);
  mer__optimizer_clear(&x);
  mer__optimizer_clear(&y);
  mer__params_clear(&a.params);
  mer__params_clear(&b.params);
}

/* One bad element is found wherever it lies and whoever updates it. */
static void bad_gradients_are_found(void **state) {
  static const float bad[] = {NAN, INFINITY, -INFINITY, 1e25f};
  (void)state;
  for (int i = 0; i < 4; i++)
    for (int at = 0; at < 3; at++) {
      static training t;
      mer_error err = {0};
      mer__optimizer o;
      begin(&t);
      mer__compute compute = {0};
      assert_ok(mer__optimizer_init(&o, &t.params, &compute, t.m, t.v,
                                    (mer__row_table){BEFORE, ROWS, WIDTH}, 0, 2, &err));
      int32_t id = 3;
      float *grads = t.params.grads;
      for (int step = 0; step < 2; step++) {
        make_gradient(grads, &id, 1, (uint64_t)step);
        if (step == 1) grads[(int[]){SIZE - 1, SIZE - 2500, BEFORE + 3 * WIDTH + 5}[at]] = bad[i];
        mer__optimizer_begin(&o, &ADAM, true);
        mer__optimizer_touch(&o, &id, 1);
        mer__optimizer_catch_up(&o);
        o.sink.announce(&o.sink, SIZE - 3000, 1000);
        o.sink.take(&o.sink, SIZE - 3000, grads + SIZE - 3000, 1000);
        memset(grads + SIZE - 3000, 0, 1000 * sizeof(float));
        assert_ok(mer__optimizer_step(&o, 1, &err));
        assert_int_equal(mer__optimizer_is_spoiled(&o), step == 1);
      }
      mer__optimizer_clear(&o);
      mer__params_clear(&t.params);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(adam_is_pytorchs),
      cmocka_unit_test(adamw_is_pytorchs),
      cmocka_unit_test(schedule_is_transformers),
      cmocka_unit_test(decay_is_coupled_or_not),
      cmocka_unit_test(gradient_is_scaled_and_zeroed),
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(late_and_early_updates_are_dense_ones),
      cmocka_unit_test(clipping_bounds_the_norm),
      cmocka_unit_test(buffers_are_left_alone),
      cmocka_unit_test(skipped_steps_change_nothing),
      cmocka_unit_test(bad_gradients_are_found),
  };
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
