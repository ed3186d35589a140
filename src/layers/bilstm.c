/* bilstm.c: products with the inputs for all steps, then the steps of all directions at once. */
#include "layers/bilstm.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "nn/lstm.h"
#include "nn/parallel.h"

enum { DIRECTIONS = 2 };

static int count_directions(const mer__bilstm *lstm) { return lstm->forward_only ? 1 : DIRECTIONS; }

static void declare_linear(mer__conv *linear, mer__params *params, bool has_bias,
                           const char *name) {
  const int64_t shape[] = {linear->out, linear->in};
  mer__conv_declare(linear, params, MER__VECTOR, has_bias, name);
  mer__params_set_file_shape(params, linear->weight, 2, shape);
}

mer_status mer__bilstm_declare(mer__bilstm *lstm, mer__params *params, const char *name,
                               mer_error *err) {
  static const char *const names[DIRECTIONS] = {"forward", "reverse"};
  for (int d = 0; d < count_directions(lstm); d++) {
    mer__lstm_direction *direction = &lstm->directions[d];
    char own[128];
    direction->input =
        (mer__conv){.in = lstm->in, .out = 4 * lstm->hidden, .kernel = 1, .stride = 1};
    direction->recurrent =
        (mer__conv){.in = lstm->hidden, .out = 4 * lstm->hidden, .kernel = 1, .stride = 1};
    snprintf(own, sizeof own, "%s.%s.input", name, names[d]);
    declare_linear(&direction->input, params, true, own);
    snprintf(own, sizeof own, "%s.%s.recurrent", name, names[d]);
    declare_linear(&direction->recurrent, params, false, own);
    if (direction->input.weight < 0 || direction->input.bias < 0 || direction->recurrent.weight < 0)
      return mer__params_fail(params, err);
  }
  return MER_OK;
}

void mer__bilstm_init(const mer__bilstm *lstm, mer__params *params, mer__rng *rng) {
  const int64_t h = lstm->hidden;
  for (int d = 0; d < count_directions(lstm); d++) {
    const mer__lstm_direction *l = &lstm->directions[d];
    float *bias = mer__value(params, l->input.bias);
    mer__params_init_linear(mer__value(params, l->input.weight), 4 * h * lstm->in, h, rng);
    mer__params_init_linear(mer__value(params, l->recurrent.weight), 4 * h * h, h, rng);
    memset(bias, 0, 4 * (size_t)h * sizeof *bias);
    for (int64_t j = h; j < 2 * h; j++) bias[j] = 1;
  }
}

static mer__lstm steps_of(const mer__bilstm *lstm, const mer__bilstm_state *s, int d) {
  return (mer__lstm){s->packing, s->order, lstm->hidden, d == 1};
}

/* Whether each direction is a thread's own: T rows have 4 H products of H numbers each. */
static bool is_shared(const mer__bilstm *lstm, int64_t n_rows) {
  return !lstm->forward_only &&
         mer__shared(n_rows * 4 * lstm->hidden * lstm->hidden >= MER__PRODUCTS_PARALLEL_MIN);
}

/* [H, 4H] of W [4H, H]. */
static void transpose(float *to, const float *weight, int64_t h) {
  for (int64_t i = 0; i < 4 * h; i++)
    for (int64_t j = 0; j < h; j++) to[j * 4 * h + i] = weight[i * h + j];
}

static mer_status take_state(mer__bilstm_state *s, const mer__bilstm *lstm, int64_t n_rows,
                             const mer__pass *pass, mer_error *err) {
  const size_t size = (size_t)(n_rows * lstm->hidden);
  s->order = mer__arena_alloc(pass->arena, (size_t)s->packing->n_utterances + 1, sizeof *s->order);
  if (!s->order) return mer__fail_memory(err);
  mer__lstm_sort(s->order, s->packing);
  for (int d = 0; d < count_directions(lstm); d++) {
    s->gates[d] = mer__arena_alloc(pass->arena, 4 * size, sizeof(float));
    s->cells[d] = NULL;
    if (pass->noise.training) s->cells[d] = mer__arena_alloc(pass->arena, size, sizeof(float));
    if (!s->gates[d] || (pass->noise.training && !s->cells[d])) return mer__fail_memory(err);
  }
  return MER_OK;
}

