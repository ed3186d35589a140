/* test_mel_block.c: convolution, batch norm, ReLU and max pooling over packed clips of different
 * lengths against PyTorch, in training and for prediction, at every level of the processor;
 * gradients by finite differences; a clip alone and among others; one thread and several. */
#include "layers/mel_block.h"

#include <omp.h>

#include "layers/packed_golden.h"

static const struct {
  const char *name;
  mer__mel_block block;
} BLOCKS[] = {
    {"first",
     {.n_bands = 10, .in = 1, .out = 16, .of_frames = true, .n_times = 2, .n_pooled_bands = 2}},
    {"second", {.n_bands = 6, .in = 5, .out = 8, .n_times = 1, .n_pooled_bands = 2}},
};
enum { N_BLOCKS = sizeof BLOCKS / sizeof *BLOCKS };

typedef struct fixture {
  mer__mel_block block;
  mer__params params;
  mer__arena arena;
  mer__packing clips, pooled;
  int32_t offsets[8];
  float *x, *map, *y, *dy, *dx; /* x: [T, F, in] */
  int64_t n_x, n_y;
} fixture;

/* Frames of x that a block takes, which may be a map. */
static const float *input_of(fixture *f) {
  const mer__mel_block *b = &f->block;
  const int64_t n = f->clips.offsets[f->clips.n_utterances], row = b->n_bands * b->in;
  if (b->of_frames) return f->x;
  float *map = f->map + b->in;
  mer__mel_map_pad(map, n, b->n_bands, b->in);
  for (int64_t t = 0; t < n; t++)
    memcpy(map + t * (row + b->in), f->x + t * row, (size_t)row * sizeof *map);
  return map;
}

static fixture *open_block(const mer__mel_block *block, const char *name, bool makes_map,
                           const mer__packing *clips) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->block = *block;
  f->block.makes_map = makes_map;
  f->clips = *clips;
  f->pooled = (mer__packing){clips->n_utterances, f->offsets};
  for (int b = 0; b < clips->n_utterances; b++)
    f->offsets[b + 1] =
        f->offsets[b] +
        (int32_t)mer__pooled_frames(clips->offsets[b + 1] - clips->offsets[b], block->n_times);
  assert_ok(mer__mel_block_declare(&f->block, &f->params, name, &err));
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  mer__rng rng = {.seed = 3};
  mer__mel_block_init(&f->block, &f->params, &rng);
  const int64_t n = clips->offsets[clips->n_utterances];
  f->n_x = n * block->n_bands * block->in;
  f->n_y = f->offsets[clips->n_utterances] * (block->n_bands / block->n_pooled_bands) * block->out;
  f->x = normal(f->n_x, 1);
  f->map = normal(mer__mel_map_size(n, block->n_bands, block->in), 2);
  f->y = normal(f->n_y, 3);
  f->dy = normal(f->n_y, 4);
  f->dx = normal(f->n_x, 5);
  return f;
}

static void close_block(fixture *f) {
  mer__params_clear(&f->params);
  mer__arena_clear(&f->arena);
  free(f->x);
  free(f->map);
  free(f->y);
  free(f->dy);
  free(f->dx);
  free(f);
}

static fixture *open_golden_block(int i, bool makes_map) {
  const char *name = BLOCKS[i].name;
  fixture *f = open_block(&BLOCKS[i].block, name, makes_map, &CLIPS);
  read_golden_params(&f->params, name);
  memcpy(f->x, find_golden(NULL, name, "x"), (size_t)f->n_x * sizeof(float));
  memcpy(f->dy, find_golden(NULL, name, "dy"), (size_t)f->n_y * sizeof(float));
  return f;
}

static mer__pass pass_of(fixture *f, bool training) {
  return (mer__pass){.params = &f->params, .arena = &f->arena, .noise = {.training = training}};
}

/* The result in f->y, without the zeros of a map. */
static void forward(fixture *f, mer__mel_block_state *state, bool training) {
  const mer__mel_block *b = &f->block;
  const mer__pass pass = pass_of(f, training);
  mer_error err = {0};
  mer__arena_reset(&f->arena);
  assert_ok(mer__mel_block_forward(state, b, input_of(f), &f->clips, &f->pooled, &pass, &err));
  const int64_t row = b->n_bands / b->n_pooled_bands * b->out;
  const int64_t with_zeros = row + (b->makes_map ? b->out : 0);
  for (int64_t t = 0; t < f->n_y / row; t++) {
    memcpy(f->y + t * row, state->y + t * with_zeros, (size_t)row * sizeof(float));
    for (int64_t c = row; c < with_zeros; c++) assert_true(state->y[t * with_zeros + c] == 0);
  }
}

static void backward(fixture *f) {
  mer__mel_block_state state;
  mer_error err = {0};
  forward(f, &state, true);
  const mer__pass pass = pass_of(f, true);
  memset(f->params.grads, 0, (size_t)(f->params.size - f->params.first_trained) * sizeof(float));
  assert_ok(mer__mel_block_backward(f->block.of_frames ? NULL : f->dx, f->dy, &state, &f->block,
                                    &pass, &err));
}

