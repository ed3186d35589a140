/* wav2vec_stem.c: from samples to the input of the layers. */
#include "encoder/wav2vec_stem.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "layers/affine.h"
#include "nn/dropout.h"
#include "nn/layer_norm.h"
#include "nn/rows.h"

enum { MASK_SITE = MER__TRANSFORMER_SITES + 1 };

/* What forward keeps for backward. */
typedef struct kept_stem {
  mer__wav2vec_features_state features;
  const float *frames;                            /* [n, channels] */
  float *frames_mean, *frames_rstd, *projectable; /* of their norm, [n, channels] */
  float *projected, *before;                      /* [n, H], [n, H]: positions before GELU */
  mer__spec_masks masks;                          /* of `projected` */
  float *sum, *mean, *rstd;                       /* [n, H]: of the norm at the end */
} kept_stem;

static int64_t n_rows(const void *self, int64_t n_samples) {
  const mer__wav2vec_stem *s = self;
  const int64_t n = mer__wav2vec_features_frames(&s->features, n_samples);
  return n > 0 ? n : 1; /* what is too short is extended with zeros */
}

static void trim(int64_t *from, int64_t *to, const void *self, const float *samples, int64_t n,
                 double decibels) {
  (void)self;
  float peak = 0;
  for (int64_t i = 0; i < n; i++) peak = fabsf(samples[i]) > peak ? fabsf(samples[i]) : peak;
  const float least = peak * (float)pow(10, -decibels / 20);
  *from = 0;
  *to = n;
  while (*from < *to && fabsf(samples[*from]) < least) ++*from;
  while (*to > *from && fabsf(samples[*to - 1]) < least) --*to;
}

/* Dropout of the projection in this window. */
static mer__dropout projection_dropout(const mer__wav2vec_stem *s, const mer__window *window,
                                       const mer__pass *pass) {
  mer__dropout dropout =
      mer__noise_dropout(&pass->noise, s->projection_dropout, MER__TRANSFORMER_SITES);
  dropout.seed += (uint64_t)window->number * 0x9e3779b97f4a7c15u;
  return dropout;
}

static void standardize(float *x, int64_t n) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; i++) sum += x[i];
  const double mean = sum / (double)n;
  for (int64_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
  const double factor = 1 / sqrt(squares / (double)n + 1e-7);
  for (int64_t i = 0; i < n; i++) x[i] = (float)((x[i] - mean) * factor);
}

/* The window's samples, as the convolutions read them; their number. */
static float *take_samples(int64_t *n, const mer__wav2vec_stem *s, const mer__window *window,
                           mer__arena *arena) {
  const int64_t least = mer__wav2vec_features_least(&s->features, MER__WAV2VEC_WINDOW),
                own = window->n_frames;
  *n = own < least ? least : own;
  float *x = mer__arena_alloc(arena, (size_t)*n, sizeof *x);
  if (!x) return NULL;
  memcpy(x, window->values, (size_t)own * sizeof *x);
  if (s->standardize) standardize(x, own);
  memset(x + own, 0, (size_t)(*n - own) * sizeof *x);
  return x;
}

static mer__affine projection_of(const mer__wav2vec_stem *s) {
  return (mer__affine){s->weight, s->bias, s->features.convs[s->features.n_layers - 1].out,
                       s->hidden};
}

static mer_status take_kept(kept_stem *k, const mer__wav2vec_stem *s, int64_t n, float *rows,
                            const mer__pass *pass, mer_error *err) {
  const size_t width = (size_t)projection_of(s).in, hidden = (size_t)s->hidden, count = (size_t)n;
  mer__arena *a = pass->arena;
  k->projectable = mer__arena_alloc(a, count * width, sizeof(float));
  k->frames_mean = mer__arena_alloc(a, count, sizeof(float));
  k->frames_rstd = mer__arena_alloc(a, count, sizeof(float));
  k->projected = mer__arena_alloc(a, count * hidden, sizeof(float));
  k->before = mer__arena_alloc(a, count * hidden, sizeof(float));
  k->sum = s->output_norm ? mer__arena_alloc(a, count * hidden, sizeof(float)) : rows;
  k->mean = mer__arena_alloc(a, count, sizeof(float));
  k->rstd = mer__arena_alloc(a, count, sizeof(float));
  const bool complete = k->projectable && k->frames_mean && k->frames_rstd && k->projected &&
                        k->before && k->sum && k->mean && k->rstd;
  return complete ? MER_OK : mer__fail_memory(err);
}

