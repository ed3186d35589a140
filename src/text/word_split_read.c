/* word_split_read.c: reads the pre-tokenizers of a tokenizer.json. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "text/utf8.h"
#include "text/word_split.h"

typedef mer_status (*step_reader)(mer__split_step *step, const json_t *object,
                                  const mer__json_place *place, mer_error *err);

static mer_status take_text(mer__split_step *step, const char *text, mer_error *err) {
  step->text = mer__strdup(text);
  step->text_size = strlen(text);
  return step->text ? MER_OK : mer__fail_memory(err);
}

static mer_status read_nothing(mer__split_step *step, const json_t *object,
                               const mer__json_place *place, mer_error *err) {
  (void)step, (void)object, (void)place, (void)err;
  return MER_OK;
}

static mer_status read_bytes(mer__split_step *step, const json_t *object,
                             const mer__json_place *place, mer_error *err) {
  bool prefix = true;
  step->split = true;
  mer_status status = mer__json_bool(&prefix, object, "add_prefix_space", place, err);
  step->prepend = prefix ? MER__PREPEND_ALWAYS : MER__PREPEND_NEVER;
  return status == MER_OK ? mer__json_bool(&step->split, object, "use_regex", place, err) : status;
}

/* `prepend_scheme` is of later versions than `add_prefix_space`. */
static mer_status read_metaspace(mer__split_step *step, const json_t *object,
                                 const mer__json_place *place, mer_error *err) {
  const char *mark = "\xE2\x96\x81", *scheme = NULL;
  bool prefix = true;
  mer_status status;
  step->split = true;
  MER__CHECK(mer__json_text(&mark, object, "replacement", place, err));
  MER__CHECK(mer__json_text(&scheme, object, "prepend_scheme", place, err));
  MER__CHECK(mer__json_bool(&prefix, object, "add_prefix_space", place, err));
  MER__CHECK(mer__json_bool(&step->split, object, "split", place, err));
  if (!scheme) scheme = prefix ? "always" : "never";
  if (strcmp(scheme, "never") == 0) step->prepend = MER__PREPEND_NEVER;
  else if (strcmp(scheme, "first") == 0) step->prepend = MER__PREPEND_FIRST;
  else if (strcmp(scheme, "always") == 0) step->prepend = MER__PREPEND_ALWAYS;
  else MER__CHECK(mer__json_unsupported(place, scheme, err));
  size_t n = 0;
  if (mark[0]) mer__utf8_read(&n, (const uint8_t *)mark);
  if (n == 0 || mark[n]) MER__CHECK(mer__json_expected(place, "replacement", "one character", err));
  status = take_text(step, mark, err);
cleanup:
  return status;
}

static mer_status read_digits(mer__split_step *step, const json_t *object,
                              const mer__json_place *place, mer_error *err) {
  bool individual = false;
  mer_status status = mer__json_bool(&individual, object, "individual_digits", place, err);
  step->behavior = individual ? MER__SPLIT_ISOLATED : MER__SPLIT_CONTIGUOUS;
  return status;
}

static mer_status read_behavior(mer__split_step *step, const json_t *object,
                                const mer__json_place *place, mer_error *err) {
  static const char *const names[] = {"isolated", "removed", "contiguous", "mergedwithprevious",
                                      "mergedwithnext"};
  const char *found = "isolated";
  char name[32] = "";
  mer_status status = mer__json_text(&found, object, "behavior", place, err);
  if (status != MER_OK) return status;
  for (size_t n = 0; *found && n + 1 < sizeof name; found++)
    if (*found != '_') name[n++] = *found >= 'A' && *found <= 'Z' ? (char)(*found + 32) : *found;
  for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++) {
    step->behavior = (mer__split_behavior)i;
    if (strcmp(names[i], name) == 0) return MER_OK;
  }
  return mer__json_unsupported(place, name, err);
}

