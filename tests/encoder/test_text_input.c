/* test_text_input.c: a text is there if it has a token of its own, however many special tokens its
 * tokenizer puts round it. */
#include "encoder/text_input.h"

#include "base/file.h"
#include "test_support.h"
#include "text/token_segments.h"

/* A tokenizer.json; quotation marks are written as '. */
#define PIECE(token) "{'SpecialToken': {'id': '" token "', 'type_id': 0}}, "
#define SPECIAL(token, id) "'" token "': {'id': '" token "', 'ids': [" id "], 'tokens': ['x']}"
#define TEMPLATE(before, after)                                                                \
  "{'type': 'TemplateProcessing', 'single': [" before                                          \
  "{'Sequence': {'id': 'A', "                                                                  \
  "'type_id': 0}}" after "], 'pair': [" before "{'Sequence': {'id': 'A', 'type_id': 0}}" after \
  ", " PIECE("<s>") "{'Sequence': {'id': 'B', 'type_id': 0}}" after                            \
                    "], 'special_tokens': {" SPECIAL("<s>", "1") "}}"
#define AFTER ", {'SpecialToken': {'id': '<s>', 'type_id': 0}}"

static const char *const processors[] = {"null", TEMPLATE("", AFTER),
                                         TEMPLATE(PIECE("<s>"), AFTER AFTER),
                                         TEMPLATE(PIECE("<s>") PIECE("<s>"), AFTER AFTER AFTER)};
static const int64_t n_specials[] = {0, 1, 3, 5};
enum { N_KINDS = 4 };

static mer_tokenizer *open_tokenizer(const char *processor) {
  char folder[64], path[128], json[4096];
  mer_tokenizer *tokenizer;
  mer_error err = {0};
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/tokenizer.json", folder);
  snprintf(json, sizeof json,
           "{'normalizer': {'type': 'BertNormalizer'}, 'pre_tokenizer': {'type': "
           "'BertPreTokenizer'}, 'post_processor': %s, 'model': {'type': 'WordPiece', 'vocab': "
           "{'[UNK]': 0, '<s>': 1, 'a': 2, ':': 3, 'b': 4}}}",
           processor);
  for (char *c = json; *c; c++)
    if (*c == '\'') *c = '"';
  assert_ok(mer__file_write(path, json, strlen(json), &err));
  assert_ok(mer_tokenizer_open(&tokenizer, folder, &err));
  remove_test_folder(folder);
  return tokenizer;
}

/* Expects that a text has `n` tokens, or is not there: 0. */
static void expect_length(const mer__text_input *input, const mer__turns *turns, const char *text,
                          int64_t n) {
  const mer_turn before = {.text = "b", .text_size = 1};
  const mer_context context = {.past = &before, .n_past = 1};
  mer__input found;
  mer_tokens tokens = {0};
  mer_error err = {0};
  assert_ok(mer__text_input_tokenize(&found, &tokens, input, turns, text, strlen(text), &context,
                                     NULL, &err));
  assert_int_equal(found.present, n > 0);
  if (n > 0) assert_int_equal(found.length, n);
  mer_tokens_clear(&tokens);
}

static void a_text_is_there_if_it_has_a_token_of_its_own(void **state) {
  (void)state;
  for (int i = 0; i < N_KINDS; i++) {
    mer__text_input input = {.tokenizer = open_tokenizer(processors[i]), .max_length = 64};
    const mer__turns none = {0};
    expect_length(&input, &none, "a", n_specials[i] + 1);
    expect_length(&input, &none, "a b", n_specials[i] + 2);
    expect_length(&input, &none, "", 0);
    expect_length(&input, &none, " \n", 0);
    mer__text_input_clear(&input);
  }
}

static void so_it_is_among_turns(void **state) {
  (void)state;
  for (int i = 0; i < N_KINDS; i++) {
    mer__text_input input = {.tokenizer = open_tokenizer(processors[i]), .max_length = 64};
    const mer__turns one = {.past = 1};
    const int64_t n = (int64_t)mer__segments_specials(input.tokenizer, 2);
    assert_true(n >= n_specials[i]);
    expect_length(&input, &one, "a", n + 2);
    expect_length(&input, &one, "", 0);
    mer__text_input_clear(&input);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_text_is_there_if_it_has_a_token_of_its_own),
      cmocka_unit_test(so_it_is_among_turns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