/* Masked frames become the embedding, then masked features zeros. */
static void mask(kept_stem *k, const mer__wav2vec_stem *s, int64_t n, const mer__params *params) {
  for (int64_t i = 0; i < n; i++) {
    float *row = k->projected + i * s->hidden;
    if (k->masks.time && k->masks.time[i])
      memcpy(row, mer__value(params, s->mask_embedding), (size_t)s->hidden * sizeof *row);
    for (int64_t j = 0; k->masks.features && j < s->hidden; j++)
      if (k->masks.features[j]) row[j] = 0;
  }
}

static void mask_backward(float *dx, const kept_stem *k, const mer__wav2vec_stem *s, int64_t n,
                          const mer__params *params) {
  for (int64_t i = 0; i < n; i++) {
    float *row = dx + i * s->hidden;
    for (int64_t j = 0; k->masks.features && j < s->hidden; j++)
      if (k->masks.features[j]) row[j] = 0;
    if (!k->masks.time || !k->masks.time[i]) continue;
    mer__rows_scale_add(mer__grad(params, s->mask_embedding), row, 1, s->hidden);
    memset(row, 0, (size_t)s->hidden * sizeof *row);
  }
}

/* From frames to `projected`. */
static void project(kept_stem *k, const mer__wav2vec_stem *s, const mer__window *window,
                    const mer__pass *pass) {
  const int64_t n = window->n_rows;
  const mer__dropout dropout = projection_dropout(s, window, pass);
  const mer__affine linear = projection_of(s);
  if (s->projection_norm)
    mer__layer_norm_forward(k->projectable, k->frames_mean, k->frames_rstd, k->frames,
                            mer__value(pass->params, s->projection_gamma),
                            mer__value(pass->params, s->projection_beta), n, linear.in,
                            (float)s->epsilon);
  else memcpy(k->projectable, k->frames, (size_t)(n * linear.in) * sizeof(float));
  mer__affine_forward(k->projected, k->projectable, pass, linear, n);
  mer__dropout_apply(k->projected, k->projected, n * s->hidden, &dropout);
}

static mer_status begin(void **shared, const void *self, const mer__pass *pass, mer_error *err) {
  mer__position_weights *weights = *shared = mer__arena_alloc(pass->arena, 1, sizeof *weights);
  if (!weights) return mer__fail_memory(err);
  return mer__position_conv_begin(weights, &((const mer__wav2vec_stem *)self)->positions, pass,
                                  err);
}

static mer_status forward(float *rows, void **kept, const void *self, const void *shared,
                          const mer__window *window, const mer__pass *pass, mer_error *err) {
  const mer__wav2vec_stem *s = self;
  const int64_t n = window->n_rows;
  int64_t n_samples;
  mer_status status;
  kept_stem *k = *kept = mer__arena_alloc(pass->arena, 1, sizeof *k);
  const float *samples = take_samples(&n_samples, s, window, pass->arena);
  if (!k || !samples) return mer__fail_memory(err);
  *k = (kept_stem){.frames = NULL};
  MER__CHECK(mer__wav2vec_features_forward(&k->frames, &k->features, &s->features, samples,
                                           n_samples, pass, err));
  MER__CHECK(take_kept(k, s, n, rows, pass, err));
  project(k, s, window, pass);
  MER__CHECK(mer__spec_masks_draw(&k->masks, &s->augment, n, s->hidden, &pass->noise, MASK_SITE,
                                  window->number, pass->arena, err));
  mask(k, s, n, pass->params);
  MER__CHECK(mer__position_conv_forward(k->sum, k->before, k->projected, shared, &s->positions, n,
                                        pass, err));
  if (s->output_norm)
    mer__layer_norm_forward(rows, k->mean, k->rstd, k->sum, mer__value(pass->params, s->gamma),
                            mer__value(pass->params, s->beta), n, s->hidden, (float)s->epsilon);
cleanup:
  return status;
}

/* Each window has a part of the projection's gradient, so they are added before the optimizer takes
 * them, which it would do once for each. */
