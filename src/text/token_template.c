/* token_template.c: the special tokens around texts. */
#include "text/token_template.h"

#include <string.h>

#include "base/error.h"

mer__token_templates mer__templates_plain(void) {
  return (mer__token_templates){.pair.text_types = {0, 1}};
}

mer__token_templates mer__templates_bert(int32_t cls, int32_t sep) {
  return (mer__token_templates){
      .single = {.ids = {cls, sep}, .n = {1, 1, 0}},
      .pair = {.ids = {cls, sep, sep}, .types = {0, 0, 1}, .n = {1, 1, 1}, .text_types = {0, 1}}};
}

mer__token_templates mer__templates_roberta(int32_t cls, int32_t sep) {
  return (mer__token_templates){.single = {.ids = {cls, sep}, .n = {1, 1, 0}},
                                .pair = {.ids = {cls, sep, sep, sep}, .n = {1, 2, 1}}};
}

typedef struct reader {
  mer__json_place place;
  int32_t n_ids;
} reader;

static mer_status check_id(int32_t *id, const json_t *value, const reader *r, mer_error *err) {
  json_int_t found = json_integer_value(value);
  if (!json_is_integer(value) || found < 0 || found >= r->n_ids)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: %s: expected the id of a special token, found something else or an id "
                     "that no token has",
                     r->place.path, r->place.name);
  *id = (int32_t)found;
  return MER_OK;
}

/* Adds a special token after the first `n_texts` texts. */
static mer_status add(mer__token_template *t, int n_texts, const json_t *id, int64_t type,
                      const reader *r, mer_error *err) {
  size_t at = mer__template_size(t);
  if (at >= MER__TEMPLATE_MAX)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: %s: over %d special tokens", r->place.path,
                     r->place.name, MER__TEMPLATE_MAX);
  t->types[at] = (int32_t)type;
  t->n[n_texts]++;
  return check_id(&t->ids[at], id, r, err);
}

static mer_status read_type(int64_t *type, const json_t *object, const reader *r, mer_error *err) {
  *type = 0;
  mer_status status = mer__json_integer(type, object, "type_id", &r->place, err);
  if (status == MER_OK && (*type < 0 || *type > 1))
    return mer__json_unsupported(&r->place, "a type_id other than 0 and 1", err);
  return status;
}

/* {"SpecialToken": {"id": name, "type_id"}}, whose ids `specials` has under its name. */
static mer_status add_special(mer__token_template *t, int n_texts, const json_t *token,
                              const json_t *specials, const reader *r, mer_error *err) {
  const char *name = "";
  int64_t type;
  mer_status status;
  MER__CHECK(mer__json_text(&name, token, "id", &r->place, err));
  MER__CHECK(read_type(&type, token, r, err));
  const json_t *ids = json_object_get(json_object_get(specials, name), "ids");
  if (!json_is_array(ids)) MER__CHECK(mer__json_expected(&r->place, name, "ids", err));
  for (size_t i = 0; i < json_array_size(ids); i++)
    MER__CHECK(add(t, n_texts, json_array_get(ids, i), type, r, err));
cleanup:
  return status;
}

/* {"Sequence": {"id": "A" or "B", "type_id"}}: the texts in their order. */
static mer_status add_text(mer__token_template *t, int *n_texts, int most, const json_t *text,
                           const reader *r, mer_error *err) {
  const char *name = "";
  const char expected[2] = {(char)('A' + *n_texts), 0};
  int64_t type;
  mer_status status;
  MER__CHECK(mer__json_text(&name, text, "id", &r->place, err));
  MER__CHECK(read_type(&type, text, r, err));
  if (*n_texts >= most || strcmp(name, expected) != 0)
    MER__CHECK(mer__json_unsupported(&r->place, "texts in an order other than A, B", err));
  t->text_types[(*n_texts)++] = (int32_t)type;
cleanup:
  return status;
}

static mer_status read_pieces(mer__token_template *t, const json_t *processor, const char *key,
                              int n_expected, const reader *r, mer_error *err) {
  const json_t *pieces = json_object_get(processor, key);
  const json_t *specials = json_object_get(processor, "special_tokens");
  mer_status status = MER_OK;
  int n_texts = 0;
  *t = (mer__token_template){0};
  for (size_t i = 0; i < json_array_size(pieces); i++) {
    const json_t *piece = json_array_get(pieces, i);
    const json_t *special = json_object_get(piece, "SpecialToken");
    if (special) MER__CHECK(add_special(t, n_texts, special, specials, r, err));
    else MER__CHECK(add_text(t, &n_texts, n_expected, json_object_get(piece, "Sequence"), r, err));
  }
  if (n_texts != n_expected)
    status = mer__json_unsupported(&r->place, "a template without its texts", err);
cleanup:
  return status;
}

/* The id of [token, id]. */
static mer_status read_end(int32_t *id, const json_t *processor, const char *key, const reader *r,
                           mer_error *err) {
  return check_id(id, json_array_get(json_object_get(processor, key), 1), r, err);
}

static mer_status read_one(mer__token_templates *templates, const json_t *processor,
                           const char *type, const reader *r, mer_error *err) {
  int32_t cls = 0, sep = 0;
  mer_status status;
  if (strcmp(type, "TemplateProcessing") == 0) {
    MER__CHECK(read_pieces(&templates->single, processor, "single", 1, r, err));
    return read_pieces(&templates->pair, processor, "pair", 2, r, err);
  }
  bool roberta = strcmp(type, "RobertaProcessing") == 0;
  if (!roberta && strcmp(type, "BertProcessing") != 0)
    return mer__json_unsupported(&r->place, type, err);
  MER__CHECK(read_end(&cls, processor, "cls", r, err));
  MER__CHECK(read_end(&sep, processor, "sep", r, err));
  *templates = roberta ? mer__templates_roberta(cls, sep) : mer__templates_bert(cls, sep);
cleanup:
  return status;
}

/* Reads one that is not a list; ByteLevel is about offsets alone. `*n` counts the others. */
static mer_status read_step(mer__token_templates *templates, int *n, const json_t *processor,
                            const reader *r, mer_error *err) {
  const char *type = "a post-processor without type";
  mer_status status = mer__json_text(&type, processor, "type", &r->place, err);
  if (status != MER_OK || strcmp(type, "ByteLevel") == 0) return status;
  if ((*n)++) return mer__json_unsupported(&r->place, "a Sequence of several templates", err);
  return read_one(templates, processor, type, r, err);
}

mer_status mer__templates_read(mer__token_templates *templates, const json_t *processor,
                               int32_t n_ids, const char *path, mer_error *err) {
  const reader r = {{path, "post_processor"}, n_ids};
  const json_t *list = json_object_get(processor, "processors");
  mer_status status = MER_OK;
  int n = 0;
  *templates = mer__templates_plain();
  if (!processor || json_is_null(processor)) return MER_OK;
  if (!list) return read_step(templates, &n, processor, &r, err);
  for (size_t i = 0; i < json_array_size(list) && status == MER_OK; i++)
    status = read_step(templates, &n, json_array_get(list, i), &r, err);
  return status;
}
