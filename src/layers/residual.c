/* residual.c: the branch of convolutions, the shortcut, and their sum. */
#include "layers/residual.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "nn/dropout.h"
#include "nn/parallel.h"

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

mer_status mer__residual_forward(float **y, mer__map *out, mer__residual_state *state,
                                 const mer__residual *layer, const float *x, mer__map in,
                                 mer__map_room *room, const mer__pass *pass, float *scratch,
                                 mer_error *err) {
  const float *residual = x;
  mer_status status = MER_OK;
  if (layer->has_shortcut) {
    status = mer__conv_norm_run(&state->shortcut, &layer->shortcut, x, in, NULL, room, pass,
                                scratch, err);
    residual = state->shortcut.y;
  }
  for (int i = 0; i < layer->n_units && status == MER_OK; i++) {
    const bool last = i + 1 == layer->n_units;
    mer__conv_norm_state *s = &state->units[i];
    status = mer__conv_norm_run(s, &layer->units[i], x, in, last ? residual : NULL, room, pass,
                                scratch, err);
    in = map_of(&layer->units[i], in);
    x = *y = s->y;
  }
  *out = in;
  return status;
}

mer_status mer__residual_backward(float **dx, float *dy, const mer__residual_state *state,
                                  const mer__residual *layer, const mer__pass *pass, float *scratch,
                                  mer_error *err) {
  const mer__dropout none = {0};
  const mer__map in = state->units[0].in;
  const int64_t n = mer__map_pixels(in) * layer->units[0].conv.in;
  float *dresidual = dy, *dbranch = dy;
  mer_status status = MER_OK;
  for (int i = layer->n_units - 1; i >= 0 && status == MER_OK; i--)
    status = mer__conv_norm_run_back(&dbranch, dbranch, &state->units[i], &layer->units[i], pass,
                                     scratch, err);
  if (layer->has_shortcut && status == MER_OK)
    status = mer__conv_norm_run_back(&dresidual, dy, &state->shortcut, &layer->shortcut, pass,
                                     scratch, err);
  if (status != MER_OK) return status;
  mer__dropout_add(dbranch, dbranch, dresidual, n, &none);
  *dx = dbranch;
  return MER_OK;
}
