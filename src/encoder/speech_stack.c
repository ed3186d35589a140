/* speech_stack.c: from frames to one vector for each input. */
#include "encoder/speech_stack.h"

#include <string.h>

#include "base/error.h"
#include "encoder/speech_windows.h"
#include "nn/dropout.h"

/* One run of stem and layers. */
typedef struct run {
  const mer__speech_stack *stack;
  mer__windows windows;
  void **kept, *shared; /* of each window, and of all: of the stem */
  mer__transformer_state state;
  mer__layer_pool_pass pool;
} run;

/* What forward keeps for backward. */
typedef struct stack_state {
  bool known; /* the statistics were, and there was no run */
  run run;
  mer__layer_pool_state pool;
} stack_state;

mer_status mer__speech_stack_declare(mer__speech_stack *stack, mer__modality *modality,
                                     mer__params *params, const mer__transformer_names *names,
                                     mer_error *err) {
  stack->layers.config.result = MER__ALL_ROWS;
  stack->pool.n_layers = stack->layers.config.n_layers;
  stack->pool.hidden = stack->layers.config.hidden_size;
  modality->width = mer__layer_pool_width(&stack->pool);
  modality->has_trained_part = stack->pool.sum;
  modality->has_constants = stack->pool.standardized;
  mer_status status = mer__transformer_declare(&stack->layers, params, names, err);
  stack->pool.first_trained = stack->layers.first_trained;
  return status == MER_OK ? mer__layer_pool_declare(&stack->pool, params, err) : status;
}

void mer__speech_stack_clear(mer__speech_stack *stack) { mer__transformer_clear(&stack->layers); }

static mer_status run_stem(run *r, const mer__pass *pass, mer_error *err) {
  const int64_t hidden = r->stack->layers.config.hidden_size, n = r->windows.n;
  const mer__dropout dropout = mer__transformer_input_dropout(&r->stack->layers, pass);
  const mer__speech_stem *stem = r->stack->stem;
  const int32_t *offsets = r->windows.by_window.offsets;
  mer_status status = MER_OK;
  r->kept = mer__arena_alloc(pass->arena, (size_t)n, sizeof *r->kept);
  if (!r->kept) return mer__fail_memory(err);
  if (stem->begin) status = stem->begin(&r->shared, r->stack->self, pass, err);
  for (int64_t k = 0; k < n && status == MER_OK; k++)
    status = stem->forward(r->state.input + offsets[k] * hidden, &r->kept[k], r->stack->self,
                           r->shared, &r->windows.items[k], pass, err);
  mer__dropout_apply(r->state.input, r->state.input, offsets[n] * hidden, &dropout);
  return status;
}

/* Stem and layers over the windows: `statistics` [n, depths, width] of the inputs. */
static mer_status run_all(float *statistics, run *r, const mer__pass *pass, mer_error *err) {
  const mer__transformer *layers = &r->stack->layers;
  mer_status status;
  MER__CHECK(mer__windows_pack(&r->windows, pass->arena, err));
  const mer__packing *windows = &r->windows.by_window;
  const int64_t n_rows = windows->offsets[r->windows.n];
  MER__CHECK(mer__transformer_begin(&r->state, layers, windows, pass, err));
  MER__CHECK(run_stem(r, pass, err));
  MER__CHECK(mer__layer_pool_begin(&r->pool, &r->stack->pool, &r->windows.by_input, statistics,
                                   pass, err));
  r->state.tap = &r->pool.tap;
  float *rows =
      mer__arena_alloc(pass->arena, (size_t)(n_rows * layers->config.hidden_size), sizeof *rows);
  if (!rows) return mer__fail_memory(err);
  MER__CHECK(mer__transformer_forward(rows, &r->state, layers, pass, err));
cleanup:
  return status;
}

