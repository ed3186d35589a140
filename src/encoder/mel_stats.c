/* mel_stats.c: mean and deviation of log-mel bands over time, then Linear and ReLU. The bands are
 * standardized by the mean and deviation of all frames of the training set. */
#include "encoder/mel_stats.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "encoder/band_moments.h"
#include "encoder/config_json.h"
#include "encoder/sound_features.h"
#include "layers/affine.h"
#include "nn/activation.h"

enum { WIDTH = 128, MAX_WIDTH = 1 << 16 };

typedef struct mel_stats {
  int64_t n_bands;         /* M */
  int64_t mean, deviation; /* [M]: constants */
  int64_t weight, bias;    /* [width, 2M], [width] */
} mel_stats;

/* What forward keeps for backward. */
typedef struct mel_stats_state {
  int64_t n;
  float *statistics; /* [n, 2M] */
  float *vectors;    /* [n, width]: after ReLU */
} mel_stats_state;

static mer_status adopt(mer__modality *modality, const mer__encoder_settings *settings,
                        mer_error *err) {
  (void)settings, (void)err;
  mel_stats *s = modality->self;
  mer_feature_options *features = &modality->features;
  mer_feature_options_init(features, sizeof *features, MER_FEATURE_LOGMEL);
  features->n_frames = 0;
  modality->input = MER__INPUT_SOUND;
  modality->width = WIDTH;
  s->n_bands = features->n_mels;
  return MER_OK;
}

static mer_status parse(mer__modality *modality, const json_t *object, const json_t *root,
                        const char *folder, const char *path, mer_error *err) {
  (void)root, (void)folder;
  mel_stats *s = modality->self;
  mer_feature_options *features = &modality->features;
  modality->input = MER__INPUT_SOUND;
  mer_status status =
      mer__config_integer(&modality->width, object, "width", true, 1, MAX_WIDTH, path, err);
  if (status == MER_OK)
    status = mer__sound_features_parse(features, json_object_get(object, "features"), path, err);
  if (status != MER_OK) return status;
  s->n_bands = features->n_mels;
  if (features->kind == MER_FEATURE_LOGMEL && features->n_frames == 0) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: '%s' takes log-mel of the natural length (\"n_frames\": 0)", path,
                   modality->name);
}

static int describe(const mer__modality *modality, json_t *object) {
  int failed = json_object_set_new(object, "width", json_integer(modality->width));
  return failed | mer__sound_features_describe(object, &modality->features);
}

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  mel_stats *s = modality->self;
  const int64_t bands = s->n_bands, width = modality->width;
  const char *name = modality->name;
  s->mean = mer__params_add(params, MER__CONSTANT, bands, 0, "%s.mean", name);
  s->deviation = mer__params_add(params, MER__CONSTANT, bands, 0, "%s.deviation", name);
  s->weight = mer__params_add(params, MER__LINEAR, width, 2 * bands, "%s.0.weight", name);
  s->bias = mer__params_add(params, MER__VECTOR, width, 0, "%s.0.bias", name);
  const bool failed = s->mean < 0 || s->deviation < 0 || s->weight < 0 || s->bias < 0;
  return failed ? mer__params_fail(params, err) : MER_OK;
}

static void init(const mer__modality *modality, mer__params *params, mer__rng *rng) {
  const mel_stats *s = modality->self;
  const int64_t bands = s->n_bands, width = modality->width;
  for (int64_t j = 0; j < bands; j++) {
    mer__value(params, s->mean)[j] = 0;
    mer__value(params, s->deviation)[j] = 1;
  }
  mer__params_init_linear(mer__value(params, s->weight), width * 2 * bands, 2 * bands, rng);
  mer__params_init_linear(mer__value(params, s->bias), width, 2 * bands, rng);
}

static mer_status fit(const mer__modality *modality, mer__params *params, const mer__source *source,
                      int m, mer_error *err) {
  const mel_stats *s = modality->self;
  return mer__band_moments_fit(mer__value(params, s->mean), mer__value(params, s->deviation),
                               s->n_bands, source, m, err);
}

/* `y` [2M]: the mean over time of each band, then its deviation; both of standardized values. */
static void take_statistics(float *y, const mel_stats *s, const mer__params *params,
                            const mer__input *input) {
  const int64_t bands = s->n_bands, n_frames = input->length / bands;
  const float *mean = mer__value(params, s->mean), *deviation = mer__value(params, s->deviation);
  for (int64_t j = 0; j < bands; j++) {
    double sum = 0, squares = 0;
    for (int64_t f = 0; f < n_frames; f++) {
      const double x = (input->values[f * bands + j] - mean[j]) / deviation[j];
      sum += x;
      squares += x * x;
    }
    const double average = sum / (double)n_frames;
    const double variance = squares / (double)n_frames - average * average;
    y[j] = (float)average;
    y[bands + j] = variance > 0 ? (float)sqrt(variance) : 0;
  }
}

static mer__affine linear_of(const mer__modality *modality) {
  const mel_stats *s = modality->self;
  return (mer__affine){s->weight, s->bias, 2 * s->n_bands, modality->width};
}

static mer_status forward(float *vectors, void **state_out, const mer__modality *modality,
                          const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  const mel_stats *s = modality->self;
  const int64_t width = modality->width;
  mel_stats_state *state = *state_out = mer__arena_alloc(pass->arena, 1, sizeof *state);
  if (!state) return mer__fail_memory(err);
  *state = (mel_stats_state){
      .n = n,
      .statistics = mer__arena_alloc(pass->arena, (size_t)(n * 2 * s->n_bands), sizeof(float)),
      .vectors = mer__arena_alloc(pass->arena, (size_t)(n * width), sizeof(float))};
  if (!state->statistics || !state->vectors) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++)
    take_statistics(state->statistics + i * 2 * s->n_bands, s, pass->params, inputs[i]);
  mer__affine_forward(state->vectors, state->statistics, pass, linear_of(modality), n);
  mer__relu_forward(state->vectors, state->vectors, n * width);
  memcpy(vectors, state->vectors, (size_t)(n * width) * sizeof *vectors);
  return MER_OK;
}

static mer_status backward(const mer__modality *modality, const void *kept, const float *dvectors,
                           const mer__pass *pass, mer_error *err) {
  const mel_stats_state *state = kept;
  const int64_t size = state->n * modality->width;
  float *dy = mer__arena_alloc(pass->arena, (size_t)size, sizeof *dy);
  if (!dy) return mer__fail_memory(err);
  mer__relu_backward(dy, dvectors, state->vectors, size);
  mer__affine_backward(NULL, dy, state->statistics, pass, linear_of(modality), state->n);
  return MER_OK;
}

const mer__encoder_type mer__encoder_mel_stats = {
    .name = "mel-stats",
    .size = sizeof(mel_stats),
    .adopt = adopt,
    .parse = parse,
    .describe = describe,
    .accept_values = mer__sound_features_accept,
    .declare = declare,
    .init = init,
    .fit = fit,
    .forward = forward,
    .backward = backward,
};
