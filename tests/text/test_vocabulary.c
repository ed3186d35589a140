/* test_vocabulary.c: vocab.txt and tokenizer_config.json: what is read, and what is refused. */
#include "base/file.h"
#include "mer/text.h"
#include "test_support.h"

#define SPECIALS "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"

static char folder[64];

static void write_file(const char *name, const char *data, size_t size) {
  char path[128];
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_ok(mer__file_write(path, data, size, &err));
}

static void remove_file(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  unlink(path);
}

/* Writes a vocabulary and opens its folder. */
static mer_status open_with(mer_tokenizer **out, const char *vocabulary, mer_error *err) {
  write_file("vocab.txt", vocabulary, strlen(vocabulary));
  return mer_tokenizer_open(out, folder, err);
}

static void refuse(const char *vocabulary, const char *message) {
  mer_error err = {0};
  mer_tokenizer *tokenizer;
  assert_int_equal(open_with(&tokenizer, vocabulary, &err), MER_STATUS_FORMAT);
  assert_null(tokenizer);
  if (!strstr(err.message, message)) fail_msg("'%s' lacks '%s'", err.message, message);
  assert_non_null(strstr(err.message, "/vocab.txt: "));
}

static void expect_ids(mer_tokenizer *tokenizer, const char *text, const char *expected) {
  mer_error err = {0};
  mer_tokens tokens = {0};
  char found[256] = "";
  assert_ok(mer_tokenizer_encode(&tokens, tokenizer, text, strlen(text), NULL, 0, 64, &err));
  for (int32_t i = 1; i + 1 < tokens.n; i++)
    sprintf(found + strlen(found), "%s%d", i > 1 ? " " : "", (int)tokens.ids[i]);
  assert_string_equal(found, expected);
  mer_tokens_clear(&tokens);
}

static void lines_are_tokens(void **state) {
  (void)state;
  mer_error err = {0};
  mer_tokenizer *tokenizer;
  size_t size;
  const char *file = "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\na\r\n\r\nb\r\n##b \r\nlast";
  assert_ok(open_with(&tokenizer, file, &err));
  assert_int_equal(mer_tokenizer_size(tokenizer), 10);
  assert_string_equal(mer_tokenizer_token(tokenizer, 0), "[PAD]");
  assert_string_equal(mer_tokenizer_token(tokenizer, 6), "");
  assert_string_equal(mer_tokenizer_token(tokenizer, 8), "##b");
  assert_string_equal(mer_tokenizer_token(tokenizer, 9), "last");
  assert_null(mer_tokenizer_token(tokenizer, 10));
  assert_null(mer_tokenizer_token(tokenizer, -1));
  assert_string_equal(mer_tokenizer_vocabulary(tokenizer, &size), file);
  assert_int_equal(size, strlen(file));
  expect_ids(tokenizer, "a ab abb last LASTb x", "5 5 8 5 8 8 9 9 8 1");
  mer_tokenizer_close(tokenizer);
}

static void last_of_equal_tokens_counts(void **state) {
  (void)state;
  mer_error err = {0};
  mer_tokenizer *tokenizer;
  assert_ok(open_with(&tokenizer, SPECIALS "a\nb\na\nb\u3000\n", &err));
  assert_int_equal(mer_tokenizer_size(tokenizer), 9);
  assert_string_equal(mer_tokenizer_token(tokenizer, 5), "a");
  expect_ids(tokenizer, "a b", "7 8");
  mer_tokenizer_close(tokenizer);
}

static void file_can_be_named_itself(void **state) {
  (void)state;
  char path[128];
  mer_error err = {0};
  mer_tokenizer *tokenizer;
  write_file("words.txt", SPECIALS "a\n", strlen(SPECIALS) + 2);
  snprintf(path, sizeof path, "%s/words.txt", folder);
  assert_ok(mer_tokenizer_open(&tokenizer, path, &err));
  expect_ids(tokenizer, "A", "5");
  mer_tokenizer_close(tokenizer);
  remove_file("words.txt");
  assert_int_equal(mer_tokenizer_open(&tokenizer, path, &err), MER_STATUS_NOT_FOUND);
  assert_non_null(strstr(err.message, path));
}

