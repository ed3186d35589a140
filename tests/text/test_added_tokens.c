/* test_added_tokens.c: tokens that were added to a vocabulary: ids equal to Hugging Face's (golden
 * file), faulty files, and that what was read is written back. */
#include <jansson.h>
#include <time.h>

#include "base/alloc.h"
#include "base/file.h"
#include "mer/text.h"
#include "test_support.h"
#include "text/tokenizer_files.h"

static char folder[64], second_folder[64];

static const char *const names[] = {"tokenizer_config.json", "added_tokens.json",
                                    "special_tokens_map.json"};
enum { N_NAMES = sizeof names / sizeof names[0] };

static void write_file(const char *name, const char *text, size_t size) {
  char path[160];
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  if (text) assert_ok(mer__file_write(path, text, size, &err));
  else unlink(path);
}

static void write_golden_vocabulary(void) {
  char *vocabulary;
  size_t size;
  mer_error err = {0};
  assert_ok(mer__file_read(&vocabulary, &size, GOLDEN "text/vocab.txt", 1 << 20, &err));
  write_file("vocab.txt", vocabulary, size);
  mer__free(vocabulary);
}

/* Writes the files of a directory and removes those it does not have. */
static void write_files(const json_t *files) {
  for (int i = 0; i < N_NAMES; i++) {
    char *text = json_dumps(json_object_get(files, names[i]), JSON_COMPACT);
    write_file(names[i], text, text ? strlen(text) : 0);
    free(text);
  }
}

static void expect_ids(const mer_tokenizer *tokenizer, const json_t *c, int directory, size_t n) {
  const json_t *text = json_object_get(c, "text"), *ids = json_object_get(c, "ids");
  mer_tokens tokens = {0};
  mer_error err = {0};
  assert_ok(mer_tokenizer_encode(&tokens, tokenizer, json_string_value(text),
                                 json_string_length(text), NULL, 0, 64, &err));
  bool same = json_array_size(ids) == (size_t)tokens.n;
  for (int32_t i = 0; same && i < tokens.n; i++)
    same = json_integer_value(json_array_get(ids, (size_t)i)) == tokens.ids[i];
  if (!same)
    fail_msg("directory %d, text %zu \"%s\": %d tokens, expected %zu", directory, n,
             json_string_value(text), (int)tokens.n, json_array_size(ids));
  mer_tokens_clear(&tokens);
}

static void check_directory(const json_t *line, int directory, const char *path) {
  mer_tokenizer *tokenizer;
  mer_error err = {0};
  size_t i;
  json_t *c;
  assert_ok(mer_tokenizer_open(&tokenizer, path, &err));
  assert_int_equal(mer_tokenizer_size(tokenizer),
                   json_integer_value(json_object_get(line, "size")));
  for (int32_t id = 0; id < mer_tokenizer_size(tokenizer); id++)
    assert_non_null(mer_tokenizer_token(tokenizer, id));
  assert_null(mer_tokenizer_token(tokenizer, mer_tokenizer_size(tokenizer)));
  json_array_foreach(json_object_get(line, "cases"), i, c) expect_ids(tokenizer, c, directory, i);
  assert_ok(mer__tokenizer_write(tokenizer, second_folder, &err));
  mer_tokenizer_close(tokenizer);
}

static void forget_copies(void) {
  char path[160];
  for (int i = 0; i < N_NAMES; i++) {
    snprintf(path, sizeof path, "%s/%s", second_folder, names[i]);
    unlink(path);
  }
}

static void golden_ids_are_equal_and_files_are_written_back(void **state) {
  (void)state;
  FILE *file = fopen(GOLDEN "text/added.jsonl", "r");
  assert_non_null(file);
  char *text = NULL;
  size_t capacity = 0;
  int n = 0;
  write_golden_vocabulary();
  for (; getline(&text, &capacity, file) >= 0; n++) {
    json_error_t fault;
    json_t *line = json_loads(text, 0, &fault);
    if (!line) fail_msg("line %d: %s", n + 1, fault.text);
    write_files(json_object_get(line, "files"));
    check_directory(line, n, folder);
    check_directory(line, n, second_folder);
    forget_copies();
    json_decref(line);
  }
  assert_int_equal(n, 13);
  free(text);
  fclose(file);
}

