/* tokenizer_config.c: the three settings of normalization in Hugging Face's tokenizer_config.json,
 * and the classes of transformers (5.24) that have a vocab.txt. */
#include "text/tokenizer_config.h"

#include <string.h>

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

/* Whether the class of `config` is `name` with "Tokenizer" or "TokenizerFast" after it. */
static bool is_class(const json_t *config, const char *name) {
  const char *found = json_string_value(json_object_get(config, "tokenizer_class"));
  const size_t n = strlen(name);
  return found && strncmp(found, name, n) == 0 &&
         (strcmp(found + n, "Tokenizer") == 0 || strcmp(found + n, "TokenizerFast") == 0);
}

bool mer__tokenizer_config_rules(const json_t *config) {
  const char *name = json_string_value(json_object_get(config, "tokenizer_class"));
  return config && !is_class(config, "PreTrained") &&
         !(name && strcmp(name, "TokenizersBackend") == 0);
}

mer_status mer__tokenizer_config_check(const json_t *config, const char *folder, const char *name,
                                       mer_error *err) {
  static const char *const others[] = {"BertJapanese",    "Bertweet", "CpmAnt",  "ErnieM",  "Esm",
                                       "GPTNeoXJapanese", "Phobert",  "RoCBert", "RoFormer"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (is_class(config, others[i]))
      return mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "%s/%s: the tokenizer_class %sTokenizer is not supported; expected BERT's "
                       "or a tokenizer.json",
                       folder, name, others[i]);
  const char *splitter = json_string_value(json_object_get(config, "word_tokenizer_type"));
  if (!splitter || strcmp(splitter, "basic") == 0) return MER_OK;
  return mer__fail(
      err, MER_STATUS_UNSUPPORTED,
      "%s/%s: words by '%.60s' (word_tokenizer_type) are not supported, expected basic", folder,
      name, splitter);
}
