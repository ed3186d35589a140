/* test_tokenizer.c: token ids against those of Hugging Face (tests/golden/text), and inputs that
 * are not text: each lies in a heap block of its exact size, so that the address sanitizer sees a
 * byte read too many. */
#include <jansson.h>

#include "mer/text.h"
#include "test_support.h"

static mer_tokenizer *tokenizer;

static int open_golden(void **state) {
  (void)state;
  mer_error err = {0};
  return mer_tokenizer_open(&tokenizer, GOLDEN "text/vocab.txt", &err) == MER_OK ? 0 : -1;
}

static int close_golden(void **state) {
  (void)state;
  mer_tokenizer_close(tokenizer);
  return 0;
}

static void expect_integers(const json_t *expected, const int32_t *found, int32_t n, int line) {
  if (json_array_size(expected) != (size_t)n)
    fail_msg("line %d: %d tokens instead of %d", line, (int)n, (int)json_array_size(expected));
  for (int32_t i = 0; i < n; i++)
    if (json_integer_value(json_array_get(expected, (size_t)i)) != found[i])
      fail_msg("line %d: token %d is %d", line, (int)i, (int)found[i]);
}

static void check_case(mer_tokens *tokens, const json_t *c, int line) {
  mer_error err = {0};
  const json_t *text = json_object_get(c, "text"), *pair = json_object_get(c, "pair");
  /* In transformers' call for one text, but not for many, an empty second text is none. */
  if (json_string_length(pair) == 0) pair = NULL;
  assert_ok(
      mer_tokenizer_encode(tokens, tokenizer, json_string_value(text), json_string_length(text),
                           json_string_value(pair), json_string_length(pair),
                           (int32_t)json_integer_value(json_object_get(c, "max_length")), &err));
  expect_integers(json_object_get(c, "ids"), tokens->ids, tokens->n, line);
  expect_integers(json_object_get(c, "type_ids"), tokens->type_ids, tokens->n, line);
}

static void golden_cases_are_equal(void **state) {
  (void)state;
  FILE *file = fopen(GOLDEN "text/cases.jsonl", "r");
  assert_non_null(file);
  char *text = NULL;
  size_t capacity = 0;
  int line = 0;
  mer_tokens tokens = {0};
  while (getline(&text, &capacity, file) >= 0) {
    json_error_t fault;
    json_t *c = json_loads(text, JSON_ALLOW_NUL, &fault);
    if (!c) fail_msg("line %d: %s", line + 1, fault.text);
    check_case(&tokens, c, ++line);
    json_decref(c);
  }
  assert_true(line > 500);
  mer_tokens_clear(&tokens);
  free(text);
  fclose(file);
}

/* Encodes a text from a heap block of its exact size. */
static void encode_exact(mer_tokens *tokens, const char *text, size_t size, int32_t max_length) {
  mer_error err = {0};
  char *copy = malloc(size);
  if (size) memcpy(copy, text, size);
  assert_ok(mer_tokenizer_encode(tokens, tokenizer, copy, size, NULL, 0, max_length, &err));
  free(copy);
}

static void expect_same(const char *text, size_t size, const char *other) {
  mer_tokens a = {0}, b = {0};
  encode_exact(&a, text, size, 64);
  encode_exact(&b, other, strlen(other), 64);
  assert_int_equal(a.n, b.n);
  assert_memory_equal(a.ids, b.ids, (size_t)a.n * sizeof *a.ids);
  mer_tokens_clear(&a);
  mer_tokens_clear(&b);
}

