/* test_bilstm.c: the bidirectional LSTM against PyTorch on packed clips of different lengths, at
 * every level of the processor; against finite differences; a clip alone and among others; one
 * thread and several. */
#include "layers/bilstm.h"

#include <omp.h>

#include "layers/packed_golden.h"
#include "nn/lstm.h"

enum { IN = 6, H = 8 };

typedef struct fixture {
  mer__params params;
  mer__bilstm lstm;
  mer__arena arena;
  mer__packing packing;
  float *x, *y, *dy, *dx;
  int64_t n_rows;
} fixture;

static fixture *open_lstm(int64_t in, int64_t hidden, const mer__packing *packing) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->lstm = (mer__bilstm){.in = in, .hidden = hidden};
  f->packing = *packing;
  f->n_rows = packing->offsets[packing->n_utterances];
  assert_ok(mer__bilstm_declare(&f->lstm, &f->params, "lstm", &err));
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  mer__rng rng = {.seed = 3};
  mer__bilstm_init(&f->lstm, &f->params, &rng);
  f->x = normal(f->n_rows * in, 1);
  f->dy = normal(f->n_rows * 2 * hidden, 2);
  f->y = normal(f->n_rows * 2 * hidden, 3);
  f->dx = normal(f->n_rows * in, 4);
  return f;
}

static void close_lstm(fixture *f) {
  mer__params_clear(&f->params);
  mer__arena_clear(&f->arena);
  free(f->x);
  free(f->y);
  free(f->dy);
  free(f->dx);
  free(f);
}

static mer__pass pass_of(fixture *f, bool training) {
  return (mer__pass){.params = &f->params, .arena = &f->arena, .noise = {.training = training}};
}

static void forward(fixture *f, mer__bilstm_state *state, bool training) {
  mer_error err = {0};
  const mer__pass pass = pass_of(f, training);
  mer__arena_reset(&f->arena);
  assert_ok(mer__bilstm_forward(f->y, state, &f->lstm, f->x, &f->packing, &pass, &err));
}

static void backward(fixture *f) {
  mer_error err = {0};
  mer__bilstm_state state;
  forward(f, &state, true);
  const mer__pass pass = pass_of(f, true);
  memset(f->params.grads, 0, (size_t)f->params.size * sizeof(float));
  assert_ok(mer__bilstm_backward(f->dx, f->dy, &state, &f->lstm, &pass, &err));
}

static void it_equals_pytorch(void **state) {
  (void)state;
  fixture *f = open_lstm(IN, H, &CLIPS);
  read_golden_params(&f->params, "lstm");
  memcpy(f->x, find_golden(NULL, "lstm", "x"), T * IN * sizeof(float));
  memcpy(f->dy, find_golden(NULL, "lstm", "dy"), T * 2 * H * sizeof(float));
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    mer__bilstm_state s;
    forward(f, &s, false);
    expect_golden(f->y, "lstm", "y", 1e-5);
    backward(f);
    expect_golden(f->y, "lstm", "y", 1e-5);
    expect_golden(f->dx, "lstm", "grad.x", 1e-4);
    expect_golden_gradients(&f->params, "lstm", 1e-4);
  }
  close_lstm(f);
}

static double loss(void *layer) {
  fixture *f = layer;
  mer__bilstm_state state;
  double sum = 0;
  forward(f, &state, true);
  for (int64_t i = 0; i < f->n_rows * 2 * f->lstm.hidden; i++) sum += (double)f->y[i] * f->dy[i];
  return sum;
}

/* Sizes that fill no vector. */
static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  fixture *f = open_lstm(5, 11, &CLIPS);
  backward(f);
  expect_slopes(loss, f, f->params.values, f->params.grads, f->params.size, 17, 2e-3);
  expect_slopes(loss, f, f->x, f->dx, f->n_rows * 5, 3, 2e-3);
  close_lstm(f);
}

static void a_clip_alone_is_what_it_is_among_others(void **state) {
  (void)state;
  fixture *f = open_lstm(IN, H, &CLIPS);
  mer__bilstm_state s;
  forward(f, &s, false);
  for (int32_t b = 0; b < B; b++) {
    const int32_t offsets[] = {0, OFFSETS[b + 1] - OFFSETS[b]};
    const mer__packing one = {1, offsets};
    mer_error err = {0};
    const mer__pass pass = pass_of(f, false);
    float y[T * 2 * H];
    assert_ok(mer__bilstm_forward(y, &s, &f->lstm, f->x + OFFSETS[b] * IN, &one, &pass, &err));
    assert_near(max_difference(y, f->y + OFFSETS[b] * 2 * H, (size_t)offsets[1] * 2 * H), 0, 1e-6);
  }
  close_lstm(f);
}

/* Long enough that each direction is a thread's own. */
static void threads_do_not_matter(void **state) {
  (void)state;
  static const int32_t offsets[] = {0, 40, 120};
  enum { ROWS = 120, WIDE = 32 };
  const mer__packing packing = {2, offsets};
  const int n_threads = omp_get_max_threads();
  fixture *f[2];
  for (int i = 0; i < 2; i++) {
    omp_set_num_threads(i == 0 ? 1 : 3);
    f[i] = open_lstm(WIDE, WIDE, &packing);
    backward(f[i]);
  }
  omp_set_num_threads(n_threads);
  assert_memory_equal(f[0]->y, f[1]->y, ROWS * 2 * WIDE * sizeof(float));
  assert_memory_equal(f[0]->dx, f[1]->dx, ROWS * WIDE * sizeof(float));
  assert_memory_equal(f[0]->params.grads, f[1]->params.grads,
                      (size_t)f[0]->params.size * sizeof(float));
  close_lstm(f[0]);
  close_lstm(f[1]);
}

/* Longest first, equal ones as they come, of many. */
static void many_utterances_are_sorted(void **state) {
  (void)state;
  enum { N = 5000 };
  static int32_t offsets[N + 1], order[N];
  static bool seen[N];
  mer__rng rng = {.seed = 4};
  for (int i = 0; i < N; i++) offsets[i + 1] = offsets[i] + 1 + (int32_t)mer__rng_below(&rng, 50);
  for (int n = 0; n <= N; n = n < 3 ? n + 1 : n + 1249) {
    const mer__packing packing = {.n_utterances = n, .offsets = offsets};
    memset(seen, 0, sizeof seen);
    mer__lstm_sort(order, &packing);
    for (int i = 0; i < n; i++) {
      assert_true(order[i] >= 0 && order[i] < n && !seen[order[i]]);
      seen[order[i]] = true;
      if (i == 0) continue;
      const int32_t a = order[i - 1], b = order[i];
      const int32_t x = offsets[a + 1] - offsets[a], y = offsets[b + 1] - offsets[b];
      assert_true(x > y || (x == y && a < b));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_equals_pytorch),
                                     cmocka_unit_test(gradients_are_those_of_finite_differences),
                                     cmocka_unit_test(a_clip_alone_is_what_it_is_among_others),
                                     cmocka_unit_test(threads_do_not_matter),
                                     cmocka_unit_test(many_utterances_are_sorted)};
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