static void expect_buffers(const fixture *f, const char *name) {
  const mer__batch_norm *norm = &f->block.norm;
  expect_golden(mer__value(&f->params, norm->mean), name, "after.norm.running_mean", 1e-5);
  expect_golden(mer__value(&f->params, norm->variance), name, "after.norm.running_var", 1e-5);
  assert_true(*mer__value(&f->params, norm->count) == 42);
}

static void it_equals_pytorch(void **state) {
  (void)state;
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int i = 0; i < 2 * N_BLOCKS; i++) {
      const char *name = BLOCKS[i / 2].name;
      fixture *f = open_golden_block(i / 2, i % 2 == 1);
      backward(f);
      expect_golden(f->y, name, "y", 1e-5);
      expect_golden_gradients(&f->params, name, 1e-4);
      if (!f->block.of_frames) expect_golden(f->dx, name, "grad.x", 1e-4);
      expect_buffers(f, name);
      mer__mel_block_state s;
      forward(f, &s, false);
      expect_golden(f->y, name, "eval.y", 1e-5);
      close_block(f);
    }
}

static double loss(void *block) {
  fixture *f = block;
  mer__mel_block_state state;
  double sum = 0;
  forward(f, &state, true);
  for (int64_t i = 0; i < f->n_y; i++) sum += (double)f->y[i] * f->dy[i];
  return sum;
}

/* Where another element of a window becomes the largest, or one crosses 0, the slopes to both sides
 * differ, and the gradient is one of them. */
static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  const float step = 1e-3f;
  for (int i = 0; i < N_BLOCKS; i++) {
    fixture *f = open_golden_block(i, false);
    mer__params *params = &f->params;
    backward(f);
    const double middle = loss(f);
    for (int64_t k = params->first_trained + params->n_buffers; k < params->size; k += 3) {
      const float saved = params->values[k], gradient = params->grads[k - params->first_trained];
      params->values[k] = saved + step;
      const double above = (loss(f) - middle) / step;
      params->values[k] = saved - step;
      const double below = (middle - loss(f)) / step;
      params->values[k] = saved;
      assert_near(fmin(fabs(gradient - above), fabs(gradient - below)) / (1 + fabs(above)), 0,
                  0.05);
    }
    close_block(f);
  }
}

static void a_clip_alone_is_what_it_is_among_others(void **state) {
  (void)state;
  for (int i = 0; i < N_BLOCKS; i++) {
    fixture *all = open_golden_block(i, false);
    const mer__mel_block *block = &all->block;
    mer__mel_block_state s;
    forward(all, &s, false);
    for (int b = 0; b < B; b++) {
      const int32_t offsets[] = {0, OFFSETS[b + 1] - OFFSETS[b]};
      const mer__packing clip = {1, offsets};
      fixture *one = open_block(block, BLOCKS[i].name, false, &clip);
      const int64_t row = block->n_bands / block->n_pooled_bands * block->out;
      memcpy(one->params.values, all->params.values, (size_t)all->params.size * sizeof(float));
      memcpy(one->x, all->x + OFFSETS[b] * block->n_bands * block->in,
             (size_t)one->n_x * sizeof(float));
      forward(one, &s, false);
      assert_near(max_difference(one->y, all->y + all->offsets[b] * row, (size_t)one->n_y), 0,
                  1e-6);
      close_block(one);
    }
    close_block(all);
  }
}

/* Large enough for threads. */
static void threads_do_not_matter(void **state) {
  (void)state;
  static const int32_t offsets[] = {0, 33, 90};
  const mer__packing clips = {2, offsets};
  const mer__mel_block block = {
      .n_bands = 32, .in = 16, .out = 32, .n_times = 2, .n_pooled_bands = 2};
  const int n_threads = omp_get_max_threads();
  fixture *f[2];
  for (int i = 0; i < 2; i++) {
    omp_set_num_threads(i == 0 ? 1 : 3);
    f[i] = open_block(&block, "block", true, &clips);
    backward(f[i]);
  }
  omp_set_num_threads(n_threads);
  assert_memory_equal(f[0]->y, f[1]->y, (size_t)f[0]->n_y * sizeof(float));
  assert_memory_equal(f[0]->dx, f[1]->dx, (size_t)f[0]->n_x * sizeof(float));
  assert_memory_equal(f[0]->params.values, f[1]->params.values,
                      (size_t)f[0]->params.size * sizeof(float));
  assert_memory_equal(f[0]->params.grads, f[1]->params.grads,
                      (size_t)f[0]->params.size * sizeof(float));
  close_block(f[0]);
  close_block(f[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_equals_pytorch),
                                     cmocka_unit_test(gradients_are_those_of_finite_differences),
                                     cmocka_unit_test(a_clip_alone_is_what_it_is_among_others),
                                     cmocka_unit_test(threads_do_not_matter)};
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