/* Writes one file beside the golden vocabulary and opens the directory. */
static mer_status open_with(mer_tokenizer **tokenizer, const char *name, const char *text,
                            mer_error *err) {
  write_golden_vocabulary();
  for (int i = 0; i < N_NAMES; i++) write_file(names[i], NULL, 0);
  write_file(name, text, strlen(text));
  return mer_tokenizer_open(tokenizer, folder, err);
}

static void refuse(mer_status status, const char *name, const char *text, const char *message) {
  mer_tokenizer *tokenizer;
  mer_error err = {0};
  assert_int_equal(open_with(&tokenizer, name, text, &err), status);
  assert_null(tokenizer);
  if (!strstr(err.message, message)) fail_msg("'%s' lacks '%s'", err.message, message);
  assert_non_null(strstr(err.message, folder));
}

#define DECODER(entries) "{\"added_tokens_decoder\": {" entries "}}"

static void faulty_files_are_named(void **state) {
  (void)state;
  const char *config = "tokenizer_config.json", *added = "added_tokens.json";
  refuse(MER_STATUS_FORMAT, config, DECODER("\"3001\": {\"content\": \"<a>\"}"),
         "tokenizer_config.json: the added token '<a>' has the id 3001, expected 3000");
  refuse(MER_STATUS_FORMAT, config, DECODER("\"7\": {\"content\": \"[PAD]\"}"),
         "token '[PAD]' has the id 7, expected 0");
  refuse(MER_STATUS_FORMAT, config, DECODER("\"x\": {\"content\": \"<a>\"}"), "at 'x'");
  refuse(MER_STATUS_FORMAT, config, DECODER("\"-1\": {\"content\": \"<a>\"}"), "at '-1'");
  refuse(MER_STATUS_FORMAT, config, DECODER("\"99999999999999999999\": {\"content\": \"<a>\"}"),
         "expected 3000");
  refuse(MER_STATUS_FORMAT, config, DECODER("\"3000\": \"<a>\""), "at '3000'");
  refuse(MER_STATUS_FORMAT, config, DECODER("\"3000\": {\"content\": 5}"), "at '3000'");
  refuse(MER_STATUS_FORMAT, config, "{\"additional_special_tokens\": [5]}",
         "additional_special_tokens");
  refuse(MER_STATUS_FORMAT, added, "{\"<a>\": \"3000\"}", "at '<a>'");
  refuse(MER_STATUS_FORMAT, added, "{\"<a>\": 3000, \"<b>\": 3000}",
         "added_tokens.json: the added token '<b>' has the id 3000, expected 3001");
  refuse(MER_STATUS_FORMAT, added, "[]", "added_tokens.json: expected a JSON object");
  refuse(MER_STATUS_FORMAT, "special_tokens_map.json", "{\"a", "special_tokens_map.json: line 1");
}

static void too_many_tokens_are_refused(void **state) {
  (void)state;
  enum { N = 20000, BYTES = 24 };
  char *text = malloc((size_t)N * BYTES), *end = text;
  assert_non_null(text);
  *end++ = '{';
  for (int i = 0; i < N; i++) end += sprintf(end, "%s\"<%d>\": %d", i ? ", " : "", i, 3000 + i);
  strcpy(end, "}");
  refuse(MER_STATUS_LIMIT, "added_tokens.json", text, "expected at most");
  free(text);
}

/* A text of a token's first byte, which all have, and that token: each place was compared with each
 * token, which took 10 s. */
static void expect_quick(const mer_tokenizer *tokenizer, const char *token) {
  enum { N = 100000 };
  char text[N + 32];
  mer_tokens tokens = {0};
  mer_error err = {0};
  memset(text, token[0], N);
  strcpy(text + N, token);
  const clock_t begin = clock();
  assert_ok(mer_tokenizer_encode(&tokens, tokenizer, text, strlen(text), NULL, 0, 2 * N, &err));
  assert_true(clock() - begin < 2 * CLOCKS_PER_SEC);
  assert_string_equal(mer_tokenizer_token(tokenizer, tokens.ids[tokens.n - 2]), token);
  mer_tokens_clear(&tokens);
}

