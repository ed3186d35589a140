/* speech_encoder.c: what encoders of sound from directories have in common. */
#include "encoder/speech_encoder.h"

#include "base/error.h"

static const mer__speech_encoder *self_of(const mer__modality *modality) { return modality->self; }

bool mer__speech_is_ours(const json_t *object) { return json_object_get(object, "config") != NULL; }

int mer__speech_describe(const mer__modality *modality, json_t *object) {
  const mer__speech_encoder *e = self_of(modality);
  int failed = json_object_set_new(object, "layer_sum", json_boolean(e->stack.layer_sum));
  failed |= mer__sound_features_describe(object, &modality->features);
  return failed | mer__speech_config_describe(&e->config, object);
}

const json_t *mer__speech_base_config(const mer__modality *modality) {
  return self_of(modality)->config.model;
}

mer_status mer__speech_write_files(const mer__modality *modality, const char *folder,
                                   mer_error *err) {
  return mer__speech_config_write(&self_of(modality)->config, folder, err);
}

void mer__speech_clear(mer__modality *modality) {
  mer__speech_encoder *e = modality->self;
  mer__speech_config_clear(&e->config);
  mer__speech_stack_clear(&e->stack);
}

void mer__speech_init(const mer__modality *modality, mer__params *params, mer__rng *rng) {
  (void)rng;
  mer__speech_stack_init(&self_of(modality)->stack, params);
}

int64_t mer__speech_n_rows(const mer__modality *modality, const mer__input *input) {
  return mer__speech_stack_rows(&self_of(modality)->stack, input);
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
