/* speech_windows.c: trimming and cutting of sound. */
#include "encoder/speech_windows.h"

#include "base/error.h"

/* What is heard of an input. */
typedef struct span {
  const float *values;
  int64_t n_frames;
} span;

static span span_of(const mer__speech_stack *stack, const mer__input *input) {
  int64_t from = 0, to = input->length / stack->frame_values;
  if (stack->trim_db > 0 && to > 0)
    stack->stem->trim(&from, &to, stack->self, input->values, to, stack->trim_db);
  return (span){input->values + from * stack->frame_values, to - from};
}

static int64_t count_windows(const mer__speech_stack *stack, const span *s) {
  const int64_t most = stack->stem->most_frames;
  return s->n_frames <= most ? 1 : (s->n_frames + most - 1) / most;
}

/* Window number i of the `n_windows` of a span; they are of about the same length. */
static mer__window window_of(const mer__speech_stack *stack, const span *s, int64_t i,
                             int64_t n_windows) {
  const int64_t n = s->n_frames, step = stack->stem->frame_step;
  const int64_t from = n * i / n_windows / step * step;
  const int64_t to = i + 1 == n_windows ? n : n * (i + 1) / n_windows / step * step;
  return (mer__window){.values = s->values + from * stack->frame_values,
                       .n_frames = to - from,
                       .n_rows = stack->stem->n_rows(stack->self, to - from)};
}

int64_t mer__windows_n_rows(const mer__speech_stack *stack, const mer__input *input) {
  span s = span_of(stack, input);
  if (stack->stem->change) s.n_frames = stack->stem->most_changed(s.n_frames);
  const int64_t n_windows = count_windows(stack, &s);
  int64_t n_rows = 0;
  for (int64_t i = 0; i < n_windows; i++) n_rows += window_of(stack, &s, i, n_windows).n_rows;
  return n_rows;
}

/* What is heard of input number i of a batch. */
static mer_status take_span(span *s, const mer__speech_stack *stack, const mer__input *input,
                            int64_t i, const mer__pass *pass, mer_error *err) {
  const mer__speech_stem *stem = stack->stem;
  *s = span_of(stack, input);
  if (!stem->change || !pass->noise.training || s->n_frames == 0) return MER_OK;
  return stem->change(&s->values, &s->n_frames, stack->self, i, pass, err);
}

mer_status mer__windows_cut(mer__windows *windows, const mer__speech_stack *stack,
                            const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                            mer_error *err) {
  *windows = (mer__windows){.n_inputs = n};
  span *spans = mer__arena_alloc(pass->arena, (size_t)n, sizeof *spans);
  if (!spans) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++) {
    mer_status status = take_span(&spans[i], stack, inputs[i], i, pass, err);
    if (status != MER_OK) return status;
    windows->n += count_windows(stack, &spans[i]);
  }
  mer__window *next = mer__arena_alloc(pass->arena, (size_t)windows->n, sizeof *next);
  if (!next) return mer__fail_memory(err);
  windows->items = next;
  for (int64_t i = 0; i < n; i++)
    for (int64_t k = 0, n_windows = count_windows(stack, &spans[i]); k < n_windows; k++) {
      *next = window_of(stack, &spans[i], k, n_windows);
      next->number = next - windows->items;
      next++->input = i;
    }
  return MER_OK;
}

mer_status mer__windows_pack(mer__windows *w, mer__arena *arena, mer_error *err) {
  int32_t *of_windows = mer__arena_alloc(arena, (size_t)w->n + 1, sizeof(int32_t));
  int32_t *of_inputs = mer__arena_alloc(arena, (size_t)w->n_inputs + 1, sizeof(int32_t));
  int64_t at = 0, input = 0;
  if (!of_windows || !of_inputs) return mer__fail_memory(err);
  of_windows[0] = of_inputs[0] = 0;
  for (int64_t k = 0; k < w->n; k++) {
    at += w->items[k].n_rows;
    if (at > INT32_MAX) return mer__fail(err, MER_STATUS_LIMIT, "a batch of too much sound");
    of_windows[k + 1] = (int32_t)at;
    for (; input < w->items[k].input; input++) of_inputs[input + 1] = of_windows[k];
  }
  for (; input < w->n_inputs; input++) of_inputs[input + 1] = (int32_t)at;
  w->by_window = (mer__packing){(int32_t)w->n, of_windows};
  w->by_input = (mer__packing){(int32_t)w->n_inputs, of_inputs};
  return MER_OK;
}
