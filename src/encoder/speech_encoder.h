/* speech_encoder.h: an encoder of sound from a directory of Hugging Face's: its configuration and
 * its stack of layers, and the functions of mer__encoder_type that all of them have in common. */
#ifndef MER_ENCODER_SPEECH_ENCODER_H
#define MER_ENCODER_SPEECH_ENCODER_H

#include "encoder/media_config.h"
#include "encoder/sound_features.h"
#include "encoder/speech_stack.h"

/** The first member of each such encoder's own state. */
typedef struct mer__speech_encoder {
  mer__media_config config;
  mer__speech_stack stack;
  /* of a classifier */
  bool classifier_sums; /* its head sees a sum over the layers */
  int64_t projection;   /* width of its projector */
} mer__speech_encoder;

/** Reads what config.json, `path`, says of a classifier. MER_STATUS_FORMAT. */
mer_status mer__speech_read(mer__speech_encoder *encoder, const char *path, mer_error *err);

/** Whether a model directory's object of the encoder is ours; else it is that of a classifier of
 * transformers, which says no more than name and type. */
bool mer__speech_is_ours(const json_t *object);

/** What a training asks for, unless the directory is a classifier's, which says itself what its
 * head sees. */
void mer__speech_adopt(mer__speech_encoder *encoder, const mer__encoder_settings *settings);
void mer__speech_follow_classifier(mer__speech_encoder *encoder);
/** Reads the same from the encoder's object, if that is ours. MER_STATUS_FORMAT,
 * MER_STATUS_UNSUPPORTED. */
mer_status mer__speech_parse(mer__speech_encoder *encoder, const json_t *object, const char *path,
                             mer_error *err);
/** How the trained model that a config.json, `path`, describes pools its sound. `*found`: it has an
 * encoder of sound from a directory. Statuses as mer__speech_parse. */
mer_status mer__speech_trained_pooling(mer__layer_pool *pool, bool *found, const json_t *root,
                                       const char *path, mer_error *err);
/** How such an encoder's sound is pooled, borrowed. */
const mer__layer_pool *mer__speech_pooling(const mer__modality *modality);
/** The last of setting up: notes for transformers whether the layers are summed.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__speech_begin(mer__speech_encoder *encoder, mer_error *err);

int mer__speech_describe(const mer__modality *modality, json_t *object);
const json_t *mer__speech_base_config(const mer__modality *modality);
mer_status mer__speech_write_files(const mer__modality *modality, const char *folder,
                                   mer_error *err);
void mer__speech_clear(mer__modality *modality);
void mer__speech_init(const mer__modality *modality, mer__params *params, mer__rng *rng);
mer_status mer__speech_fit(const mer__modality *modality, mer__params *params,
                           const mer__source *source, int m, mer_error *err);
int64_t mer__speech_n_rows(const mer__modality *modality, const mer__input *input);
mer_status mer__speech_forward(float *vectors, void **state, const mer__modality *modality,
                               const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                               mer_error *err);
mer_status mer__speech_backward(const mer__modality *modality, const void *state,
                                const float *dvectors, const mer__pass *pass, mer_error *err);
int64_t mer__speech_frozen_width(const mer__modality *modality);
mer_status mer__speech_encode_frozen(float *out, const mer__modality *modality,
                                     const mer__input *const *inputs, int64_t n,
                                     const mer__pass *pass, mer_error *err);
void mer__speech_constants(float **mean, float **deviation, const mer__modality *modality,
                           const mer__params *params);

/** These, in an encoder's table. */
#define MER__SPEECH_FUNCTIONS                                                                     \
  .many_rows = true, .describe = mer__speech_describe, .base_config = mer__speech_base_config,    \
  .write_files = mer__speech_write_files, .clear = mer__speech_clear,                             \
  .accept_values = mer__sound_features_accept, .init = mer__speech_init, .fit = mer__speech_fit,  \
  .n_rows = mer__speech_n_rows, .forward = mer__speech_forward, .backward = mer__speech_backward, \
  .frozen_width = mer__speech_frozen_width, .encode_frozen = mer__speech_encode_frozen,           \
  .constants = mer__speech_constants

#endif