mer_status mer__bilstm_forward(float *y, mer__bilstm_state *s, const mer__bilstm *lstm,
                               const float *x, const mer__packing *packing, const mer__pass *pass,
                               mer_error *err) {
  const int64_t h = lstm->hidden, n_rows = packing->offsets[packing->n_utterances];
  const int n_directions = count_directions(lstm);
  float *transposed[DIRECTIONS], *scratch[DIRECTIONS];
  *s = (mer__bilstm_state){.packing = packing, .x = x, .y = y};
  mer_status status = take_state(s, lstm, n_rows, pass, err);
  for (int d = 0; d < n_directions && status == MER_OK; d++) {
    const mer__lstm steps = steps_of(lstm, s, d);
    transposed[d] = mer__arena_alloc(pass->arena, (size_t)(4 * h * h), sizeof(float));
    scratch[d] = mer__arena_alloc(pass->arena, (size_t)mer__lstm_scratch(&steps), sizeof(float));
    if (!transposed[d] || !scratch[d]) return mer__fail_memory(err);
    mer__conv_forward(s->gates[d], NULL, x, pass, &lstm->directions[d].input, n_rows);
  }
  if (status != MER_OK) return status;
#pragma omp parallel for schedule(static, 1) if (is_shared(lstm, n_rows))
  for (int d = 0; d < n_directions; d++) {
    const mer__lstm steps = steps_of(lstm, s, d);
    transpose(transposed[d], mer__value(pass->params, lstm->directions[d].recurrent.weight), h);
    mer__lstm_forward(y + d * h, mer__bilstm_width(lstm), s->cells[d], s->gates[d], transposed[d],
                      &steps, scratch[d]);
  }
  return MER_OK;
}

mer_status mer__bilstm_backward(float *dx, const float *dy, const mer__bilstm_state *s,
                                const mer__bilstm *lstm, const mer__pass *pass, mer_error *err) {
  const int64_t h = lstm->hidden, n_rows = s->packing->offsets[s->packing->n_utterances];
  const int n_directions = count_directions(lstm);
  const mer__lstm_direction *l = lstm->directions;
  const mer__lstm steps_forward = steps_of(lstm, s, 0);
  const int64_t of_steps = mer__lstm_scratch(&steps_forward);
  const int64_t of_products =
      mer__max(mer__conv_scratch(&l->input), mer__conv_scratch(&l->recurrent));
  float *scratch = mer__arena_alloc(pass->arena, (size_t)of_products, sizeof *scratch);
  float *before[DIRECTIONS], *own[DIRECTIONS];
  if (!scratch) return mer__fail_memory(err);
  for (int d = 0; d < n_directions; d++) {
    before[d] = mer__arena_alloc(pass->arena, (size_t)(n_rows * h), sizeof(float));
    own[d] = mer__arena_alloc(pass->arena, (size_t)of_steps, sizeof(float));
    if (!before[d] || !own[d]) return mer__fail_memory(err);
  }
#pragma omp parallel for schedule(static, 1) if (is_shared(lstm, n_rows))
  for (int d = 0; d < n_directions; d++) {
    const mer__lstm steps = steps_of(lstm, s, d);
    mer__lstm_backward(s->gates[d], before[d], dy + d * h, s->y + d * h, mer__bilstm_width(lstm),
                       s->cells[d], mer__value(pass->params, l[d].recurrent.weight), &steps,
                       own[d]);
  }
  if (dx) memset(dx, 0, (size_t)(n_rows * lstm->in) * sizeof *dx);
  for (int d = 0; d < n_directions; d++) {
    mer__conv_backward(NULL, s->gates[d], before[d], pass, &l[d].recurrent, n_rows, scratch);
    mer__conv_backward(dx, s->gates[d], s->x, pass, &l[d].input, n_rows, scratch);
  }
  return MER_OK;
}
