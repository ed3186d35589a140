/* test_tokenizer_kinds.c: token ids of every kind of tokenizer against Hugging Face's, on the texts
 * of tests/golden/text/cases.jsonl; the tokenizers stand in tests/golden/tokenizers. Each is saved
 * and opened again, with the same ids. */
#include <jansson.h>

#include "base/file.h"
#include "mer/text.h"
#include "test_support.h"
#include "text/tokenizer_files.h"

enum { N_TEXTS = 596, N_KINDS = 21 };

static json_t *texts[N_TEXTS];
static char folder[64], saved[64];

static json_t *load_line(const char *text, int line) {
  json_error_t fault;
  json_t *object = json_loads(text, JSON_ALLOW_NUL, &fault);
  if (!object) fail_msg("line %d: %s", line, fault.text);
  return object;
}

static void load_texts(void) {
  FILE *file = fopen(GOLDEN "text/cases.jsonl", "r");
  char *text = NULL;
  size_t capacity = 0;
  assert_non_null(file);
  for (int i = 0; i < N_TEXTS; i++) {
    assert_true(getline(&text, &capacity, file) > 0);
    texts[i] = load_line(text, i + 1);
  }
  free(text);
  fclose(file);
}

static void write_file(const char *name, const char *text, size_t size) {
  char path[160];
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_ok(mer__file_write(path, text, size, &err));
}

static void write_json(const char *name, const json_t *value) {
  char *text = json_dumps(value, JSON_COMPACT);
  write_file(name, text, strlen(text));
  free(text);
}

static json_t *load_model(const char *name) {
  char path[400];
  json_error_t fault;
  snprintf(path, sizeof path, GOLDEN "tokenizers/%s.json", name);
  json_t *model = json_load_file(path, JSON_ALLOW_NUL, &fault);
  if (!model) fail_msg("%s: %s", path, fault.text);
  return model;
}

/* vocab.json and merges.txt. */
static void write_pairs(const json_t *model) {
  const json_t *merges = json_object_get(model, "merges");
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  fprintf(file, "#version: 0.2\n");
  for (size_t i = 0; i < json_array_size(merges); i++) {
    const json_t *pair = json_array_get(merges, i);
    fprintf(file, "%s %s\n", json_string_value(json_array_get(pair, 0)),
            json_string_value(json_array_get(pair, 1)));
  }
  fclose(file);
  write_file("merges.txt", text, size);
  write_json("vocab.json", json_object_get(model, "vocab"));
  free(text);
}

/* vocab.txt: the tokens in the order of their ids. */
static void write_words(const json_t *model) {
  const json_t *vocabulary = json_object_get(model, "vocab");
  size_t n = json_object_size(vocabulary), size;
  const char **tokens = calloc(n, sizeof *tokens), *token;
  char *text = NULL;
  json_t *id;
  json_object_foreach((json_t *)vocabulary, token, id) tokens[json_integer_value(id)] = token;
  FILE *file = open_memstream(&text, &size);
  for (size_t i = 0; i < n; i++) fprintf(file, "%s\n", tokens[i]);
  fclose(file);
  write_file("vocab.txt", text, size);
  free(text);
  free(tokens);
}

static void write_tokenizer(const json_t *kind) {
  json_t *model = load_model(json_string_value(json_object_get(kind, "model")));
  const char *files = json_string_value(json_object_get(kind, "files"));
  make_temporary_folder(folder);
  if (strcmp(files, "pairs") == 0) write_pairs(model);
  else if (strcmp(files, "words") == 0) write_words(model);
  else {
    json_t *root = json_copy(json_object_get(kind, "parts"));
    json_object_set(root, "model", model);
    if (strcmp(json_string_value(json_object_get(kind, "name")), "byte-fallback") == 0)
      json_object_set_new(model, "byte_fallback", json_true());
    write_json("tokenizer.json", root);
    json_decref(root);
  }
  json_decref(model);
}

static bool is_equal(const json_t *expected, const int32_t *found, int32_t n) {
  if (json_array_size(expected) != (size_t)n) return false;
  for (int32_t i = 0; i < n; i++)
    if (json_integer_value(json_array_get(expected, (size_t)i)) != found[i]) return false;
  return true;
}

static void expect_case(const mer_tokenizer *tokenizer, mer_tokens *tokens, const json_t *c,
                        const char *name) {
  size_t line = (size_t)json_integer_value(json_array_get(c, 0));
  const json_t *object = texts[line], *types = json_array_get(c, 2);
  const json_t *text = json_object_get(object, "text"), *pair = json_object_get(object, "pair");
  mer_error err = {0};
  assert_ok(mer_tokenizer_encode(
      tokens, tokenizer, json_string_value(text), json_string_length(text), json_string_value(pair),
      json_string_length(pair), (int32_t)json_integer_value(json_object_get(object, "max_length")),
      &err));
  if (!is_equal(json_array_get(c, 1), tokens->ids, tokens->n)) {
    char *expected = json_dumps(json_array_get(c, 1), JSON_COMPACT);
    for (int32_t i = 0; i < tokens->n; i++) fprintf(stderr, "%d,", (int)tokens->ids[i]);
    fail_msg("%s, text %zu: expected %s", name, line + 1, expected);
  }
  for (int32_t i = 0; !types && i < tokens->n; i++)
    if (tokens->type_ids[i]) fail_msg("%s, text %zu: a type that is not 0", name, line + 1);
  if (types && !is_equal(types, tokens->type_ids, tokens->n))
    fail_msg("%s, text %zu: other type ids", name, line + 1);
}

static void expect_cases(const char *path, const json_t *kind, const char *name) {
  const json_t *cases = json_object_get(kind, "cases");
  mer_tokenizer *tokenizer;
  mer_tokens tokens = {0};
  mer_error err = {0};
  assert_ok(mer_tokenizer_open(&tokenizer, path, &err));
  for (size_t i = 0; i < json_array_size(cases); i++)
    expect_case(tokenizer, &tokens, json_array_get(cases, i), name);
  if (path == folder) assert_ok(mer__tokenizer_write(tokenizer, saved, &err));
  mer_tokens_clear(&tokens);
  mer_tokenizer_close(tokenizer);
}

static void golden_ids_are_equal(void **state) {
  (void)state;
  FILE *file = fopen(GOLDEN "tokenizers/kinds.jsonl", "r");
  char *text = NULL;
  size_t capacity = 0;
  int n = 0;
  assert_non_null(file);
  for (; getline(&text, &capacity, file) > 0; n++) {
    json_t *kind = load_line(text, n + 1);
    const char *name = json_string_value(json_object_get(kind, "name"));
    write_tokenizer(kind);
    make_temporary_folder(saved);
    expect_cases(folder, kind, name);
    expect_cases(saved, kind, name);
    remove_test_folder(folder);
    remove_test_folder(saved);
    json_decref(kind);
  }
  assert_int_equal(n, N_KINDS);
  free(text);
  fclose(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(golden_ids_are_equal)};
  load_texts();
  int result = cmocka_run_group_tests(tests, NULL, NULL);
  for (int i = 0; i < N_TEXTS; i++) json_decref(texts[i]);
  return result;
}
