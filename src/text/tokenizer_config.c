/* tokenizer_config.c: the three settings of normalization in Hugging Face's tokenizer_config.json.
 */
#include "text/tokenizer_config.h"

#include "base/error.h"

/* Reads a key that is true or false; one that is not there or null leaves `*value`. */
static mer_status read_bool(bool *value, const json_t *config, const char *key, const char *folder,
                            mer_error *err) {
  const json_t *found = json_object_get(config, key);
  if (!found || json_is_null(found)) return MER_OK;
  if (!json_is_boolean(found))
    return mer__fail(
        err, MER_STATUS_FORMAT,
        "%s/tokenizer_config.json: expected true or false for %s, found something else", folder,
        key);
  *value = json_is_true(found);
  return MER_OK;
}

mer_status mer__tokenizer_config_read(mer__normalization *how, const json_t *config,
                                      const char *folder, mer_error *err) {
  mer_status status;
  *how = mer__normalization_default();
  MER__CHECK(read_bool(&how->lowercase, config, "do_lower_case", folder, err));
  how->strip_accents = how->lowercase;
  MER__CHECK(read_bool(&how->strip_accents, config, "strip_accents", folder, err));
  status = read_bool(&how->ideographs, config, "tokenize_chinese_chars", folder, err);
cleanup:
  return status;
}
