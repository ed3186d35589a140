/* speech_stack.c: from frames to one vector for each input. */
#include "encoder/speech_stack.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "layers/pooling.h"
#include "nn/dropout.h"
#include "nn/rows.h"

/* One run of stem and layers. */
typedef struct run {
  const mer__speech_stack *stack;
  mer__transformer layers; /* with the result that is wanted */
  const mer__window *windows;
  int64_t n_windows, n_inputs;
  void **kept, *shared; /* [n_windows], and of all: of the stem */
  mer__packing inputs;  /* rows of each input: its windows lie one after the other */
  mer__transformer_state state;
  float *rows; /* [T, H]: the layers' result */
} run;

/* What forward keeps for backward. */
typedef struct stack_state {
  int64_t n;
  const float **frozen; /* [n]: the layers' means that were known; NULL: the run made the vectors */
  float *weights;       /* [L + 1], of a layer sum */
  run run;
} stack_state;

static int64_t n_depths(const mer__speech_stack *stack) {
  return stack->layers.config.n_layers + 1;
}

mer_status mer__speech_stack_declare(mer__speech_stack *stack, mer__modality *modality,
                                     mer__params *params, const mer__transformer_names *names,
                                     mer_error *err) {
  const bool frozen = params->frozen;
  const char *prefix = params->prefix;
  modality->width = stack->layers.config.hidden_size;
  stack->layers.config.result = stack->layer_sum ? MER__LAYER_SUM : MER__ALL_ROWS;
  mer_status status = mer__transformer_declare(&stack->layers, params, names, err);
  if (status != MER_OK || !stack->layer_sum) return status;
  params->added = true;
  params->frozen = false;
  params->prefix = NULL;
  params->group = MER__GROUP_HEAD;
  stack->layer_weights = mer__params_add(params, MER__VECTOR, n_depths(stack), 0, "layer_weights");
  params->added = false;
  params->frozen = frozen;
  params->prefix = prefix;
  modality->has_trained_part = true;
  return stack->layer_weights < 0 ? mer__params_fail(params, err) : MER_OK;
}

void mer__speech_stack_init(const mer__speech_stack *stack, mer__params *params) {
  for (int64_t l = 0; stack->layer_sum && l < n_depths(stack); l++)
    mer__value(params, stack->layer_weights)[l] = 1 / (float)n_depths(stack);
}

void mer__speech_stack_clear(mer__speech_stack *stack) { mer__transformer_clear(&stack->layers); }

/* Windows of an input of n frames, of about the same length. */
static int64_t count_windows(const mer__speech_stack *stack, int64_t n) {
  const int64_t most = stack->stem->most_frames;
  return n <= most ? 1 : (n + most - 1) / most;
}

/* Window number i of an input. */
static mer__window window_of(const mer__speech_stack *stack, const mer__input *input, int64_t i) {
  const int64_t n = input->length / stack->frame_values, step = stack->stem->frame_step;
  const int64_t n_windows = count_windows(stack, n);
  const int64_t from = n * i / n_windows / step * step;
  const int64_t to = i + 1 == n_windows ? n : n * (i + 1) / n_windows / step * step;
  return (mer__window){.values = input->values + from * stack->frame_values,
                       .n_frames = to - from,
                       .n_rows = stack->stem->n_rows(stack->self, to - from)};
}

int64_t mer__speech_stack_rows(const mer__speech_stack *stack, const mer__input *input) {
  const int64_t n_windows = count_windows(stack, input->length / stack->frame_values);
  int64_t n_rows = 0;
  for (int64_t i = 0; i < n_windows; i++) n_rows += window_of(stack, input, i).n_rows;
  return n_rows;
}

/* All windows of the inputs, in the arena. */
static mer_status cut(mer__window **windows, int64_t *n_windows, const mer__speech_stack *stack,
                      const mer__input *const *inputs, int64_t n, mer__arena *arena,
                      mer_error *err) {
  *n_windows = 0;
  for (int64_t i = 0; i < n; i++)
    *n_windows += count_windows(stack, inputs[i]->length / stack->frame_values);
  mer__window *next = *windows = mer__arena_alloc(arena, (size_t)*n_windows, sizeof *next);
  if (!next) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++) {
    const int64_t count = count_windows(stack, inputs[i]->length / stack->frame_values);
    for (int64_t k = 0; k < count; k++) {
      *next = window_of(stack, inputs[i], k);
      next->number = next - *windows;
      next++->input = i;
    }
  }
  return MER_OK;
}

