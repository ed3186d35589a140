/* config_json.c: reading configuration files with errors that name the file and the key. */
#include "encoder/config_json.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "tensor/json_memory.h"

enum { MAX_JSON_BYTES = 16 << 20 };

mer_status mer__config_read(json_t **out, const char *path, mer_error *err) {
  char *text;
  size_t size;
  json_error_t fault;
  *out = NULL;
  mer_status status = mer__file_read(&text, &size, path, MAX_JSON_BYTES, err);
  if (status != MER_OK) return status;
  size_t mark = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* byte-order mark */
  json_t *root = mer__json_parse(text + mark, size - mark, JSON_REJECT_DUPLICATES, &fault);
  const bool no_memory = mer__json_no_memory();
  mer__free(text);
  if (!root && no_memory) return mer__fail_memory(err);
  if (!root)
    return mer__fail_at(err, MER_STATUS_FORMAT, fault.line, "%s:%d: not JSON: %s", path, fault.line,
                        fault.text);
  if (json_is_object(root)) {
    *out = root;
    return MER_OK;
  }
  json_decref(root);
  return mer__fail(err, MER_STATUS_FORMAT, "%s: expected a JSON object", path);
}

const json_t *mer__config_modality(const json_t *root, const char *name) {
  const json_t *modality, *all = json_object_get(json_object_get(root, "mer"), "modalities");
  size_t i;
  json_array_foreach(all, i, modality) {
    const char *own = json_string_value(json_object_get(modality, "name"));
    if (own && strcmp(own, name) == 0) return modality;
  }
  return NULL;
}

mer_status mer__config_integer(int64_t *value, const json_t *object, const char *key, bool required,
                               int64_t min, int64_t max, const char *path, mer_error *err) {
  const json_t *item = json_object_get(object, key);
  if (!required && (!item || json_is_null(item))) return MER_OK;
  if (!item) return mer__fail(err, MER_STATUS_FORMAT, "%s: no '%s'", path, key);
  if (!json_is_integer(item) || json_integer_value(item) < min || json_integer_value(item) > max)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: '%s' is not a whole number from %lld to %lld",
                     path, key, (long long)min, (long long)max);
  *value = json_integer_value(item);
  return MER_OK;
}

mer_status mer__config_length(int64_t *n, int64_t most, const json_t *object, const char *key,
                              const char *path, mer_error *err) {
  const int64_t size = (int64_t)json_array_size(json_object_get(object, key));
  if (size < 1 || size > most)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: '%s' is not a list of 1 to %lld numbers", path,
                     key, (long long)most);
  *n = size;
  return MER_OK;
}

mer_status mer__config_list(int64_t *values, int64_t n, int64_t most, const json_t *object,
                            const char *key, const char *path, mer_error *err) {
  const json_t *list = json_object_get(object, key);
  if ((int64_t)json_array_size(list) != n)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: '%s' is not a list of %lld numbers", path, key,
                     (long long)n);
  for (int64_t i = 0; i < n; i++) {
    const json_int_t value = json_integer_value(json_array_get(list, (size_t)i));
    if (value < 1 || value > most)
      return mer__fail(err, MER_STATUS_FORMAT,
                       "%s: '%s': entry %lld is not a whole number from 1 to %lld", path, key,
                       (long long)i + 1, (long long)most);
    values[i] = value;
  }
  return MER_OK;
}

mer_status mer__config_real(double *value, const json_t *object, const char *key, double min,
                            double max, const char *path, mer_error *err) {
  const json_t *item = json_object_get(object, key);
  if (!item || json_is_null(item)) return MER_OK;
  double number = json_number_value(item);
  if (!json_is_number(item) || !(number >= min && number <= max))
    return mer__fail(err, MER_STATUS_FORMAT, "%s: '%s' is not a number from %g to %g", path, key,
                     min, max);
  *value = number;
  return MER_OK;
}

mer_status mer__config_switch(bool *value, const json_t *object, const char *key, const char *path,
                              mer_error *err) {
  const json_t *item = json_object_get(object, key);
  if (!item || json_is_null(item)) return MER_OK;
  *value = json_is_true(item);
  if (json_is_boolean(item)) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: '%s' is not true or false", path, key);
}

mer_status mer__config_string(const char **value, const json_t *object, const char *key,
                              bool required, const char *path, mer_error *err) {
  const json_t *item = json_object_get(object, key);
  if (!required && (!item || json_is_null(item))) {
    *value = NULL;
    return MER_OK;
  }
  if (!json_is_string(item))
    return mer__fail(err, MER_STATUS_FORMAT, "%s: no text '%s'", path, key);
  *value = json_string_value(item);
  return MER_OK;
}

/* "gelu_python" is GELU written out; those of tanh differ in how they are written. */
mer_status mer__config_activation(mer__activation_kind *value, const json_t *object,
                                  const char *key, const char *path, mer_error *err) {
  static const struct {
    const char *name;
    mer__activation_kind kind;
  } names[] = {{"gelu", MER__GELU},
               {"gelu_python", MER__GELU},
               {"gelu_new", MER__GELU_TANH},
               {"gelu_fast", MER__GELU_TANH},
               {"gelu_pytorch_tanh", MER__GELU_TANH},
               {"relu", MER__RELU}};
  const char *found = NULL;
  *value = MER__GELU;
  mer_status status = mer__config_string(&found, object, key, false, path, err);
  if (status != MER_OK || !found) return status;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(names[i].name, found) != 0) continue;
    *value = names[i].kind;
    return MER_OK;
  }
  return mer__fail(err, MER_STATUS_UNSUPPORTED,
                   "%s: '%s' is \"%.60s\", expected gelu, gelu_python, gelu_new, gelu_fast, "
                   "gelu_pytorch_tanh or relu",
                   path, key, found);
}

json_t *mer__config_base(const json_t *root) {
  json_t *config = json_copy((json_t *)root);
  const char *const ours[] = MER__CONFIG_KEYS;
  for (size_t i = 0; config && i < sizeof ours / sizeof ours[0]; i++)
    json_object_del(config, ours[i]);
  json_object_del(config, "id2label");
  json_object_del(config, "label2id");
  return config;
}

mer_status mer__config_multiple(const char *key, int64_t n, const char *of, int64_t divisor,
                                const char *path, mer_error *err) {
  if (n % divisor == 0) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: %s %lld is not a multiple of %s %lld", path, key,
                   (long long)n, of, (long long)divisor);
}
