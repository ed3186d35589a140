/* config_json.h: reading configuration files with errors that name the file and the key. */
#ifndef MER_ENCODER_CONFIG_JSON_H
#define MER_ENCODER_CONFIG_JSON_H

#include <jansson.h>

#include "mer/base.h"
#include "nn/activation.h"

/** The keys that mer adds to an encoder's config.json; transformers ignores them. `mer`: the
 * classifier. `mer_dtype`: how weights are stored, "f32", "bf16" or "int8"; of int8 also
 * `mer_reduce_range` (nn/int8_weights.h) and `mer_int8_layout`, the number of the layout. */
#define MER__CONFIG_KEYS \
  { "mer", "mer_dtype", "mer_reduce_range", "mer_int8_layout" }

/** Reads a JSON object of at most 16 MiB; `*out` is the caller's reference. */
mer_status mer__config_read(json_t **out, const char *path, mer_error *err);

/** The object of the modality `name` of the trained model that a config.json describes, borrowed;
 * NULL: it describes none with that modality. */
const json_t *mer__config_modality(const json_t *root, const char *name);

/** A copy of an encoder's configuration without what is ours, and without the labels of a
 * classifier; NULL if memory is out. */
json_t *mer__config_base(const json_t *root);

/** Integer `key` within [min, max]; a missing or null key keeps `*value` unless `required`. */
mer_status mer__config_integer(int64_t *value, const json_t *object, const char *key, bool required,
                               int64_t min, int64_t max, const char *path, mer_error *err);
/** How many entries the list `key` has, within [1, most]. */
mer_status mer__config_length(int64_t *n, int64_t most, const json_t *object, const char *key,
                              const char *path, mer_error *err);
/** The list `key` of `n` integers within [1, most]. */
mer_status mer__config_list(int64_t *values, int64_t n, int64_t most, const json_t *object,
                            const char *key, const char *path, mer_error *err);
/** Number `key` within [min, max]; a missing or null key keeps `*value`. */
mer_status mer__config_real(double *value, const json_t *object, const char *key, double min,
                            double max, const char *path, mer_error *err);
/** true or false of `key`; a missing or null key keeps `*value`. MER_STATUS_FORMAT: anything else,
 * of which Python would take 1 and "no" for true. */
mer_status mer__config_switch(bool *value, const json_t *object, const char *key, const char *path,
                              mer_error *err);
/** String `key`, borrowed; NULL if missing or null and not `required`. */
mer_status mer__config_string(const char **value, const json_t *object, const char *key,
                              bool required, const char *path, mer_error *err);
/** The activation `key` by the name that transformers has for it; a missing key means GELU.
 * MER_STATUS_UNSUPPORTED: another one. */
mer_status mer__config_activation(mer__activation_kind *value, const json_t *object,
                                  const char *key, const char *path, mer_error *err);

/** Whether the value `n` of `key` is a multiple of `divisor`, that of `of`. MER_STATUS_FORMAT. */
mer_status mer__config_multiple(const char *key, int64_t n, const char *of, int64_t divisor,
                                const char *path, mer_error *err);

#endif
