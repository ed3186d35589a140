/* conv_norm.c: while training one step after the other, for prediction all in one pass. */
#include "layers/conv_norm.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "nn/activation.h"
#include "nn/dropout.h"

mer_status mer__conv_norm_declare(mer__conv_norm *unit, mer__params *params, const char *name,
                                  mer_error *err) {
  char own[128];
  unit->norm.width = unit->conv.out;
  snprintf(own, sizeof own, "%s.convolution", name);
  mer_status status = mer__conv2d_declare(&unit->conv, params, own, err);
  snprintf(own, sizeof own, "%s.normalization", name);
  return status == MER_OK ? mer__batch_norm_declare(&unit->norm, params, own, err) : status;
}

void mer__conv_norm_init(const mer__conv_norm *unit, mer__params *params, mer__rng *rng) {
  const mer__conv2d *conv = &unit->conv;
  float *weight = mer__value(params, conv->product.weight);
  const int64_t fan_out = conv->window.kernel * conv->window.kernel * conv->out;
  const float bound = sqrtf(6.0f / (float)fan_out);
  for (int64_t i = 0; i < conv->product.in * conv->out; i++)
    weight[i] = bound * (2 * mer__rng_uniform(rng) - 1);
  mer__batch_norm_init(&unit->norm, params);
}

static void forward_trained(const mer__conv_norm_state *s, const mer__conv_norm *unit,
                            const float *residual, const mer__pass *pass, float *scratch) {
  const mer__dropout none = {0};
  const int64_t n_pixels = mer__map_pixels(mer__window2d_map(unit->conv.window, s->in));
  const int64_t n = n_pixels * unit->conv.out;
  mer__conv2d_forward(s->sums, s->x, s->in, &unit->conv, NULL, pass, scratch);
  mer__batch_norm_forward(s->y, s->mean, s->rstd, s->sums, &unit->norm, pass->params, n_pixels);
  if (residual) mer__dropout_add(s->y, s->y, residual, n, &none);
  if (unit->relu) mer__relu_forward(s->y, s->y, n);
}

mer_status mer__conv_norm_forward(mer__conv_norm_state *s, const mer__conv_norm *unit,
                                  const float *residual, const mer__pass *pass, float *scratch,
                                  mer_error *err) {
  s->mean = mer__arena_alloc(pass->arena, (size_t)unit->conv.out, sizeof(float));
  s->rstd = mer__arena_alloc(pass->arena, (size_t)unit->conv.out, sizeof(float));
  if (!s->mean || !s->rstd) return mer__fail_memory(err);
  if (pass->noise.training) {
    forward_trained(s, unit, residual, pass, scratch);
    return MER_OK;
  }
  const mer__channel_finish finish = {s->mean, s->rstd, residual, unit->relu};
  mer__batch_norm_constants(s->mean, s->rstd, &unit->norm, pass->params);
  mer__conv2d_forward(s->y, s->x, s->in, &unit->conv, &finish, pass, scratch);
  return MER_OK;
}

void mer__conv_norm_backward(float *dx, float *dsums, float *dy, const mer__conv_norm_state *s,
                             const mer__conv_norm *unit, const mer__pass *pass, float *scratch) {
  const int64_t n_pixels = mer__map_pixels(mer__window2d_map(unit->conv.window, s->in));
  if (unit->relu) mer__relu_backward(dy, dy, s->y, n_pixels * unit->conv.out);
  mer__batch_norm_backward(dsums, dy, s->sums, s->mean, s->rstd, &unit->norm, pass->params,
                           n_pixels);
  mer__conv2d_backward(dx, dsums, s->x, s->in, &unit->conv, pass, scratch);
}

mer_status mer__conv_norm_run(mer__conv_norm_state *s, const mer__conv_norm *unit, const float *x,
                              mer__map in, const float *residual, mer__map_room *room,
                              const mer__pass *pass, float *scratch, mer_error *err) {
  const int64_t n = mer__map_pixels(mer__window2d_map(unit->conv.window, in)) * unit->conv.out;
  *s = (mer__conv_norm_state){.in = in, .x = x, .y = mer__map_room_take(room, n)};
  if (pass->noise.training) s->sums = mer__map_room_take(room, n);
  if (!s->y || (pass->noise.training && !s->sums)) return mer__fail_memory(err);
  return mer__conv_norm_forward(s, unit, residual, pass, scratch, err);
}

mer_status mer__conv_norm_run_back(float **dx, float *dy, const mer__conv_norm_state *s,
                                   const mer__conv_norm *unit, const mer__pass *pass,
                                   float *scratch, mer_error *err) {
  const int64_t n_in = mer__map_pixels(s->in) * unit->conv.in;
  const int64_t n = mer__map_pixels(mer__window2d_map(unit->conv.window, s->in)) * unit->conv.out;
  float *dinput = dx ? mer__arena_alloc(pass->arena, (size_t)n_in, sizeof *dinput) : NULL;
  float *dsums = mer__arena_alloc(pass->arena, (size_t)n, sizeof *dsums);
  if ((dx && !dinput) || !dsums) return mer__fail_memory(err);
  mer__conv_norm_backward(dinput, dsums, dy, s, unit, pass, scratch);
  if (dx) *dx = dinput;
  return MER_OK;
}