/* Packings by window and by input. */
static mer_status pack(run *r, mer__packing *windows, mer__arena *arena, mer_error *err) {
  int32_t *of_windows = mer__arena_alloc(arena, (size_t)r->n_windows + 1, sizeof(int32_t));
  int32_t *of_inputs = mer__arena_alloc(arena, (size_t)r->n_inputs + 1, sizeof(int32_t));
  int64_t at = 0, input = 0;
  if (!of_windows || !of_inputs) return mer__fail_memory(err);
  of_windows[0] = of_inputs[0] = 0;
  for (int64_t k = 0; k < r->n_windows; k++) {
    at += r->windows[k].n_rows;
    if (at > INT32_MAX) return mer__fail(err, MER_STATUS_LIMIT, "a batch of too much sound");
    of_windows[k + 1] = (int32_t)at;
    for (; input < r->windows[k].input; input++) of_inputs[input + 1] = of_windows[k];
  }
  for (; input < r->n_inputs; input++) of_inputs[input + 1] = (int32_t)at;
  *windows = (mer__packing){(int32_t)r->n_windows, of_windows};
  r->inputs = (mer__packing){(int32_t)r->n_inputs, of_inputs};
  return MER_OK;
}

static mer_status run_stem(run *r, const mer__pass *pass, mer_error *err) {
  const int64_t hidden = r->layers.config.hidden_size;
  const mer__dropout dropout = mer__transformer_input_dropout(&r->layers, pass);
  const mer__speech_stem *stem = r->stack->stem;
  mer_status status = MER_OK;
  if (stem->begin) status = stem->begin(&r->shared, r->stack->self, pass, err);
  for (int64_t k = 0; k < r->n_windows && status == MER_OK; k++)
    status = stem->forward(r->state.input + r->state.packing.offsets[k] * hidden, &r->kept[k],
                           r->stack->self, r->shared, &r->windows[k], pass, err);
  mer__dropout_apply(r->state.input, r->state.input,
                     r->state.packing.offsets[r->n_windows] * hidden, &dropout);
  return status;
}

/* Stem and layers over the windows. */
static mer_status run_all(run *r, const float *weights, const mer__pass *pass, mer_error *err) {
  mer__packing windows;
  mer_status status;
  r->kept = mer__arena_alloc(pass->arena, (size_t)r->n_windows, sizeof *r->kept);
  if (!r->kept) return mer__fail_memory(err);
  MER__CHECK(pack(r, &windows, pass->arena, err));
  MER__CHECK(mer__transformer_begin(&r->state, &r->layers, &windows, pass, err));
  MER__CHECK(run_stem(r, pass, err));
  r->state.layer_weights = weights;
  r->rows = mer__arena_alloc(pass->arena,
                             (size_t)(windows.offsets[r->n_windows] * r->layers.config.hidden_size),
                             sizeof *r->rows);
  if (!r->rows) return mer__fail_memory(err);
  MER__CHECK(mer__transformer_forward(r->rows, &r->state, &r->layers, pass, err));
cleanup:
  return status;
}

/* Means over time: of the result, or of each layer's input and the result: [n, depths, H]. */
static mer_status pool(float *out, const run *r, bool each, mer__arena *arena, mer_error *err) {
  const int64_t hidden = r->layers.config.hidden_size, n_layers = r->layers.config.n_layers;
  const int64_t depths = n_layers + 1;
  if (!each) {
    mer__mean_pool_forward(out, r->rows, &r->inputs, hidden);
    return MER_OK;
  }
  float *means = mer__arena_alloc(arena, (size_t)(r->n_inputs * hidden), sizeof *means);
  if (!means) return mer__fail_memory(err);
  for (int64_t l = 0; l < depths; l++) {
    const float *rows = l < n_layers ? mer__transformer_hidden(&r->state, l) : r->rows;
    mer__mean_pool_forward(means, rows, &r->inputs, hidden);
    mer__rows_copy(out + l * hidden, depths * hidden, means, hidden, r->n_inputs, hidden);
  }
  return MER_OK;
}

