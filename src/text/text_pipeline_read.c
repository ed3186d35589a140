/* text_pipeline_read.c: reads normalizer, pre_tokenizer and model of a tokenizer.json. */
#include <string.h>

#include "base/error.h"
#include "text/text_pipeline.h"

static bool is_type(const json_t *object, const char *type) {
  const char *found = json_string_value(json_object_get(object, "type"));
  return found && strcmp(found, type) == 0;
}

static mer_status read_bert(mer__normalization *how, bool *clean, const json_t *normalizer,
                            const char *path, mer_error *err) {
  const mer__json_place place = {path, "normalizer"};
  mer_status status;
  *how = mer__normalization_default();
  *clean = true;
  MER__CHECK(mer__json_bool(&how->lowercase, normalizer, "lowercase", &place, err));
  how->strip_accents = how->lowercase;
  MER__CHECK(mer__json_bool(&how->strip_accents, normalizer, "strip_accents", &place, err));
  MER__CHECK(mer__json_bool(&how->ideographs, normalizer, "handle_chinese_chars", &place, err));
  MER__CHECK(mer__json_bool(clean, normalizer, "clean_text", &place, err));
cleanup:
  return status;
}

/* Whether words are BERT's, so that they are made in one pass. */
static mer_status find_bert(mer__text_pipeline *pipeline, const json_t *root, const char *path,
                            mer_error *err) {
  const json_t *normalizer = json_object_get(root, "normalizer");
  bool clean;
  if (!is_type(normalizer, "BertNormalizer")) return MER_OK;
  mer_status status = read_bert(&pipeline->how, &clean, normalizer, path, err);
  pipeline->bert = clean && is_type(json_object_get(root, "pre_tokenizer"), "BertPreTokenizer") &&
                   pipeline->model.kind == &mer__wordpiece_kind;
  return status;
}

/* GPT-2's spelling of bytes is the pre-tokenizer's, and the model's. */
static mer_status check_bytes(const mer__text_pipeline *pipeline, const char *path,
                              mer_error *err) {
  const mer__token_model_kind *kind = pipeline->model.kind;
  bool bytes = mer__word_split_is_byte_level(&pipeline->split);
  if (bytes == kind->byte_level) return MER_OK;
  return mer__fail(err, MER_STATUS_UNSUPPORTED,
                   "%s: a model of type %s %s the pre-tokenizer ByteLevel is not supported", path,
                   kind->name, bytes ? "with" : "without");
}

/* Where a normalizer removes the beginning of a text, Metaspace's scheme `first` asks for more than
 * is known of it. */
static mer_status check_first(const mer__text_pipeline *pipeline, const char *path,
                              mer_error *err) {
  const mer__json_place place = {path, "pre_tokenizer"};
  bool first = false;
  for (int i = 0; i < pipeline->split.n_steps; i++)
    first |= pipeline->split.steps[i].prepend == MER__PREPEND_FIRST;
  if (!first || !pipeline->normalizer.n_steps) return MER_OK;
  return mer__json_unsupported(&place, "the prepend_scheme first after a normalizer", err);
}

mer_status mer__text_pipeline_read(mer__text_pipeline *pipeline, mer__vocabulary *vocabulary,
                                   const json_t *root, const char *path, mer_error *err) {
  mer_status status;
  MER__CHECK(mer__token_model_read(&pipeline->model, vocabulary, json_object_get(root, "model"),
                                   path, err));
  MER__CHECK(find_bert(pipeline, root, path, err));
  if (pipeline->bert) return MER_OK;
  MER__CHECK(mer__text_normalizer_read(&pipeline->normalizer, json_object_get(root, "normalizer"),
                                       path, err));
  MER__CHECK(
      mer__word_split_read(&pipeline->split, json_object_get(root, "pre_tokenizer"), path, err));
  MER__CHECK(check_bytes(pipeline, path, err));
  status = check_first(pipeline, path, err);
cleanup:
  return status;
}