/* As many tokens as are read, all of them special, take no time that grows with their square: each
 * was compared with each, which took seconds. */
static void the_most_tokens_are_read_in_time(void **state) {
  (void)state;
  enum { N = 1 << 14, BYTES = 32 }; /* beside those of every BERT */
  char *added = malloc((size_t)N * BYTES), *specials = malloc((size_t)(N + 1) * BYTES);
  char *end = added, *at = specials;
  mer_tokenizer *tokenizer;
  mer_error err = {0};
  assert_true(added && specials);
  at += sprintf(at, "{\"additional_special_tokens\": [");
  for (int i = 0; i < N; i++) {
    end += sprintf(end, "%s\"<extra %d>\": %d", i ? ", " : "{", i, 3000 + i);
    at += sprintf(at, "%s\"<extra %d>\"", i ? ", " : "", N - 1 - i);
  }
  strcpy(end, "}");
  strcpy(at, "]}");
  assert_ok(open_with(&tokenizer, "added_tokens.json", added, &err));
  mer_tokenizer_close(tokenizer);
  write_file("special_tokens_map.json", specials, strlen(specials));
  const clock_t begin = clock();
  assert_ok(mer_tokenizer_open(&tokenizer, folder, &err));
  assert_true(clock() - begin < 2 * CLOCKS_PER_SEC);
  assert_int_equal(mer_tokenizer_size(tokenizer), 3000 + N);
  expect_quick(tokenizer, "<extra 4711>");
  mer_tokenizer_close(tokenizer);
  strcpy(at, ", \"<more>\"]}");
  refuse(MER_STATUS_LIMIT, "special_tokens_map.json", specials,
         "special_tokens_map.json: expected at most");
  free(added);
  free(specials);
}

/* What Python writes for "unlimited", a byte-order mark, and what mer does not know. */
static void other_members_do_no_harm(void **state) {
  (void)state;
  mer_tokenizer *tokenizer;
  mer_error err = {0};
  assert_ok(open_with(&tokenizer, "tokenizer_config.json",
                      "\xEF\xBB\xBF{\"model_max_length\": 1000000000000000019884624838656, "
                      "\"added_tokens_decoder\": null, \"x\": [[1], {}]}",
                      &err));
  assert_int_equal(mer_tokenizer_size(tokenizer), 3000);
  mer_tokenizer_close(tokenizer);
}

/* Texts out of critical bytes in heap blocks of their exact size, for the address sanitizer. */
static void no_byte_is_read_behind_the_end(void **state) {
  (void)state;
  const char bytes[] = {'<', 'a', '>', ' ', '\xc3', '\xa9', '\xf0', '\x80', 0};
  enum { N = sizeof bytes };
  mer_tokenizer *tokenizer;
  mer_tokens tokens = {0};
  mer_error err = {0};
  assert_ok(open_with(&tokenizer, "tokenizer_config.json",
                      DECODER("\"3000\": {\"content\": \"<a>\", \"single_word\": true}, "
                              "\"3001\": {\"content\": \"\u00e9\", \"normalized\": false}"),
                      &err));
  for (int i = 0; i < N * N * N * N; i++) {
    char *text = malloc(4);
    for (int k = 0, rest = i; k < 4; k++, rest /= N) text[k] = bytes[rest % N];
    assert_ok(mer_tokenizer_encode(&tokens, tokenizer, text, 4, NULL, 0, 64, &err));
    free(text);
  }
  mer_tokens_clear(&tokens);
  mer_tokenizer_close(tokenizer);
}

static int remove_folders(void **state) {
  (void)state;
  remove_test_folder(folder);
  remove_test_folder(second_folder);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden_ids_are_equal_and_files_are_written_back),
      cmocka_unit_test(faulty_files_are_named),
      cmocka_unit_test(too_many_tokens_are_refused),
      cmocka_unit_test(the_most_tokens_are_read_in_time),
      cmocka_unit_test(other_members_do_no_harm),
      cmocka_unit_test(no_byte_is_read_behind_the_end),
  };
  make_temporary_folder(folder);
  make_temporary_folder(second_folder);
  return cmocka_run_group_tests(tests, NULL, remove_folders);
}
