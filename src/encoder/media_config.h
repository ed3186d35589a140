/* media_config.h: the configuration files of an encoder of sound or images, as transformers lays
 * them out.
 *
 * In a model directory they stand in the encoder's object in config.json, so that there may be
 * others beside it; config.json's top level and preprocessor_config.json are for transformers. */
#ifndef MER_ENCODER_MEDIA_CONFIG_H
#define MER_ENCODER_MEDIA_CONFIG_H

#include <jansson.h>

#include "mer/base.h"

/** Zero-initialize. */
typedef struct mer__media_config {
  json_t *model;        /* config.json, without what is ours */
  json_t *preprocessor; /* preprocessor_config.json; NULL: there is none */
} mer__media_config;

struct mer__modality;

/** Takes what both files of a directory say; `path` and `preprocessor` are theirs, for messages. */
typedef mer_status mer__media_reader(struct mer__modality *modality, const char *path,
                                     const char *preprocessor, mer_error *err);

/** Reads both files of an encoder directory into `config`, and calls `read`. MER_STATUS_NOT_FOUND,
 * MER_STATUS_FORMAT, MER_STATUS_NO_MEMORY. */
mer_status mer__media_config_open(mer__media_config *config, struct mer__modality *modality,
                                  const char *folder, mer__media_reader *read, mer_error *err);
/** Reads both from the encoder's object in a model's config.json, `path`. MER_STATUS_FORMAT,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__media_config_parse(mer__media_config *config, const json_t *object,
                                   const char *path, mer_error *err);
/** Adds both to the encoder's object; 0 or -1. */
int mer__media_config_describe(const mer__media_config *config, json_t *object);
/** Writes preprocessor_config.json, if there is one. */
mer_status mer__media_config_write(const mer__media_config *config, const char *folder,
                                   mer_error *err);
void mer__media_config_clear(mer__media_config *config);

/** Text `key` of the model, which must be one of `known` (ends with NULL) or missing; its index, 0
 * if it is missing. MER_STATUS_UNSUPPORTED. */
mer_status mer__media_config_choice(int *index, const mer__media_config *config, const char *key,
                                    const char *const *known, const char *path, mer_error *err);

/** A required size of the model. */
typedef struct mer__media_size {
  const char *key;
  int64_t *value, max;
} mer__media_size;
mer_status mer__media_config_sizes(const mer__media_config *config, const mer__media_size *sizes,
                                   int n, const char *path, mer_error *err);

/** An optional rate of dropout of the model; a missing one keeps `*value`. */
typedef struct mer__media_rate {
  const char *key;
  double *value;
} mer__media_rate;
mer_status mer__media_config_rates(const mer__media_config *config, const mer__media_rate *rates,
                                   int n, const char *path, mer_error *err);

/** true or false of the model; a missing or null one keeps `*value`. */
typedef struct mer__media_switch {
  const char *key;
  bool *value;
} mer__media_switch;
mer_status mer__media_config_switches(const mer__media_config *config,
                                      const mer__media_switch *switches, int n, const char *path,
                                      mer_error *err);

/** The width of a classifier's projector: `classifier_proj_size`, or 256. */
mer_status mer__media_config_projection(int64_t *width, const mer__media_config *config,
                                        const char *path, mer_error *err);

#endif