/* Window after window, in the memory of one. For prediction of long sound. */
static mer_status run_one_by_one(float *statistics, const run *whole, const mer__pass *pass,
                                 mer_error *err) {
  const mer__layer_pool *pool = &whole->stack->pool;
  const int64_t size = mer__layer_pool_size(pool), depths = mer__layer_pool_depths(pool);
  mer__layer_pool_part sum = {.log_sums =
                                  mer__arena_alloc(pass->arena, (size_t)depths, sizeof(float))};
  mer__arena arena = {0};
  mer__pass own = *pass;
  mer_status status = sum.log_sums ? MER_OK : mer__fail_memory(err);
  own.arena = &arena;
  for (int64_t k = 0; k < whole->windows.n && status == MER_OK; k++) {
    mer__window window = whole->windows.items[k];
    if (k == 0 || whole->windows.items[k - 1].input != window.input) sum.n_rows = 0;
    sum.statistics = statistics + window.input * size;
    window.input = 0;
    mer__arena_reset(&arena);
    run r = {.stack = whole->stack, .windows = {.items = &window, .n = 1, .n_inputs = 1}};
    float *more = mer__arena_alloc(&arena, (size_t)size, sizeof *more);
    status = more ? run_all(more, &r, &own, err) : mer__fail_memory(err);
    if (status != MER_OK) break;
    const mer__layer_pool_part part = {window.n_rows, more, r.pool.log_sums};
    mer__layer_pool_merge(&sum, &part, pool);
  }
  mer__arena_clear(&arena);
  return status;
}

/* `statistics` [n, depths, width] of the inputs. */
static mer_status listen(float *statistics, run *r, const mer__speech_stack *stack,
                         const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                         mer_error *err) {
  *r = (run){.stack = stack};
  mer_status status = mer__windows_cut(&r->windows, stack, inputs, n, pass, err);
  if (status != MER_OK) return status;
  if (r->windows.n > n && !pass->noise.training) return run_one_by_one(statistics, r, pass, err);
  return run_all(statistics, r, pass, err);
}

int64_t mer__speech_stack_frozen_width(const mer__speech_stack *stack) {
  return mer__layer_pool_size(&stack->pool);
}

mer_status mer__speech_stack_encode_frozen(float *out, const mer__speech_stack *stack,
                                           const mer__input *const *inputs, int64_t n,
                                           const mer__pass *pass, mer_error *err) {
  run r;
  return listen(out, &r, stack, inputs, n, pass, err);
}

mer_status mer__speech_stack_forward(float *vectors, void **state_out,
                                     const mer__speech_stack *stack,
                                     const mer__input *const *inputs, int64_t n,
                                     const mer__pass *pass, mer_error *err) {
  const int64_t size = mer__layer_pool_size(&stack->pool);
  stack_state *state = *state_out = mer__arena_alloc(pass->arena, 1, sizeof *state);
  float *statistics = mer__arena_alloc(pass->arena, (size_t)(n * size), sizeof *statistics);
  mer_status status = MER_OK;
  if (!state || !statistics) return mer__fail_memory(err);
  state->known = true;
  for (int64_t i = 0; i < n; i++) state->known = state->known && inputs[i]->vector;
  for (int64_t i = 0; i < n && state->known; i++)
    memcpy(statistics + i * size, inputs[i]->vector, (size_t)size * sizeof *statistics);
  if (!state->known) status = listen(statistics, &state->run, stack, inputs, n, pass, err);
  if (status != MER_OK) return status;
  return mer__layer_pool_forward(vectors, &state->pool, &stack->pool, statistics, n, pass, err);
}

static mer_status run_backward(const run *r, const mer__pass *pass, mer_error *err) {
  const int64_t hidden = r->stack->layers.config.hidden_size, n = r->windows.n;
  const int32_t *offsets = r->windows.by_window.offsets;
  const mer__speech_stem *stem = r->stack->stem;
  const mer__dropout dropout = mer__transformer_input_dropout(&r->stack->layers, pass);
  float *dinput;
  mer__layer_pool_frozen_backward(&r->pool);
  mer_status status =
      mer__transformer_backward(&dinput, &r->state, &r->stack->layers, NULL, pass, err);
  if (status != MER_OK || !dinput) return status;
  mer__dropout_apply(dinput, dinput, offsets[n] * hidden, &dropout);
  for (int64_t k = 0; k < n && status == MER_OK; k++)
    status = stem->backward(dinput + offsets[k] * hidden, r->kept[k], r->stack->self, r->shared,
                            &r->windows.items[k], pass, err);
  if (status == MER_OK && stem->end_backward) stem->end_backward(r->stack->self, r->shared, pass);
  return status;
}

mer_status mer__speech_stack_backward(const mer__speech_stack *stack, const void *kept,
                                      const float *dvectors, const mer__pass *pass,
                                      mer_error *err) {
  const stack_state *state = kept;
  float *dstatistics = state->known ? NULL : state->run.pool.dstatistics;
  mer_status status =
      mer__layer_pool_backward(dstatistics, &stack->pool, &state->pool, dvectors, pass, err);
  if (status != MER_OK || state->known) return status;
  return run_backward(&state->run, pass, err);
}