/* The weights of the layers' sum: softmax of the parameters; NULL without a sum. */
static mer_status sum_weights(float **weights, const mer__speech_stack *stack,
                              const mer__pass *pass, mer_error *err) {
  const int64_t n = n_depths(stack);
  *weights = NULL;
  if (!stack->layer_sum) return MER_OK;
  float *w = *weights = mer__arena_alloc(pass->arena, (size_t)n, sizeof *w);
  if (!w) return mer__fail_memory(err);
  const float *logits = mer__value(pass->params, stack->layer_weights);
  float most = logits[0], total = 0;
  for (int64_t l = 1; l < n; l++) most = logits[l] > most ? logits[l] : most;
  for (int64_t l = 0; l < n; l++) total += w[l] = expf(logits[l] - most);
  for (int64_t l = 0; l < n; l++) w[l] /= total;
  return MER_OK;
}

/* The layers with what a run is to give: the result, or all hidden states. */
static mer__transformer layers_for(const mer__speech_stack *stack, bool each) {
  mer__transformer layers = stack->layers;
  if (!each) return layers;
  layers.config.result = MER__ALL_ROWS;
  layers.config.keep_hidden = true;
  return layers;
}

/* Window after window, in the memory of one: `out` [n, width] are means over all rows of an input.
 * For prediction of long sound. */
static mer_status run_one_by_one(float *out, int64_t width, const run *whole, const float *weights,
                                 bool each, const mer__pass *pass, mer_error *err) {
  mer__arena arena = {0};
  mer__pass own = *pass;
  mer_status status = MER_OK;
  own.arena = &arena;
  memset(out, 0, (size_t)(whole->n_inputs * width) * sizeof *out);
  for (int64_t k = 0; k < whole->n_windows && status == MER_OK; k++) {
    mer__window window = whole->windows[k];
    const int64_t input = window.input;
    int64_t n_rows = 0;
    for (int64_t j = 0; j < whole->n_windows; j++)
      if (whole->windows[j].input == input) n_rows += whole->windows[j].n_rows;
    mer__arena_reset(&arena);
    window.input = 0;
    run r = *whole;
    r.windows = &window;
    r.n_windows = r.n_inputs = 1;
    float *mean = mer__arena_alloc(&arena, (size_t)width, sizeof *mean);
    status = mean ? run_all(&r, weights, &own, err) : mer__fail_memory(err);
    if (status == MER_OK) status = pool(mean, &r, each, &arena, err);
    if (status == MER_OK)
      mer__rows_scale_add(out + input * width, mean, (float)window.n_rows / (float)n_rows, width);
  }
  mer__arena_clear(&arena);
  return status;
}

/* `out` [n, width]: the means of inputs, of each layer or of the result alone. */
static mer_status encode(float *out, run *r, const float *weights, bool each,
                         const mer__speech_stack *stack, const mer__input *const *inputs, int64_t n,
                         const mer__pass *pass, mer_error *err) {
  mer__window *windows;
  *r = (run){.stack = stack, .layers = layers_for(stack, each), .n_inputs = n};
  mer_status status = cut(&windows, &r->n_windows, stack, inputs, n, pass->arena, err);
  if (status != MER_OK) return status;
  r->windows = windows;
  if (r->n_windows > n && !pass->noise.training)
    return run_one_by_one(out, stack->layers.config.hidden_size * (each ? n_depths(stack) : 1), r,
                          weights, each, pass, err);
  status = run_all(r, weights, pass, err);
  return status == MER_OK ? pool(out, r, each, pass->arena, err) : status;
}

int64_t mer__speech_stack_frozen_width(const mer__speech_stack *stack) {
  return stack->layers.config.hidden_size * (stack->layer_sum ? n_depths(stack) : 1);
}

mer_status mer__speech_stack_encode_frozen(float *out, const mer__speech_stack *stack,
                                           const mer__input *const *inputs, int64_t n,
                                           const mer__pass *pass, mer_error *err) {
  run r;
  return encode(out, &r, NULL, stack->layer_sum, stack, inputs, n, pass, err);
}

