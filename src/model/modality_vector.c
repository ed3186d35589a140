/* modality_vector.c: features that are a vector already (flattened MFCC, or precomputed ones),
 * standardized by the mean and deviation of the training set, which travel with the model. */
#include <string.h>

#include "base/dispatch.h"
#include "base/error.h"
#include "model/config_json.h"
#include "model/modality.h"
#include "nn/parallel.h"

enum { MAX_WIDTH = 1 << 24 };

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  if (!modality->standardized) return MER_OK;
  modality->mean = mer__params_add(params, modality->width, 0, "%s.mean", modality->name);
  modality->deviation = mer__params_add(params, modality->width, 0, "%s.deviation", modality->name);
  return modality->mean < 0 || modality->deviation < 0 ? mer__fail_memory(err) : MER_OK;
}

MER__KERNEL static void standardize(float *restrict y, const float *x, const float *mean,
                                    const float *deviation, int64_t n) {
  for (int64_t j = 0; j < n; j++) y[j] = (x[j] - mean[j]) / deviation[j];
}

static mer_status forward(float *vectors, void **state, const mer__modality *modality,
                          const mer__params *params, const mer__input *const *inputs, int64_t n,
                          mer__arena *arena, const mer__noise *noise, mer_error *err) {
  (void)state, (void)arena, (void)noise, (void)err;
  int64_t width = modality->width;
  const float *mean = modality->standardized ? mer__value(params, modality->mean) : NULL;
  const float *deviation = modality->standardized ? mer__value(params, modality->deviation) : NULL;
#pragma omp parallel for schedule(static) if (n * width >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i++) {
    const float *x = inputs[i]->vector;
    if (mean) standardize(vectors + i * width, x, mean, deviation, width);
    else memcpy(vectors + i * width, x, (size_t)width * sizeof *x);
  }
  return MER_OK;
}

static int describe_features(json_t *object, const mer_feature_options *f) {
  json_t *features =
      json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:f, s:i}", "kind",
                f->kind == MER_FEATURE_MFCC ? "mfcc" : "logmel", "rate_hz", f->rate_hz, "n_fft",
                f->n_fft, "hop", f->hop, "n_mels", f->n_mels, "n_coefficients", f->n_coefficients,
                "top_db", f->top_db, "n_frames", f->n_frames);
  return json_object_set_new(object, "features", features);
}

static int describe(const mer__modality *modality, json_t *object) {
  int failed = json_object_set_new(object, "width", json_integer(modality->width));
  failed |= json_object_set_new(object, "standardized", json_boolean(modality->standardized));
  if (modality->from_sound) failed |= describe_features(object, &modality->features);
  return failed;
}

static mer_status parse_features(mer_feature_options *f, const json_t *object, const char *path,
                                 mer_error *err) {
  const char *kind;
  mer_status status = mer__config_string(&kind, object, "kind", true, path, err);
  if (status != MER_OK) return status;
  bool mfcc = kind[0] == 'm';
  mer_feature_options_init(f, sizeof *f, mfcc ? MER_FEATURE_MFCC : MER_FEATURE_LOGMEL);
  const struct {
    const char *key;
    int *value;
  } fields[] = {{"rate_hz", &f->rate_hz},
                {"n_fft", &f->n_fft},
                {"hop", &f->hop},
                {"n_mels", &f->n_mels},
                {"n_coefficients", &f->n_coefficients},
                {"n_frames", &f->n_frames}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == MER_OK; i++) {
    int64_t value = *fields[i].value;
    status = mer__config_integer(&value, object, fields[i].key, true, 1, 1 << 20, path, err);
    *fields[i].value = (int)value;
  }
  if (status != MER_OK) return status;
  return mer__config_real(&f->top_db, object, "top_db", 0, 1000, path, err);
}

static mer_status parse(mer__modality *modality, const json_t *object, const json_t *root,
                        const char *path, mer_error *err) {
  (void)root;
  const json_t *features = json_object_get(object, "features");
  modality->standardized = json_is_true(json_object_get(object, "standardized"));
  modality->from_sound = features != NULL;
  mer_status status =
      mer__config_integer(&modality->width, object, "width", true, 1, MAX_WIDTH, path, err);
  if (status != MER_OK || !features) return status;
  return parse_features(&modality->features, features, path, err);
}

static void clear(mer__modality *modality) { (void)modality; }

const mer__modality_type mer__modality_vector = {"vector", false,    declare, forward,
                                                 NULL,     describe, parse,   clear};