static void invalid_bytes_are_dropped(void **state) {
  (void)state;
  const struct {
    const char *text, *meaning;
  } cases[] = {
      {"hel\xfflo", "hello"},         /* never a byte of UTF-8 */
      {"hel\x80\xbflo", "hello"},     /* continuation without a beginning */
      {"hello\xc3", "hello"},         /* cut short, of two */
      {"hello\xe2\x80", "hello"},     /* of three */
      {"hello\xf0\x9f\x98", "hello"}, /* of four */
      {"\xe2(\xa1", "("},             /* what follows is read anew */
      {"\xf0\x9f"
       "a",
       "a"},
      {"h\xc0\xafi", "hi"}, /* overlong */
      {"h\xe0\x80\xafi", "hi"},
      {"h\xf0\x80\x80\xafi", "hi"},
      {"h\xed\xa0\x80i", "hi"},             /* a surrogate */
      {"h\xed\xa0\xbd\xed\xb8\x80i", "hi"}, /* two of them */
      {"h\xf4\x90\x80\x80i", "hi"},         /* above U+10FFFF */
      {"h\xf8\x88\x80\x80\x80i", "hi"},     /* five bytes */
      {"[MA\xffSK]", "[ mask ]"},           /* no special token */
      {"h\xef\xbf\xbdi", "hi"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_same(cases[i].text, strlen(cases[i].text), cases[i].meaning);
  expect_same("h\0i\0", 4, "hi");
}

/* Every text of up to three bytes out of the critical ones, at the end of its block. */
static void no_byte_is_read_behind_the_end(void **state) {
  (void)state;
  const char bytes[] = {'a',    '[',    ' ',    0,      '\x80', '\xbf', '\xc3',
                        '\xe2', '\xed', '\xef', '\xf0', '\xf4', '\xff'};
  enum { N = sizeof bytes };
  mer_tokens tokens = {0};
  for (int i = 0; i < N * N * N; i++) {
    const char text[3] = {bytes[i % N], bytes[i / N % N], bytes[i / N / N]};
    for (size_t size = 0; size <= 3; size++) encode_exact(&tokens, text, size, 8);
  }
  const char *specials = "[MASK]";
  for (size_t size = 0; size <= 6; size++) encode_exact(&tokens, specials, size, 8);
  assert_int_equal(tokens.n, 3);
  mer_tokens_clear(&tokens);
}

static int32_t id_of(const char *token) {
  for (int32_t i = 0; i < mer_tokenizer_size(tokenizer); i++)
    if (strcmp(mer_tokenizer_token(tokenizer, i), token) == 0) return i;
  fail_msg("no token %s", token);
  return -1;
}

static void empty_text_is_two_tokens(void **state) {
  (void)state;
  mer_error err = {0};
  mer_tokens tokens = {0};
  assert_ok(mer_tokenizer_encode(&tokens, tokenizer, NULL, 0, NULL, 0, 2, &err));
  assert_int_equal(tokens.n, 2);
  assert_int_equal(tokens.ids[0], id_of("[CLS]"));
  assert_int_equal(tokens.ids[1], id_of("[SEP]"));
  assert_false(tokens.truncated);
  assert_ok(mer_tokenizer_encode(&tokens, tokenizer, "", 0, "", 0, 3, &err));
  assert_int_equal(tokens.n, 3);
  assert_int_equal(tokens.type_ids[2], 1);
  mer_tokens_clear(&tokens);
  mer_tokens_clear(&tokens);
}

static void too_small_a_length_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer_tokens tokens = {0};
  for (int32_t n = -1; n < 2; n++)
    assert_int_equal(mer_tokenizer_encode(&tokens, tokenizer, "a", 1, NULL, 0, n, &err),
                     MER_STATUS_INVALID);
  assert_int_equal(mer_tokenizer_encode(&tokens, tokenizer, "a", 1, "b", 1, 2, &err),
                   MER_STATUS_INVALID);
  assert_string_equal(err.message, "max_length: expected at least 3, found 2");
  mer_tokens_clear(&tokens);
}

static void long_text_is_cut(void **state) {
  (void)state;
  mer_tokens tokens = {0};
  enum { N = 1 << 20 };
  char *text = malloc(N);
  for (size_t i = 0; i < N; i++) text[i] = i % 2 ? ' ' : 'a';
  encode_exact(&tokens, text, N, 3);
  assert_int_equal(tokens.n, 3);
  assert_int_equal(tokens.ids[1], id_of("a"));
  assert_int_equal(tokens.ids[2], id_of("[SEP]"));
  assert_true(tokens.truncated);
  encode_exact(&tokens, text, N, 2);
  assert_int_equal(tokens.n, 2);
  assert_true(tokens.truncated);
  encode_exact(&tokens, text, 252, 128); /* just fits */
  assert_int_equal(tokens.n, 128);
  assert_false(tokens.truncated);
  encode_exact(&tokens, text, N, INT32_MAX);
  assert_int_equal(tokens.n, N / 2 + 2);
  free(text);
  mer_tokens_clear(&tokens);
}

static void words_of_over_100_characters_are_unknown(void **state) {
  (void)state;
  mer_tokens tokens = {0};
  char text[4 * 120];
  memset(text, 'a', sizeof text);
  encode_exact(&tokens, text, 100, 256);
  assert_true(tokens.n > 3);
  encode_exact(&tokens, text, 101, 256);
  assert_int_equal(tokens.n, 3);
  assert_int_equal(tokens.ids[1], id_of("[UNK]"));
  for (int i = 0; i < 120; i++) memcpy(text + 4 * i, "\U0001f600", 4);
  encode_exact(&tokens, text, sizeof text, 256);
  assert_int_equal(tokens.ids[1], id_of("[UNK]"));
  for (int i = 0; i < 120; i++) memcpy(text + 4 * i, i ? "\U0001d165" : "abcd", 4);
  encode_exact(&tokens, text, sizeof text, 256); /* marks that are sorted */
  assert_int_equal(tokens.n, 3);
  mer_tokens_clear(&tokens);
}

/* Lengths that are left of two texts of n[0] and n[1] tokens in `room` tokens. */
static void expect_lengths(size_t n0, size_t n1, int32_t room, int32_t left0, int32_t left1) {
  mer_error err = {0};
  mer_tokens tokens = {0};
  char text[512];
  for (size_t i = 0; i < sizeof text; i++) text[i] = i % 2 ? ' ' : 'a';
  assert_ok(mer_tokenizer_encode(&tokens, tokenizer, text, 2 * n0, text, 2 * n1, room + 3, &err));
  int32_t found[2] = {-2, -1};
  for (int32_t i = 0; i < tokens.n; i++) found[tokens.type_ids[i]]++;
  assert_int_equal(found[0], left0);
  assert_int_equal(found[1], left1);
  assert_int_equal(tokens.truncated, (size_t)left0 < n0 || (size_t)left1 < n1);
  assert_int_equal(tokens.ids[left0 + 1], id_of("[SEP]"));
  mer_tokens_clear(&tokens);
}

static void pairs_lose_the_longer_end_first(void **state) {
  (void)state;
  expect_lengths(5, 4, 9, 5, 4);
  expect_lengths(5, 5, 9, 4, 5);
  expect_lengths(200, 3, 20, 17, 3);
  expect_lengths(3, 200, 20, 3, 17);
  expect_lengths(200, 100, 9, 5, 4);
  expect_lengths(100, 200, 9, 4, 5);
  expect_lengths(10, 11, 20, 10, 10);
  expect_lengths(7, 0, 4, 4, 0);
  expect_lengths(0, 7, 4, 0, 4);
  expect_lengths(9, 9, 0, 0, 0);
  expect_lengths(9, 9, 1, 0, 1);
  expect_lengths(9, 8, 1, 1, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden_cases_are_equal),
      cmocka_unit_test(invalid_bytes_are_dropped),
      cmocka_unit_test(no_byte_is_read_behind_the_end),
      cmocka_unit_test(empty_text_is_two_tokens),
      cmocka_unit_test(too_small_a_length_is_refused),
      cmocka_unit_test(long_text_is_cut),
      cmocka_unit_test(words_of_over_100_characters_are_unknown),
      cmocka_unit_test(pairs_lose_the_longer_end_first),
  };
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