/* Vectors of what encode_frozen gave. */
static mer_status take_frozen(float *vectors, stack_state *state, const mer__speech_stack *stack,
                              const mer__input *const *inputs, int64_t n, mer__arena *arena,
                              mer_error *err) {
  const int64_t hidden = stack->layers.config.hidden_size, depths = n_depths(stack);
  state->frozen = mer__arena_alloc(arena, (size_t)n, sizeof(const float *));
  if (!state->frozen) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++) {
    const float *means = state->frozen[i] = inputs[i]->vector;
    float *vector = vectors + i * hidden;
    if (!stack->layer_sum) memcpy(vector, means, (size_t)hidden * sizeof *vector);
    else memset(vector, 0, (size_t)hidden * sizeof *vector);
    for (int64_t l = 0; stack->layer_sum && l < depths; l++)
      mer__rows_scale_add(vector, means + l * hidden, state->weights[l], hidden);
  }
  return MER_OK;
}

mer_status mer__speech_stack_forward(float *vectors, void **state_out,
                                     const mer__speech_stack *stack,
                                     const mer__input *const *inputs, int64_t n,
                                     const mer__pass *pass, mer_error *err) {
  stack_state *state = *state_out = mer__arena_alloc(pass->arena, 1, sizeof *state);
  bool known = true;
  if (!state) return mer__fail_memory(err);
  *state = (stack_state){.n = n};
  mer_status status = sum_weights(&state->weights, stack, pass, err);
  if (status != MER_OK) return status;
  for (int64_t i = 0; i < n; i++) known = known && inputs[i]->vector;
  if (known) return take_frozen(vectors, state, stack, inputs, n, pass->arena, err);
  return encode(vectors, &state->run, state->weights, false, stack, inputs, n, pass, err);
}

/* From the gradients of the sum's weights, which softmax gave, to those of the parameters. */
static void weights_backward(const mer__speech_stack *stack, const float *weights,
                             const float *dweights, const mer__params *params) {
  float *dlogits = mer__grad(params, stack->layer_weights), sum = 0;
  for (int64_t l = 0; l < n_depths(stack); l++) sum += weights[l] * dweights[l];
  for (int64_t l = 0; l < n_depths(stack); l++) dlogits[l] += weights[l] * (dweights[l] - sum);
}

static void frozen_backward(float *dweights, const mer__speech_stack *stack,
                            const stack_state *state, const float *dvectors) {
  const int64_t hidden = stack->layers.config.hidden_size;
  for (int64_t l = 0; l < n_depths(stack); l++) {
    double sum = 0;
    for (int64_t i = 0; i < state->n; i++)
      sum += mer__rows_dot(dvectors + i * hidden, state->frozen[i] + l * hidden, hidden);
    dweights[l] = (float)sum;
  }
}

static mer_status run_backward(float *dweights, const run *r, const float *dvectors,
                               const mer__pass *pass, mer_error *err) {
  const int64_t hidden = r->layers.config.hidden_size;
  const int32_t *offsets = r->state.packing.offsets;
  const mer__speech_stem *stem = r->stack->stem;
  const int64_t n_values = offsets[r->n_windows] * hidden;
  const mer__dropout dropout = mer__transformer_input_dropout(&r->layers, pass);
  float *drows = mer__arena_alloc(pass->arena, (size_t)n_values, sizeof *drows), *dinput;
  if (!drows) return mer__fail_memory(err);
  mer__mean_pool_backward(drows, dvectors, &r->inputs, hidden);
  mer_status status =
      mer__transformer_backward(&dinput, dweights, &r->state, &r->layers, drows, pass, err);
  if (status != MER_OK || !dinput) return status;
  mer__dropout_apply(dinput, dinput, n_values, &dropout);
  for (int64_t k = 0; k < r->n_windows && status == MER_OK; k++)
    status = stem->backward(dinput + offsets[k] * hidden, r->kept[k], r->stack->self, r->shared,
                            &r->windows[k], pass, err);
  if (status == MER_OK && stem->end_backward) stem->end_backward(r->stack->self, r->shared, pass);
  return status;
}

mer_status mer__speech_stack_backward(const mer__speech_stack *stack, const void *kept,
                                      const float *dvectors, const mer__pass *pass,
                                      mer_error *err) {
  const stack_state *state = kept;
  float *dweights = mer__arena_alloc(pass->arena, (size_t)n_depths(stack), sizeof *dweights);
  mer_status status = MER_OK;
  if (!dweights) return mer__fail_memory(err);
  if (state->frozen) frozen_backward(dweights, stack, state, dvectors);
  else status = run_backward(dweights, &state->run, dvectors, pass, err);
  if (status == MER_OK && stack->layer_sum)
    weights_backward(stack, state->weights, dweights, pass->params);
  return status;
}
