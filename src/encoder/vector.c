/* vector.c: the encoder of values that are a vector already. */
#include "encoder/vector.h"

#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/row_moments.h"
#include "encoder/sound_features.h"
#include "nn/parallel.h"
#include "nn/rows.h"

enum { MAX_WIDTH = 1 << 24 };

typedef struct vector {
  bool standardized;
  int64_t mean, deviation; /* [width], if standardized */
} vector;

static mer_status adopt(mer__modality *modality, const mer__encoder_settings *settings,
                        mer_error *err) {
  (void)err;
  vector *v = modality->self;
  v->standardized = settings->standardize;
  modality->input = MER__INPUT_SOUND;
  modality->features = settings->features;
  return MER_OK;
}

/* The features of a sound are as many values as the classifier takes. */
static mer_status check_width(const mer__modality *modality, const char *path, mer_error *err) {
  mer_feature_extractor *extractor;
  mer_status status = mer_feature_extractor_create(&extractor, &modality->features, err);
  if (status != MER_OK) return status;
  const int64_t n = (int64_t)mer_feature_rows(extractor) * mer_feature_frames(extractor);
  mer_feature_extractor_free(extractor);
  if (n == modality->width) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: 'width' of '%s' is %lld, but its features are %lld values", path,
                   modality->name, (long long)modality->width, (long long)n);
}

static mer_status parse(mer__modality *modality, const json_t *object, const json_t *root,
                        const char *folder, const char *path, mer_error *err) {
  (void)root, (void)folder;
  vector *v = modality->self;
  const json_t *features = json_object_get(object, "features");
  modality->input = features ? MER__INPUT_SOUND : MER__INPUT_VECTOR;
  mer_status status =
      mer__config_integer(&modality->width, object, "width", true, 1, MAX_WIDTH, path, err);
  if (status == MER_OK)
    status = mer__config_switch(&v->standardized, object, "standardized", path, err);
  if (status != MER_OK || !features) return status;
  status = mer__sound_features_parse(&modality->features, features, path, err);
  return status == MER_OK ? check_width(modality, path, err) : status;
}

static int describe(const mer__modality *modality, json_t *object) {
  const vector *v = modality->self;
  int failed = json_object_set_new(object, "width", json_integer(modality->width));
  failed |= json_object_set_new(object, "standardized", json_boolean(v->standardized));
  if (modality->input == MER__INPUT_SOUND)
    failed |= mer__sound_features_describe(object, &modality->features);
  return failed;
}

static mer_status accept_values(mer__modality *modality, int64_t n_values, bool precomputed,
                                mer_error *err) {
  if (n_values < 1 || n_values > MAX_WIDTH)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: vectors of %lld values, expected 1 to %d",
                     modality->name, (long long)n_values, MAX_WIDTH);
  if (modality->width == 0) {
    modality->width = n_values;
    modality->input = precomputed ? MER__INPUT_VECTOR : MER__INPUT_SOUND;
  }
  if (modality->width == n_values) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: vectors of %lld values, but the model takes %lld",
                   modality->name, (long long)n_values, (long long)modality->width);
}

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  vector *v = modality->self;
  if (!v->standardized) return MER_OK;
  v->mean = mer__params_add(params, MER__CONSTANT, modality->width, 0, "%s.mean", modality->name);
  v->deviation =
      mer__params_add(params, MER__CONSTANT, modality->width, 0, "%s.deviation", modality->name);
  return v->mean < 0 || v->deviation < 0 ? mer__params_fail(params, err) : MER_OK;
}

static void init(const mer__modality *modality, mer__params *params, mer__rng *rng) {
  (void)rng;
  const vector *v = modality->self;
  for (int64_t i = 0; i < modality->width && v->standardized; i++) {
    mer__value(params, v->mean)[i] = 0;
    mer__value(params, v->deviation)[i] = 1;
  }
}

/* The values of the rows that have them, in their order; the caller's. */
static const float **list_rows(int64_t *n_rows, const mer__source *source, int m) {
  mer__input inputs[MER_MAX_MODALITIES];
  const float **rows = mer__malloc((size_t)source->n, sizeof(const float *));
  *n_rows = 0;
  for (int64_t i = 0; rows && i < source->n; i++) {
    source->get(inputs, source, i);
    if (inputs[m].present) rows[(*n_rows)++] = inputs[m].values;
  }
  return rows;
}

static mer_status fit(const mer__modality *modality, mer__params *params, const mer__source *source,
                      int m, mer_error *err) {
  const vector *v = modality->self;
  if (!v->standardized) return MER_OK;
  int64_t n_rows;
  const float **rows = list_rows(&n_rows, source, m);
  if (!rows) return mer__fail_memory(err);
  const mer_status status =
      mer__row_moments(mer__value(params, v->mean), mer__value(params, v->deviation), rows, n_rows,
                       modality->width, err);
  mer__free(rows);
  return status;
}

static mer_status forward(float *vectors, void **state, const mer__modality *modality,
                          const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  (void)state, (void)err;
  const vector *v = modality->self;
  const int64_t width = modality->width;
  const float *mean = v->standardized ? mer__value(pass->params, v->mean) : NULL;
  const float *deviation = v->standardized ? mer__value(pass->params, v->deviation) : NULL;
#pragma omp parallel for schedule(static) if (n * width >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i++) {
    const float *x = inputs[i]->values;
    if (mean) mer__rows_standardize(vectors + i * width, x, mean, deviation, width);
    else memcpy(vectors + i * width, x, (size_t)width * sizeof *x);
  }
  return MER_OK;
}

const mer__encoder_type mer__encoder_vector = {
    .name = "vector",
    .size = sizeof(vector),
    .adopt = adopt,
    .parse = parse,
    .describe = describe,
    .accept_values = accept_values,
    .declare = declare,
    .init = init,
    .fit = fit,
    .forward = forward,
};