static mer_status read_punctuation(mer__split_step *step, const json_t *object,
                                   const mer__json_place *place, mer_error *err) {
  mer_status status = read_behavior(step, object, place, err);
  if (status == MER_OK && step->behavior > MER__SPLIT_CONTIGUOUS)
    return mer__json_unsupported(place, "a merged behavior of Punctuation", err);
  return status;
}

/* Split: at a text. Patterns are not read, but for GPT-2's own. */
static mer_status read_split(mer__split_step *step, const json_t *object,
                             const mer__json_place *place, mer_error *err) {
  const json_t *pattern = json_object_get(object, "pattern");
  const char *text = "", *expression = NULL;
  mer_status status;
  MER__CHECK(read_behavior(step, object, place, err));
  MER__CHECK(mer__json_bool(&step->inverted, object, "invert", place, err));
  MER__CHECK(mer__json_text(&expression, pattern, "Regex", place, err));
  if (expression) MER__CHECK(mer__json_unsupported(place, expression, err));
  MER__CHECK(mer__json_text(&text, pattern, "String", place, err));
  if (!text[0]) MER__CHECK(mer__json_expected(place, "pattern", "a text", err));
  status = take_text(step, text, err);
cleanup:
  return status;
}

static const struct {
  const char *name;
  mer__split_kind kind;
  step_reader read;
} kinds[] = {
    {"BertPreTokenizer", MER__SPLIT_BERT, read_nothing},
    {"WhitespaceSplit", MER__SPLIT_WHITESPACE, read_nothing},
    {"Whitespace", MER__SPLIT_WORDS, read_nothing},
    {"ByteLevel", MER__SPLIT_BYTE_LEVEL, read_bytes},
    {"Metaspace", MER__SPLIT_METASPACE, read_metaspace},
    {"Digits", MER__SPLIT_DIGITS, read_digits},
    {"Punctuation", MER__SPLIT_PUNCTUATION, read_punctuation},
    {"Split", MER__SPLIT_TEXT, read_split},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static mer_status read_step(mer__word_split *split, const json_t *object,
                            const mer__json_place *place, mer_error *err) {
  const char *type = "a pre-tokenizer without type";
  mer_status status = mer__json_text(&type, object, "type", place, err);
  if (status != MER_OK) return status;
  if (split->n_steps == MER__SPLIT_MAX_STEPS)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: %s: over %d pre-tokenizers after one another",
                     place->path, place->name, MER__SPLIT_MAX_STEPS);
  /* What follows would see GPT-2's spelling, which is not made here. */
  if (mer__word_split_is_byte_level(split))
    return mer__json_unsupported(place, "a pre-tokenizer after ByteLevel", err);
  for (int i = 0; i < N_KINDS; i++) {
    if (strcmp(kinds[i].name, type) != 0) continue;
    mer__split_step *step = &split->steps[split->n_steps++];
    step->kind = kinds[i].kind;
    return kinds[i].read(step, object, place, err);
  }
  return mer__json_unsupported(place, type, err);
}

mer_status mer__word_split_read(mer__word_split *split, const json_t *pre_tokenizer,
                                const char *path, mer_error *err) {
  const mer__json_place place = {path, "pre_tokenizer"};
  const json_t *list = json_object_get(pre_tokenizer, "pretokenizers");
  mer_status status = MER_OK;
  if (!pre_tokenizer || json_is_null(pre_tokenizer)) return MER_OK;
  if (!list) return read_step(split, pre_tokenizer, &place, err);
  for (size_t i = 0; i < json_array_size(list) && status == MER_OK; i++)
    status = read_step(split, json_array_get(list, i), &place, err);
  return status;
}

void mer__word_split_clear(mer__word_split *split) {
  for (int i = 0; i < split->n_steps; i++) mer__free(split->steps[i].text);
  *split = (mer__word_split){0};
}

mer__word_split mer__word_split_gpt2(bool prefix) {
  return (mer__word_split){.steps = {{.kind = MER__SPLIT_BYTE_LEVEL,
                                      .prepend = prefix ? MER__PREPEND_ALWAYS : MER__PREPEND_NEVER,
                                      .split = true}},
                           .n_steps = 1};
}
