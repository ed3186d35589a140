/* text_normalizer_read.c: reads the normalizers of a tokenizer.json. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "text/text_normalizer.h"

typedef struct reader {
  mer__text_normalizer *normalizer;
  mer__json_place place;
} reader;

static mer_status add(mer__normal_step **out, reader *r, mer__normal_kind kind, mer_error *err) {
  mer__text_normalizer *n = r->normalizer;
  if (n->n_steps == MER__NORMAL_MAX_STEPS) {
    mer__fail(err, MER_STATUS_LIMIT, "%s: %s: over %d steps", r->place.path, r->place.name,
              MER__NORMAL_MAX_STEPS);
    return MER_STATUS_LIMIT; /* so that static analysis sees it */
  }
  if (mer__grow(&n->steps, &n->capacity, n->n_steps + 1, sizeof *n->steps) != 0)
    return mer__fail_memory(err);
  *out = &n->steps[n->n_steps++];
  **out = (mer__normal_step){.kind = kind};
  return MER_OK;
}

static mer_status copy_text(char **out, const char *text, mer_error *err) {
  *out = mer__strdup(text);
  return *out ? MER_OK : mer__fail_memory(err);
}

static mer_status add_form(reader *r, mer__normal_form form, mer_error *err) {
  mer__normal_step *step;
  mer_status status = add(&step, r, MER__NORMAL_FORM, err);
  if (status == MER_OK) step->form = form;
  return status;
}

/* BertNormalizer is several steps. */
static mer_status read_bert(reader *r, const json_t *object, mer_error *err) {
  bool clean = true, ideographs = true, lowercase = true, accents;
  mer__normal_step *step;
  mer_status status;
  MER__CHECK(mer__json_bool(&clean, object, "clean_text", &r->place, err));
  MER__CHECK(mer__json_bool(&ideographs, object, "handle_chinese_chars", &r->place, err));
  MER__CHECK(mer__json_bool(&lowercase, object, "lowercase", &r->place, err));
  accents = lowercase;
  MER__CHECK(mer__json_bool(&accents, object, "strip_accents", &r->place, err));
  if (clean) MER__CHECK(add(&step, r, MER__NORMAL_CLEAN, err));
  if (ideographs) MER__CHECK(add(&step, r, MER__NORMAL_IDEOGRAPHS, err));
  if (accents) MER__CHECK(add_form(r, MER__FORM_NFD, err));
  if (accents) MER__CHECK(add(&step, r, MER__NORMAL_MARKS, err));
  if (lowercase) MER__CHECK(add(&step, r, MER__NORMAL_LOWERCASE, err));
cleanup:
  return status;
}

/* The regular expressions that are read: runs of white space. */
static const struct {
  const char *expression;
  bool spaces;
  size_t least;
} runs[] = {{" {2,}", true, 2}, {" +", true, 1}, {"\\s+", false, 1}, {"\\s{2,}", false, 2}};
enum { N_RUNS = sizeof runs / sizeof runs[0] };

static mer_status read_run(reader *r, const char *expression, const char *content, mer_error *err) {
  mer__normal_step *step;
  for (int i = 0; i < N_RUNS; i++) {
    if (strcmp(runs[i].expression, expression) != 0) continue;
    mer_status status = add(&step, r, MER__NORMAL_SQUEEZE, err);
    if (status != MER_OK) return status;
    step->spaces = runs[i].spaces;
    step->least = runs[i].least;
    return copy_text(&step->replacement, content, err);
  }
  return mer__json_unsupported(&r->place, expression, err);
}

static mer_status read_replace(reader *r, const json_t *object, mer_error *err) {
  const json_t *pattern = json_object_get(object, "pattern");
  const char *text = "", *expression = NULL, *content = "";
  mer__normal_step *step;
  mer_status status;
  MER__CHECK(mer__json_text(&content, object, "content", &r->place, err));
  MER__CHECK(mer__json_text(&expression, pattern, "Regex", &r->place, err));
  if (expression) return read_run(r, expression, content, err);
  MER__CHECK(mer__json_text(&text, pattern, "String", &r->place, err));
  if (!text[0]) return mer__json_expected(&r->place, "pattern", "a text", err);
  MER__CHECK(add(&step, r, MER__NORMAL_REPLACE, err));
  MER__CHECK(copy_text(&step->text, text, err));
  status = copy_text(&step->replacement, content, err);
cleanup:
  return status;
}

