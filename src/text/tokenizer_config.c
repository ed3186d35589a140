/* tokenizer_config.c: the three settings of normalization in Hugging Face's tokenizer_config.json.
 */
#include "text/tokenizer_config.h"

#include <jansson.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

enum { CONFIG_MAX_BYTES = 1 << 26 };

/* Reads a key that is true or false; one that is not there or null leaves `*value`. */
static mer_status read_bool(bool *value, const json_t *config, const char *key, const char *path,
                            mer_error *err) {
  const json_t *found = json_object_get(config, key);
  if (!found || json_is_null(found)) return MER_OK;
  if (!json_is_boolean(found))
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: expected true or false for %s, found something else", path, key);
  *value = json_is_true(found);
  return MER_OK;
}

static mer_status read_settings(mer__normalization *how, const json_t *config, const char *path,
                                mer_error *err) {
  mer_status status;
  if (!json_is_object(config))
    return mer__fail(err, MER_STATUS_FORMAT, "%s: expected a JSON object, found another value",
                     path);
  MER__CHECK(read_bool(&how->lowercase, config, "do_lower_case", path, err));
  how->strip_accents = how->lowercase;
  MER__CHECK(read_bool(&how->strip_accents, config, "strip_accents", path, err));
  status = read_bool(&how->ideographs, config, "tokenize_chinese_chars", path, err);
cleanup:
  return status;
}

mer_status mer__tokenizer_config_read(mer__normalization *how, const char *path, mer_error *err) {
  mer_status status;
  char *data = NULL;
  size_t size;
  json_t *config = NULL;
  json_error_t fault;
  *how = mer__normalization_default();
  if (!mer__path_is_file(path)) return MER_OK;
  MER__CHECK(mer__file_read(&data, &size, path, CONFIG_MAX_BYTES, err));
  config = json_loadb(data, size, JSON_DECODE_ANY, &fault);
  if (config) status = read_settings(how, config, path, err);
  else
    status = mer__fail_at(err, MER_STATUS_FORMAT, fault.line,
                          "%s: line %d: expected JSON, found: %s", path, fault.line, fault.text);
cleanup:
  json_decref(config);
  mer__free(data);
  return status;
}
