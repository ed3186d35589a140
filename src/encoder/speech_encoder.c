/* speech_encoder.c: what encoders of sound from directories have in common. */
#include "encoder/speech_encoder.h"

#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/encoder_type.h"
#include "encoder/speech_windows.h"

static const mer__speech_encoder *self_of(const mer__modality *modality) { return modality->self; }

mer_status mer__speech_read(mer__speech_encoder *e, const char *path, mer_error *err) {
  const mer__media_switch sums = {"use_weighted_layer_sum", &e->classifier_sums};
  mer_status status = mer__media_config_switches(&e->config, &sums, 1, path, err);
  if (status != MER_OK) return status;
  return mer__media_config_projection(&e->projection, &e->config, path, err);
}

bool mer__speech_is_ours(const json_t *object) { return json_object_get(object, "config") != NULL; }

void mer__speech_adopt(mer__speech_encoder *e, const mer__encoder_settings *settings) {
  if (settings->classifier) {
    mer__speech_follow_classifier(e);
    return;
  }
  e->stack.pool.kind = settings->pool;
  e->stack.pool.sum = settings->layer_sum;
  e->stack.pool.standardized = settings->standardize && settings->pool != MER__POOL_ATTENTION;
  e->stack.trim_db = settings->trim_db;
}

void mer__speech_follow_classifier(mer__speech_encoder *e) {
  e->stack.pool.sum = e->classifier_sums;
}

/* What is missing is as in models from before there was a choice. */
mer_status mer__speech_parse(mer__speech_encoder *e, const json_t *object, const char *path,
                             mer_error *err) {
  mer__layer_pool *pool = &e->stack.pool;
  const char *kind = NULL;
  mer_status status;
  MER__CHECK(mer__config_switch(&pool->sum, object, "layer_sum", path, err));
  MER__CHECK(mer__config_switch(&pool->standardized, object, "standardized", path, err));
  MER__CHECK(
      mer__config_real(&e->stack.trim_db, object, "trim_db", 0, MER__MOST_TRIM_DB, path, err));
  MER__CHECK(mer__config_string(&kind, object, "pool", false, path, err));
  if (kind && !mer__pool_find(&pool->kind, kind))
    status = mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "%s: 'pool' is \"%.60s\", expected mean, mean-std or attention", path, kind);
  else if (pool->kind == MER__POOL_ATTENTION && pool->standardized)
    status =
        mer__fail(err, MER_STATUS_FORMAT,
                  "%s: 'standardized' is true, expected false with the pool \"attention\"", path);
cleanup:
  return status;
}

mer_status mer__speech_trained_pooling(mer__layer_pool *pool, bool *found, const json_t *root,
                                       const char *path, mer_error *err) {
  const json_t *object = mer__config_modality(root, "audio");
  const mer__encoder_type *type = mer__encoder_type_of_modality(object);
  mer__speech_encoder read = {0};
  *found = type && type->base_config && mer__speech_is_ours(object);
  if (!*found) return MER_OK;
  const mer_status status = mer__speech_parse(&read, object, path, err);
  *pool = read.stack.pool;
  return status;
}

const mer__layer_pool *mer__speech_pooling(const mer__modality *modality) {
  return &self_of(modality)->stack.pool;
}

mer_status mer__speech_begin(mer__speech_encoder *e, mer_error *err) {
  const int failed = json_object_set_new(e->config.model, "use_weighted_layer_sum",
                                         json_boolean(e->stack.pool.sum));
  return failed ? mer__fail_memory(err) : MER_OK;
}

int mer__speech_describe(const mer__modality *modality, json_t *object) {
  const mer__speech_encoder *e = self_of(modality);
  const mer__layer_pool *pool = &e->stack.pool;
  int failed = json_object_set_new(object, "layer_sum", json_boolean(pool->sum));
  failed |= json_object_set_new(object, "pool", json_string(mer__pool_name(pool->kind)));
  failed |= json_object_set_new(object, "standardized", json_boolean(pool->standardized));
  failed |= json_object_set_new(object, "trim_db", json_real(e->stack.trim_db));
  failed |= mer__sound_features_describe(object, &modality->features);
  return failed | mer__media_config_describe(&e->config, object);
}

const json_t *mer__speech_base_config(const mer__modality *modality) {
  return self_of(modality)->config.model;
}

mer_status mer__speech_write_files(const mer__modality *modality, const char *folder,
                                   mer_error *err) {
  return mer__media_config_write(&self_of(modality)->config, folder, err);
}

void mer__speech_clear(mer__modality *modality) {
  mer__speech_encoder *e = modality->self;
  mer__media_config_clear(&e->config);
  mer__speech_stack_clear(&e->stack);
}

void mer__speech_init(const mer__modality *modality, mer__params *params, mer__rng *rng) {
  mer__layer_pool_init(&self_of(modality)->stack.pool, params, rng);
}

mer_status mer__speech_fit(const mer__modality *modality, mer__params *params,
                           const mer__source *source, int m, mer_error *err) {
  return mer__layer_pool_fit(&self_of(modality)->stack.pool, params, source, m, err);
}

int64_t mer__speech_n_rows(const mer__modality *modality, const mer__input *input) {
  return mer__windows_n_rows(&self_of(modality)->stack, input);
}

mer_status mer__speech_forward(float *vectors, void **state, const mer__modality *modality,
                               const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                               mer_error *err) {
  return mer__speech_stack_forward(vectors, state, &self_of(modality)->stack, inputs, n, pass, err);
}

mer_status mer__speech_backward(const mer__modality *modality, const void *state,
                                const float *dvectors, const mer__pass *pass, mer_error *err) {
  return mer__speech_stack_backward(&self_of(modality)->stack, state, dvectors, pass, err);
}

int64_t mer__speech_frozen_width(const mer__modality *modality) {
  return mer__speech_stack_frozen_width(&self_of(modality)->stack);
}

mer_status mer__speech_encode_frozen(float *out, const mer__modality *modality,
                                     const mer__input *const *inputs, int64_t n,
                                     const mer__pass *pass, mer_error *err) {
  return mer__speech_stack_encode_frozen(out, &self_of(modality)->stack, inputs, n, pass, err);
}

void mer__speech_constants(float **mean, float **deviation, const mer__modality *modality,
                           const mer__params *params) {
  const mer__layer_pool *pool = &self_of(modality)->stack.pool;
  *mean = mer__value(params, pool->mean);
  *deviation = mer__value(params, pool->deviation);
}
