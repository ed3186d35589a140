/* residual.c: the branch of convolutions, the shortcut, and their sum. */
#include "layers/residual.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "nn/dropout.h"
#include "nn/parallel.h"

mer_status mer__map_room_begin(mer__map_room *room, int64_t most, const mer__pass *pass,
                               mer_error *err) {
  *room = (mer__map_room){.arena = pass->arena, .training = pass->noise.training};
  for (int i = 0; i < MER__MAPS_IN_TURN && !room->training; i++) {
    room->ring[i] = mer__arena_alloc(pass->arena, (size_t)most, sizeof(float));
    if (!room->ring[i]) return mer__fail_memory(err);
  }
  return MER_OK;
}

float *mer__map_room_take(mer__map_room *room, int64_t n) {
  if (room->training) return mer__arena_alloc(room->arena, (size_t)n, sizeof(float));
  return room->ring[room->next++ % MER__MAPS_IN_TURN];
}

mer_status mer__residual_declare(mer__residual *layer, mer__params *params, const char *name,
                                 mer_error *err) {
  char own[128];
  mer_status status = MER_OK;
  if (layer->has_shortcut) {
    snprintf(own, sizeof own, "%s.shortcut", name);
    status = mer__conv_norm_declare(&layer->shortcut, params, own, err);
  }
  for (int i = 0; i < layer->n_units && status == MER_OK; i++) {
    snprintf(own, sizeof own, "%s.layer.%d", name, i);
    status = mer__conv_norm_declare(&layer->units[i], params, own, err);
  }
  return status;
}

void mer__residual_init(const mer__residual *layer, mer__params *params, mer__rng *rng) {
  if (layer->has_shortcut) mer__conv_norm_init(&layer->shortcut, params, rng);
  for (int i = 0; i < layer->n_units; i++) mer__conv_norm_init(&layer->units[i], params, rng);
}

static mer__map map_of(const mer__conv_norm *unit, mer__map in) {
  return mer__window2d_map(unit->conv.window, in);
}

mer__map mer__residual_map(const mer__residual *layer, mer__map in) {
  for (int i = 0; i < layer->n_units; i++) in = map_of(&layer->units[i], in);
  return in;
}

int64_t mer__residual_most(const mer__residual *layer, mer__map in) {
  int64_t most = 0;
  for (int i = 0; i < layer->n_units; i++) {
    in = map_of(&layer->units[i], in);
    most = mer__max(most, mer__map_pixels(in) * layer->units[i].conv.out);
  }
  return most;
}

static int64_t most_scratch(const mer__residual *layer, mer__map in, mer__conv2d_needs *scratch,
                            const mer__pass *pass) {
  int64_t most = layer->has_shortcut ? scratch(&layer->shortcut.conv, in, pass) : 0;
  for (int i = 0; i < layer->n_units; i++) {
    most = mer__max(most, scratch(&layer->units[i].conv, in, pass));
    in = map_of(&layer->units[i], in);
  }
  return most;
}

int64_t mer__residual_scratch(const mer__residual *layer, mer__map in, const mer__pass *pass) {
  return most_scratch(layer, in, mer__conv2d_scratch, pass);
}

int64_t mer__residual_backward_scratch(const mer__residual *layer, mer__map in,
                                       const mer__pass *pass) {
  return most_scratch(layer, in, mer__conv2d_backward_scratch, pass);
}

/* One unit, with its memory. */
static mer_status run_unit(mer__conv_norm_state *state, const mer__conv_norm *unit, const float *x,
                           mer__map in, const float *residual, mer__map_room *room,
                           const mer__pass *pass, float *scratch, mer_error *err) {
  const int64_t n = mer__map_pixels(map_of(unit, in)) * unit->conv.out;
  *state = (mer__conv_norm_state){.in = in, .x = x, .y = mer__map_room_take(room, n)};
  if (pass->noise.training) state->sums = mer__map_room_take(room, n);
  if (!state->y || (pass->noise.training && !state->sums)) return mer__fail_memory(err);
  return mer__conv_norm_forward(state, unit, residual, pass, scratch, err);
}

mer_status mer__residual_forward(float **y, mer__map *out, mer__residual_state *state,
                                 const mer__residual *layer, const float *x, mer__map in,
                                 mer__map_room *room, const mer__pass *pass, float *scratch,
                                 mer_error *err) {
  const float *residual = x;
  mer_status status = MER_OK;
  if (layer->has_shortcut) {
    status = run_unit(&state->shortcut, &layer->shortcut, x, in, NULL, room, pass, scratch, err);
    residual = state->shortcut.y;
  }
  for (int i = 0; i < layer->n_units && status == MER_OK; i++) {
    const bool last = i + 1 == layer->n_units;
    mer__conv_norm_state *s = &state->units[i];
    status = run_unit(s, &layer->units[i], x, in, last ? residual : NULL, room, pass, scratch, err);
    in = map_of(&layer->units[i], in);
    x = *y = s->y;
  }
  *out = in;
  return status;
}

/* Memory for the gradients of a unit's input and of its sums. */
static mer_status take(float **dx, float **dsums, const mer__conv_norm_state *s,
                       const mer__conv_norm *unit, mer__arena *arena, mer_error *err) {
  const int64_t n_in = mer__map_pixels(s->in) * unit->conv.in;
  const int64_t n_out = mer__map_pixels(map_of(unit, s->in)) * unit->conv.out;
  *dx = mer__arena_alloc(arena, (size_t)n_in, sizeof(float));
  *dsums = mer__arena_alloc(arena, (size_t)n_out, sizeof(float));
  return *dx && *dsums ? MER_OK : mer__fail_memory(err);
}

mer_status mer__residual_backward(float **dx, float *dy, const mer__residual_state *state,
                                  const mer__residual *layer, const mer__pass *pass, float *scratch,
                                  mer_error *err) {
  const mer__dropout none = {0};
  const mer__map in = state->units[0].in;
  const int64_t n = mer__map_pixels(in) * layer->units[0].conv.in;
  float *dresidual = dy, *dbranch = dy, *dinput, *dsums;
  mer_status status;
  for (int i = layer->n_units - 1; i >= 0; i--) {
    const mer__conv_norm_state *s = &state->units[i];
    status = take(&dinput, &dsums, s, &layer->units[i], pass->arena, err);
    if (status != MER_OK) return status;
    mer__conv_norm_backward(dinput, dsums, dbranch, s, &layer->units[i], pass, scratch);
    dbranch = dinput;
  }
  if (layer->has_shortcut) {
    status = take(&dinput, &dsums, &state->shortcut, &layer->shortcut, pass->arena, err);
    if (status != MER_OK) return status;
    mer__conv_norm_backward(dinput, dsums, dy, &state->shortcut, &layer->shortcut, pass, scratch);
    dresidual = dinput;
  }
  mer__dropout_add(dbranch, dbranch, dresidual, n, &none);
  *dx = dbranch;
  return MER_OK;
}