static mer_status read_strip(reader *r, const json_t *object, mer_error *err) {
  mer__normal_step *step;
  mer_status status;
  MER__CHECK(add(&step, r, MER__NORMAL_STRIP, err));
  MER__CHECK(mer__json_bool(&step->left, object, "strip_left", &r->place, err));
  status = mer__json_bool(&step->right, object, "strip_right", &r->place, err);
cleanup:
  return status;
}

static mer_status read_prepend(reader *r, const json_t *object, mer_error *err) {
  const char *text = "";
  mer__normal_step *step;
  mer_status status;
  MER__CHECK(mer__json_text(&text, object, "prepend", &r->place, err));
  MER__CHECK(add(&step, r, MER__NORMAL_PREPEND, err));
  status = copy_text(&step->text, text, err);
cleanup:
  return status;
}

static mer_status read_charsmap(reader *r, const json_t *object, mer_error *err) {
  const char *base64 = NULL;
  mer__normal_step *step;
  mer_status status;
  MER__CHECK(mer__json_text(&base64, object, "precompiled_charsmap", &r->place, err));
  if (!base64) return mer__json_expected(&r->place, "precompiled_charsmap", "base64", err);
  MER__CHECK(add(&step, r, MER__NORMAL_CHARSMAP, err));
  status = mer__charsmap_read(&step->map, base64, &r->place, err);
cleanup:
  return status;
}

static mer_status read_lowercase(reader *r, const json_t *object, mer_error *err) {
  mer__normal_step *step;
  (void)object;
  return add(&step, r, MER__NORMAL_LOWERCASE, err);
}

static mer_status read_accents(reader *r, const json_t *object, mer_error *err) {
  mer__normal_step *step;
  (void)object;
  return add(&step, r, MER__NORMAL_ACCENTS, err);
}

static const struct {
  const char *name;
  mer_status (*read)(reader *r, const json_t *object, mer_error *err); /* NULL: a normal form */
  mer__normal_form form;
} kinds[] = {
    {"BertNormalizer", read_bert, 0},  {"NFC", NULL, MER__FORM_NFC},
    {"NFD", NULL, MER__FORM_NFD},      {"NFKC", NULL, MER__FORM_NFKC},
    {"NFKD", NULL, MER__FORM_NFKD},    {"Lowercase", read_lowercase, 0},
    {"StripAccents", read_accents, 0}, {"Replace", read_replace, 0},
    {"Strip", read_strip, 0},          {"Prepend", read_prepend, 0},
    {"Precompiled", read_charsmap, 0},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static mer_status read_one(reader *r, const json_t *object, mer_error *err) {
  const char *type = "a normalizer without type";
  mer_status status = mer__json_text(&type, object, "type", &r->place, err);
  for (int i = 0; status == MER_OK && i < N_KINDS; i++) {
    if (strcmp(kinds[i].name, type) != 0) continue;
    return kinds[i].read ? kinds[i].read(r, object, err) : add_form(r, kinds[i].form, err);
  }
  return status == MER_OK ? mer__json_unsupported(&r->place, type, err) : status;
}

mer_status mer__text_normalizer_read(mer__text_normalizer *normalizer, const json_t *object,
                                     const char *path, mer_error *err) {
  reader r = {normalizer, {path, "normalizer"}};
  const json_t *list = json_object_get(object, "normalizers");
  mer_status status = MER_OK;
  if (!object || json_is_null(object)) return MER_OK;
  if (!list) return read_one(&r, object, err);
  for (size_t i = 0; i < json_array_size(list) && status == MER_OK; i++)
    status = read_one(&r, json_array_get(list, i), err);
  return status;
}