static void projection_backward(float *dframes, const float *dx, const kept_stem *k,
                                const mer__wav2vec_stem *s, const mer__pass *pass, int64_t n) {
  mer__pass own = *pass;
  mer__compute compute;
  if (pass->compute) {
    compute = *pass->compute;
    compute.sink = NULL;
    own.compute = &compute;
  }
  mer__affine_backward(dframes, dx, k->projectable, &own, projection_of(s), n);
}

static mer_status backward(float *drows, const void *kept, const void *self, const void *shared,
                           const mer__window *window, const mer__pass *pass, mer_error *err) {
  const mer__wav2vec_stem *s = self;
  const kept_stem *k = kept;
  const mer__params *params = pass->params;
  const int64_t n = window->n_rows, width = projection_of(s).in;
  const mer__dropout dropout = projection_dropout(s, window, pass);
  mer_status status;
  mer__arena arena = {0};
  float *dx = mer__arena_alloc(&arena, (size_t)(n * s->hidden), sizeof *dx);
  float *dframes = mer__arena_alloc(&arena, (size_t)(n * width), sizeof *dframes);
  MER__CHECK(dx && dframes ? MER_OK : mer__fail_memory(err));
  if (s->output_norm)
    mer__layer_norm_backward(drows, mer__grad(params, s->gamma), mer__grad(params, s->beta), drows,
                             k->sum, k->mean, k->rstd, mer__value(params, s->gamma), n, s->hidden);
  MER__CHECK(mer__position_conv_backward(dx, drows, k->before, k->projected, shared, &s->positions,
                                         n, pass, err));
  mask_backward(dx, k, s, n, params);
  mer__dropout_apply(dx, dx, n * s->hidden, &dropout);
  projection_backward(dframes, dx, k, s, pass, n);
  if (s->projection_norm)
    mer__layer_norm_backward(dframes, mer__grad(params, s->projection_gamma),
                             mer__grad(params, s->projection_beta), dframes, k->frames,
                             k->frames_mean, k->frames_rstd,
                             mer__value(params, s->projection_gamma), n, width);
  MER__CHECK(mer__wav2vec_features_backward(dframes, &k->features, &s->features, pass, err));
cleanup:
  mer__arena_clear(&arena);
  return status;
}

static void end_backward(const void *self, const void *shared, const mer__pass *pass) {
  mer__position_conv_end(shared, &((const mer__wav2vec_stem *)self)->positions, pass);
}

static void add_norm(int64_t *gamma, int64_t *beta, mer__params *params, int64_t width,
                     const char *name) {
  *gamma = mer__params_add(params, MER__VECTOR, width, 0, "%s.weight", name);
  *beta = mer__params_add(params, MER__VECTOR, width, 0, "%s.bias", name);
}

mer_status mer__wav2vec_stem_declare(mer__wav2vec_stem *s, mer__params *params, mer_error *err) {
  const int64_t width = projection_of(s).in;
  if (!mer__wav2vec_features_declare(&s->features, params)) return mer__params_fail(params, err);
  const size_t expected = params->n_items + 5 + (s->projection_norm ? 2 : 0) +
                          (s->output_norm ? 2 : 0) + (s->has_mask_embedding ? 1 : 0);
  if (s->has_mask_embedding) {
    s->mask_embedding = mer__params_add(params, MER__VECTOR, s->hidden, 0, "masked_spec_embed");
    if (s->mask_embedding >= 0) params->items[s->mask_embedding].optional = true;
  }
  if (s->projection_norm)
    add_norm(&s->projection_gamma, &s->projection_beta, params, width,
             "feature_projection.layer_norm");
  s->weight = mer__params_add(params, MER__LINEAR, s->hidden, width,
                              "feature_projection.projection.weight");
  s->bias =
      mer__params_add(params, MER__VECTOR, s->hidden, 0, "feature_projection.projection.bias");
  mer__position_conv_declare(&s->positions, params, "encoder.pos_conv_embed.conv");
  if (s->output_norm) add_norm(&s->gamma, &s->beta, params, s->hidden, "encoder.layer_norm");
  s->functions = (mer__speech_stem){.most_frames = MER__WAV2VEC_WINDOW,
                                    .frame_step = 1,
                                    .trim = trim,
                                    .n_rows = n_rows,
                                    .begin = begin,
                                    .forward = forward,
                                    .backward = backward,
                                    .end_backward = end_backward};
  return params->n_items == expected ? MER_OK : mer__params_fail(params, err);
}