static void faults_are_named(void **state) {
  (void)state;
  mer_error err = {0};
  mer_tokenizer *tokenizer;
  refuse("", "empty file");
  refuse("[PAD]\n[UNK]\n[CLS]\n[MASK]\n", "no token [SEP] among its 4 tokens");
  refuse("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "[MASK]");
  refuse(SPECIALS "a\nb\xff\n", "line 7");
  refuse(SPECIALS "\xe2\x82", "line 6");
  write_file("vocab.txt", SPECIALS "a\0b\n", strlen(SPECIALS) + 4);
  assert_int_equal(mer_tokenizer_open(&tokenizer, folder, &err), MER_STATUS_FORMAT);
  assert_int_equal(err.position, 6);
  remove_file("vocab.txt");
  assert_int_equal(mer_tokenizer_open(&tokenizer, folder, &err), MER_STATUS_NOT_FOUND);
  assert_non_null(strstr(err.message, "/vocab.txt"));
  mer_tokenizer_close(NULL);
}

/* Opens a vocabulary that tells the settings apart, with a configuration. */
static void expect_with_config(const char *config, const char *expected) {
  mer_error err = {0};
  mer_tokenizer *tokenizer;
  write_file("tokenizer_config.json", config, strlen(config));
  assert_ok(open_with(&tokenizer, SPECIALS "e\n\u00e9\nE\n\u00c9\n\u4e00\n##\u4e00\n", &err));
  expect_ids(tokenizer, "\u00c9 E\u4e00", expected);
  mer_tokenizer_close(tokenizer);
}

static void settings_are_heeded(void **state) {
  (void)state;
  expect_with_config("{}", "5 5 9");
  expect_with_config("{\"do_lower_case\": true, \"strip_accents\": null}", "5 5 9");
  expect_with_config("{\"strip_accents\": false}", "6 5 9");
  expect_with_config("{\"do_lower_case\": false}", "8 7 9");
  expect_with_config("{\"do_lower_case\": false, \"strip_accents\": true}", "7 7 9");
  expect_with_config("{\"tokenize_chinese_chars\": false}", "5 5 10");
  remove_file("tokenizer_config.json");
}

static void refuse_config(const char *config, const char *message) {
  mer_error err = {0};
  mer_tokenizer *tokenizer;
  write_file("tokenizer_config.json", config, strlen(config));
  assert_int_equal(open_with(&tokenizer, SPECIALS, &err), MER_STATUS_FORMAT);
  if (!strstr(err.message, message)) fail_msg("'%s' lacks '%s'", err.message, message);
  assert_non_null(strstr(err.message, "/tokenizer_config.json: "));
  remove_file("tokenizer_config.json");
}

static void faulty_settings_are_named(void **state) {
  (void)state;
  refuse_config("{\"do_lower_case\": \"yes\"}", "do_lower_case");
  refuse_config("{\"strip_accents\": 1}", "strip_accents");
  refuse_config("[]", "expected a JSON object");
  refuse_config("{\n\"do_lower", "line 2");
  refuse_config("", "expected JSON");
}

static int remove_folder(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

/* A link that leads nowhere, and a folder, are not the same as no file. */
static void what_is_there_and_is_not_a_file_is_refused(void **state) {
  (void)state;
  static const char *const names[] = {"tokenizer_config.json", "added_tokens.json",
                                      "special_tokens_map.json"};
  mer_tokenizer *tokenizer;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[128];
    mer_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(open_with(&tokenizer, SPECIALS, &err), MER_STATUS_NOT_FOUND);
    assert_non_null(strstr(err.message, names[i]));
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(open_with(&tokenizer, SPECIALS, &err), MER_STATUS_IO);
    assert_non_null(strstr(err.message, names[i]));
    rmdir(path);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_are_tokens),
      cmocka_unit_test(last_of_equal_tokens_counts),
      cmocka_unit_test(file_can_be_named_itself),
      cmocka_unit_test(faults_are_named),
      cmocka_unit_test(settings_are_heeded),
      cmocka_unit_test(faulty_settings_are_named),
      cmocka_unit_test(what_is_there_and_is_not_a_file_is_refused),
  };
  make_temporary_folder(folder);
  return cmocka_run_group_tests(tests, NULL, remove_folder);
}
