/* wav2vec_features.c: convolutions, norms and GELU, layer after layer. */
#include "encoder/wav2vec_features.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "nn/activation.h"
#include "nn/channel_norm.h"
#include "nn/layer_norm.h"

static const float epsilon = 1e-5f; /* PyTorch's default, which no configuration changes */

static bool has_norm(const mer__wav2vec_features *f, int l) { return f->layer_norm || l == 0; }

/* The first convolution reads so few values that int8 would be slower and less exact. */
bool mer__wav2vec_features_declare(mer__wav2vec_features *f, mer__params *params) {
  char name[80];
  bool failed = false;
  for (int l = 0; l < f->n_layers; l++) {
    snprintf(name, sizeof name, "feature_extractor.conv_layers.%d", l);
    mer__param_role role = l == 0 ? MER__VECTOR : MER__LINEAR;
    mer__conv *conv = &f->convs[l];
    char conv_name[96];
    snprintf(conv_name, sizeof conv_name, "%s.conv", name);
    mer__conv_declare(conv, params, role, f->has_bias, conv_name);
    failed |= conv->weight < 0 || (f->has_bias && conv->bias < 0);
    if (!has_norm(f, l)) continue;
    f->gammas[l] = mer__params_add(params, MER__VECTOR, conv->out, 0, "%s.layer_norm.weight", name);
    f->betas[l] = mer__params_add(params, MER__VECTOR, conv->out, 0, "%s.layer_norm.bias", name);
    failed |= f->gammas[l] < 0 || f->betas[l] < 0;
  }
  return !failed;
}

int64_t mer__wav2vec_features_least(const mer__wav2vec_features *f, int64_t most) {
  int64_t n = 1;
  for (int l = f->n_layers - 1; l >= 0 && n <= most; l--)
    n = (n - 1) * f->convs[l].stride + f->convs[l].kernel;
  return n;
}

int64_t mer__wav2vec_features_frames(const mer__wav2vec_features *f, int64_t n_samples) {
  for (int l = 0; l < f->n_layers; l++) n_samples = mer__conv_frames(&f->convs[l], n_samples);
  return n_samples;
}

/* The norm of layer l; x may be y. */
static void norm_forward(float *y, float *mean, float *rstd, const float *x,
                         const mer__wav2vec_features *f, int l, int64_t n, const mer__pass *pass) {
  const float *gamma = mer__value(pass->params, f->gammas[l]);
  const float *beta = mer__value(pass->params, f->betas[l]);
  const int64_t width = f->convs[l].out;
  if (f->layer_norm) mer__layer_norm_forward(y, mean, rstd, x, gamma, beta, n, width, epsilon);
  else mer__channel_norm_forward(y, mean, rstd, x, gamma, beta, n, width, epsilon);
}

static mer_status take_norm(mer__wav2vec_features_state *s, const mer__wav2vec_features *f, int l,
                            mer__arena *arena, mer_error *err) {
  const size_t n = (size_t)(f->layer_norm ? s->n_frames[l] : f->convs[l].out);
  s->means[l] = mer__arena_alloc(arena, n, sizeof(float));
  s->rstds[l] = mer__arena_alloc(arena, n, sizeof(float));
  return s->means[l] && s->rstds[l] ? MER_OK : mer__fail_memory(err);
}

/* One layer, from x to `activated`; `sums`, which may be the same, are kept for backward. */
static mer_status layer_forward(float *activated, mer__wav2vec_features_state *s,
                                const mer__wav2vec_features *f, int l, const float *x,
                                const mer__pass *pass, mer_error *err) {
  const int64_t n = s->n_frames[l], size = n * f->convs[l].out;
  if (!has_norm(f, l)) {
    mer__conv_forward(s->sums[l], activated, x, pass, &f->convs[l], n);
    return MER_OK;
  }
  mer_status status = take_norm(s, f, l, pass->arena, err);
  if (status != MER_OK) return status;
  mer__conv_forward(s->sums[l], NULL, x, pass, &f->convs[l], n);
  norm_forward(activated, s->means[l], s->rstds[l], s->sums[l], f, l, n, pass);
  mer__gelu_forward(activated, activated, size);
  return MER_OK;
}

/* Without training, or if they are not trained, two buffers are enough: each layer reads one and
 * writes the other. */
mer_status mer__wav2vec_features_forward(const float **out, mer__wav2vec_features_state *s,
                                         const mer__wav2vec_features *f, const float *samples,
                                         int64_t n_samples, const mer__pass *pass, mer_error *err) {
  const bool keep = pass->noise.training && mer__is_trained(pass->params, f->convs[0].weight);
  float *buffers[2] = {NULL, NULL};
  const float *x = samples;
  *s = (mer__wav2vec_features_state){0};
  for (int l = 0; l < f->n_layers; l++) {
    s->n_frames[l] = n_samples = mer__conv_frames(&f->convs[l], n_samples);
    const size_t size = (size_t)(n_samples * f->convs[l].out);
    float *activated = l >= 2 && !keep ? buffers[l % 2] : NULL;
    if (!activated) activated = mer__arena_alloc(pass->arena, size, sizeof *activated);
    buffers[l % 2] = activated;
    s->sums[l] = keep ? mer__arena_alloc(pass->arena, size, sizeof *activated) : activated;
    if (!activated || !s->sums[l]) return mer__fail_memory(err);
    s->inputs[l] = x;
    mer_status status = layer_forward(activated, s, f, l, x, pass, err);
    if (status != MER_OK) return status;
    x = activated;
  }
  *out = x;
  return MER_OK;
}

/* From dy, of what GELU gives, to the gradient of what the convolution gives, in its place. `room`
 * has as many values. */
static void activation_backward(float *dy, const mer__wav2vec_features_state *s,
                                const mer__wav2vec_features *f, int l, const mer__pass *pass,
                                float *room) {
  const mer__params *params = pass->params;
  const int64_t n = s->n_frames[l], width = f->convs[l].out;
  if (!has_norm(f, l)) {
    mer__gelu_backward(dy, dy, s->sums[l], n * width);
    return;
  }
  norm_forward(room, s->means[l], s->rstds[l], s->sums[l], f, l, n, pass);
  mer__gelu_backward(dy, dy, room, n * width);
  const float *gamma = mer__value(params, f->gammas[l]);
  float *dgamma = mer__grad(params, f->gammas[l]), *dbeta = mer__grad(params, f->betas[l]);
  if (f->layer_norm)
    mer__layer_norm_backward(dy, dgamma, dbeta, dy, s->sums[l], s->means[l], s->rstds[l], gamma, n,
                             width);
  else
    mer__channel_norm_backward(dy, dgamma, dbeta, dy, s->sums[l], s->means[l], s->rstds[l], gamma,
                               n, width);
}

/* Frames of the input of layer l. */
static int64_t input_frames(const mer__wav2vec_features_state *s, const mer__wav2vec_features *f,
                            int l) {
  return l > 0 ? s->n_frames[l - 1]
               : (s->n_frames[0] - 1) * f->convs[0].stride + f->convs[0].kernel;
}

/* Values of the largest layer's result. */
static size_t most_values(const mer__wav2vec_features_state *s, const mer__wav2vec_features *f) {
  size_t most = 0;
  for (int l = 0; l < f->n_layers; l++) {
    const size_t size = (size_t)(s->n_frames[l] * f->convs[l].out);
    if (size > most) most = size;
  }
  return most;
}

mer_status mer__wav2vec_features_backward(float *dout, const mer__wav2vec_features_state *s,
                                          const mer__wav2vec_features *f, const mer__pass *pass,
                                          mer_error *err) {
  mer__arena arena = {0};
  const size_t most = most_values(s, f);
  int64_t n_scratch = 0;
  for (int l = 0; l < f->n_layers; l++) {
    const int64_t n = mer__conv_scratch(&f->convs[l]);
    if (n > n_scratch) n_scratch = n;
  }
  float *room = mer__arena_alloc(&arena, most, sizeof *room);
  float *buffers[2] = {mer__arena_alloc(&arena, most, sizeof(float)),
                       mer__arena_alloc(&arena, most, sizeof(float))};
  float *scratch = mer__arena_alloc(&arena, (size_t)n_scratch, sizeof *scratch);
  const bool complete = room && buffers[0] && buffers[1] && scratch;
  float *dy = dout;
  for (int l = f->n_layers - 1; complete && l >= 0; l--) {
    float *dx = l > 0 ? buffers[l % 2] : NULL;
    activation_backward(dy, s, f, l, pass, room);
    if (dx) memset(dx, 0, (size_t)(input_frames(s, f, l) * f->convs[l].in) * sizeof *dx);
    mer__conv_backward(dx, dy, s->inputs[l], pass, &f->convs[l], s->n_frames[l], scratch);
    dy = dx;
  }
  mer__arena_clear(&arena);
  return complete ? MER_OK : mer__fail_memory(err);
}
