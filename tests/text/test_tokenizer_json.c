/* test_tokenizer_json.c: tokenizer.json, and vocab.json with merges.txt: what is read, what is
 * refused and how. Parity with Hugging Face is tested by test_tokenizer_kinds. */
#include "base/file.h"
#include "mer/text.h"
#include "test_support.h"

static char folder[64];

static void write_file(const char *name, const char *text) {
  char path[128];
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  if (text) assert_ok(mer__file_write(path, text, strlen(text), &err));
  else unlink(path);
}

static void expect_ids(const char *text, const char *expected) {
  mer_error err = {0};
  mer_tokens tokens = {0};
  mer_tokenizer *tokenizer;
  char found[256] = "";
  assert_ok(mer_tokenizer_open(&tokenizer, folder, &err));
  assert_ok(mer_tokenizer_encode(&tokens, tokenizer, text, strlen(text), NULL, 0, 64, &err));
  for (int32_t i = 0; i < tokens.n; i++)
    sprintf(found + strlen(found), "%s%d", i ? " " : "", (int)tokens.ids[i]);
  assert_string_equal(found, expected);
  mer_tokens_clear(&tokens);
  mer_tokenizer_close(tokenizer);
}

static void refuse(mer_status status, const char *message) {
  mer_error err = {0};
  mer_tokenizer *tokenizer;
  mer_status found = mer_tokenizer_open(&tokenizer, folder, &err);
  if (found != status || !strstr(err.message, message) || strchr(err.message, '\n'))
    fail_msg("status %d, '%s' lacks '%s', or has lines", (int)found, err.message, message);
  assert_null(tokenizer);
  assert_non_null(strstr(err.message, folder));
}

/* A tokenizer.json of byte-level BPE with these members; quotation marks are written as '. */
#define VOCAB                                                                                 \
  "'vocab': {'<s>': 0, '</s>': 1, 'a': 2, 'b': 3, 'c': 4, 'ab': 5, 'abc': 6, '\\u0120a': 7, " \
  "'\\u0120': 8}"
#define MERGES "'merges': ['a b', ['ab', 'c'], '\\u0120 a']"
#define BYTES "'pre_tokenizer': {'type': 'ByteLevel', 'add_prefix_space': false}"
#define MODEL(more) "'model': {'type': 'BPE', " VOCAB ", " MERGES more "}"

static void write_json(const char *text) {
  char *copy = strdup(text);
  for (char *c = copy; *c; c++)
    if (*c == '\'') *c = '"';
  write_file("tokenizer.json", copy);
  free(copy);
}

static void refuse_json(mer_status status, const char *text, const char *message) {
  write_json(text);
  refuse(status, message);
}

static void pairs_are_merged_in_their_order(void **state) {
  (void)state;
  write_json("{" BYTES ", " MODEL("") "}");
  expect_ids("abc", "6");
  expect_ids("ab abcab", "5 8 6 5");
  expect_ids("", "");
  expect_ids("abx", "5"); /* a byte that no token has is dropped */
  write_json("{" BYTES ", " MODEL(", 'unk_token': '<s>'") "}");
  expect_ids("abxyc", "5 0 0 4");
  write_json("{" BYTES ", " MODEL(", 'unk_token': '<s>', 'fuse_unk': true") "}");
  expect_ids("abxyc", "5 0 4");
  write_json("{" BYTES
             ", 'added_tokens': [{'id': 0, 'content': '<s>', 'special': true, 'lstrip': "
             "true}], 'post_processor': {'type': 'RobertaProcessing', 'sep': ['</s>', 1], 'cls': "
             "['<s>', 0]}, " MODEL("") "}");
  expect_ids("ab <s> a", "0 5 0 7 1");
}

static void model_files_are_read(void **state) {
  (void)state;
  write_json("{}");
  write_file("tokenizer.json", NULL);
  write_file(
      "vocab.json",
      "{\"<s>\": 0, \"</s>\": 1, \"a\": 2, \"b\": 3, \"ab\": 4, \"\xC4\xA0\": 5, \"<mask>\": 6}");
  write_file("merges.txt", "#version: 0.2\na b\r\n");
  expect_ids("ab a <mask>b", "0 4 5 2 6 3 1");
  write_file("tokenizer_config.json", "{\"add_prefix_space\": true}");
  expect_ids("ab", "0 5 4 1");
  write_file("tokenizer_config.json", NULL);
  write_file("merges.txt", "a b\nb x\n");
  refuse(MER_STATUS_FORMAT, "merges.txt: line 2: expected two tokens that are one together");
  write_file("merges.txt", "a b\nb a\n");
  refuse(MER_STATUS_FORMAT, "merges.txt: line 2: ");
  write_file("merges.txt", "ab\n");
  refuse(MER_STATUS_FORMAT, "merges.txt: line 1: ");
  write_file("merges.txt", "a b c\n");
  refuse(MER_STATUS_FORMAT, "merges.txt: line 1: ");
  write_file("merges.txt", "a \xff\n");
  refuse(MER_STATUS_FORMAT, "merges.txt: line 1: ");
  write_file("merges.txt", NULL);
  refuse(MER_STATUS_UNSUPPORTED, "vocab.json");
  write_file("merges.txt", "");
  write_file("vocab.json", "{\"a\": 0, \"b\": 0}");
  refuse(MER_STATUS_FORMAT, "'a' and 'b' have the same id 0");
  write_file("vocab.json", "{\"a\": 0, \"b\": -1}");
  refuse(MER_STATUS_LIMIT, "for 'b', found -1");
  write_file("vocab.json", "{\"a\": 0, \"b\": 4194304}");
  refuse(MER_STATUS_LIMIT, "for 'b', found 4194304");
  write_file("vocab.json", "{\"a\": 0, \"b\": 99999999999999999999}");
  refuse(MER_STATUS_FORMAT, "vocab.json: line 1");
  write_file("vocab.json", "{\"a\": \"0\"}");
  refuse(MER_STATUS_FORMAT, "expected a whole number for 'a'");
  write_file("vocab.json", "{\"a\xff\": 0}");
  refuse(MER_STATUS_FORMAT, "vocab.json: line 1");
  write_file("vocab.json", "{}");
  refuse(MER_STATUS_FORMAT, "vocab.json");
  write_file("vocab.json", NULL);
  write_file("merges.txt", NULL);
}

static void what_is_not_read_is_named(void **state) {
  (void)state;
  const mer_status unsupported = MER_STATUS_UNSUPPORTED, format = MER_STATUS_FORMAT;
  refuse_json(format, "[]", "expected a JSON object");
  refuse_json(format, "{'model': 1}", "model: expected an object");
  refuse_json(unsupported, "{'model': {'type': 'WordLevel'}}", "model: 'WordLevel'");
  refuse_json(unsupported, "{" BYTES ", " MODEL(", 'end_of_word_suffix': '</w>'") "}",
              "model: 'end_of_word_suffix'");
  refuse_json(unsupported, "{" BYTES ", " MODEL(", 'dropout': 0.1") "}", "model: 'dropout'");
  refuse_json(format, "{" BYTES ", " MODEL(", 'unk_token': 'x'") "}", "the unk_token 'x'");
  refuse_json(unsupported, "{" MODEL("") "}", "BPE without the pre-tokenizer ByteLevel");
  refuse_json(unsupported, "{'pre_tokenizer': {'type': 'UnicodeScripts'}, " MODEL("") "}",
              "pre_tokenizer: 'UnicodeScripts'");
  refuse_json(unsupported,
              "{'pre_tokenizer': {'type': 'Sequence', 'pretokenizers': [{'type': 'ByteLevel'}, "
              "{'type': 'Digits'}]}, " MODEL("") "}",
              "a pre-tokenizer after ByteLevel");
  refuse_json(unsupported, "{" BYTES ", 'post_processor': {'type': 'X'}, " MODEL("") "}",
              "post_processor: 'X'");
  refuse_json(format,
              "{" BYTES
              ", 'post_processor': {'type': 'BertProcessing', 'cls': ['<s>', 0], "
              "'sep': ['</s>', 9]}, " MODEL("") "}",
              "an id that no token has");
  refuse_json(format, "{" BYTES ", 'added_tokens': [{'id': 3, 'content': '<s>'}], " MODEL("") "}",
              "added token '<s>' has the id 3, expected 0");
  refuse_json(format, "{" BYTES ", 'added_tokens': [5], " MODEL("") "}", "added_tokens");
  refuse_json(format,
              "{" BYTES ", 'added_tokens': [{'id': 0, 'content': '<s>\\u0000'}], " MODEL("") "}",
              "added_tokens");
  refuse_json(format, "{" BYTES ", " MODEL(", 'unk_token': '<s>\\u0000'") "}", "'unk_token'");
  write_file("tokenizer.json", NULL);
}

#define UNIGRAM(more) "'model': {'type': 'Unigram', " more "}"
#define SCORES "'vocab': [['<unk>', 0], ['a', -1.5], ['<0x62>', -2]]"
#define NORMALIZER(settings) "{'normalizer': {" settings "}, " UNIGRAM("'unk_id': 0, " SCORES) "}"
#define CHARSMAP(base64) NORMALIZER("'type': 'Precompiled', 'precompiled_charsmap': '" base64 "'")

static void scores_choose_pieces(void **state) {
  (void)state;
  write_json("{" UNIGRAM("'unk_id': 0, " SCORES) "}");
  expect_ids("aab", "1 1 0");
  expect_ids("bba", "0 1"); /* neighbours that are unknown are one */
  expect_ids("\xff", "0");
  write_json("{" UNIGRAM("'unk_id': 0, 'byte_fallback': true, " SCORES) "}");
  expect_ids("abba", "1 2 2 1");
  expect_ids("bc", "0"); /* c has no token */
  write_json(
      "{" UNIGRAM("'unk_id': 0, 'vocab': [['<unk>', 0], ['a', -1], ['b', -1], ['ab', -2], "
                  "['ba', -1.9], ['a', -3]]") "}");
  expect_ids("ab", "3"); /* of equal tokens the last one counts */
  expect_ids("aba", "5 4");
  write_json("{" UNIGRAM("'unk_id': 0, 'vocab': [['<unk>', 0], ['\\u0000', -1]]") "}");
  expect_ids("", "");
  write_file("tokenizer.json", NULL);
}

static void faults_of_unigram_are_named(void **state) {
  (void)state;
  const mer_status format = MER_STATUS_FORMAT;
  refuse_json(format, "{" UNIGRAM(SCORES) "}", "'unk_id'");
  refuse_json(format, "{" UNIGRAM("'unk_id': 3, " SCORES) "}", "'unk_id'");
  refuse_json(format, "{" UNIGRAM("'unk_id': 0, 'vocab': {}") "}", "'vocab'");
  refuse_json(format, "{" UNIGRAM("'unk_id': 0, 'vocab': [['a', 0], ['b']]") "}", "token 1:");
  refuse_json(format, "{" UNIGRAM("'unk_id': 0, 'vocab': [['a', '0']]") "}", "token 0:");
  refuse_json(format, "{" UNIGRAM("'unk_id': 0, 'vocab': [[1, 0]]") "}", "token 0:");
  refuse_json(format, "{" UNIGRAM("'unk_id': 0, 'vocab': [['a', 1e999]]") "}", "line 1");
  refuse_json(format, "{" UNIGRAM("'unk_id': 0, 'vocab': [['a\xff', 0]]") "}", "line 1");
  refuse_json(MER_STATUS_UNSUPPORTED,
              "{'pre_tokenizer': {'type': 'ByteLevel'}, " UNIGRAM("'unk_id': 0, " SCORES) "}",
              "Unigram with the pre-tokenizer ByteLevel");
  write_file("tokenizer.json", NULL);
}

static void faults_of_normalizers_are_named(void **state) {
  (void)state;
  const mer_status unsupported = MER_STATUS_UNSUPPORTED, format = MER_STATUS_FORMAT;
  refuse_json(unsupported, NORMALIZER("'type': 'Nmt'"), "normalizer: 'Nmt'");
  refuse_json(unsupported, NORMALIZER("'x': 1"), "a normalizer without type");
  refuse_json(format, NORMALIZER("'type': 5"), "a text without zero bytes for 'type'");
  refuse_json(unsupported,
              NORMALIZER("'type': 'Replace', 'pattern': {'Regex': '[a-z]'}, 'content': ''"),
              "normalizer: '[a-z]'");
  refuse_json(format, NORMALIZER("'type': 'Replace', 'pattern': {'String': ''}"), "'pattern'");
  refuse_json(unsupported, NORMALIZER("'type': 'Sequence', 'normalizers': [{'type': 'Sequence'}]"),
              "normalizer: 'Sequence'");
  refuse_json(format, CHARSMAP("AAA"), "expected base64");
  refuse_json(format, CHARSMAP("AA-A"), "expected base64");
  refuse_json(format, CHARSMAP("=AAA"), "expected base64");
  refuse_json(format, CHARSMAP(""), "a trie of 0 bytes, found 0");
  refuse_json(format, CHARSMAP("CAAAAAAAAAA="), "a trie of 8 bytes, found 4"); /* cut off */
  refuse_json(format, CHARSMAP("/////wAAAAA="), "a trie of 4294967295 bytes, found 4");
  refuse_json(format, CHARSMAP("BAAAAAAAAACA"), "texts are not UTF-8");
  write_json(CHARSMAP("BAAAAAAAAAA="));
  expect_ids("a", "1"); /* a trie of nothing */
  write_file("tokenizer.json", NULL);
}

#define SPLIT(settings) "{'pre_tokenizer': {" settings "}, " UNIGRAM("'unk_id': 0, " SCORES) "}"

static void faults_of_other_parts_are_named(void **state) {
  (void)state;
  const mer_status unsupported = MER_STATUS_UNSUPPORTED, format = MER_STATUS_FORMAT;
  refuse_json(unsupported, SPLIT("'type': 'Split', 'pattern': {'Regex': 'a+'}"), "'a+'");
  refuse_json(format, SPLIT("'type': 'Split', 'pattern': {'String': ''}"), "'pattern'");
  refuse_json(unsupported, SPLIT("'type': 'Split', 'pattern': {'String': 'a'}, 'behavior': 'X'"),
              "pre_tokenizer: 'x'");
  refuse_json(unsupported, SPLIT("'type': 'Punctuation', 'behavior': 'MergedWithNext'"),
              "a merged behavior");
  refuse_json(format, SPLIT("'type': 'Metaspace', 'replacement': 'ab'"), "one character");
  refuse_json(unsupported, SPLIT("'type': 'Metaspace', 'prepend_scheme': 'last'"), "'last'");
  refuse_json(unsupported,
              "{'normalizer': {'type': 'NFC'}, 'pre_tokenizer': {'type': 'Metaspace', "
              "'prepend_scheme': 'first'}, " UNIGRAM("'unk_id': 0, " SCORES) "}",
              "first after a normalizer");
  refuse_json(MER_STATUS_LIMIT,
              SPLIT("'type': 'Sequence', 'pretokenizers': [{'type': 'Digits'}, {'type': 'Digits'}, "
                    "{'type': 'Digits'}, {'type': 'Digits'}, {'type': 'Digits'}, {'type': "
                    "'Digits'}, {'type': 'Digits'}, {'type': 'Digits'}, {'type': 'Digits'}]"),
              "over 8 pre-tokenizers");
  refuse_json(unsupported,
              "{'model': {'type': 'WordPiece', 'vocab': {'[UNK]': 0}, "
              "'continuing_subword_prefix': ''}}",
              "a continuing_subword_prefix");
  refuse_json(format, "{'model': {'type': 'WordPiece', 'vocab': {'a': 0}}}", "unk_token '[UNK]'");
  refuse_json(
      unsupported,
      "{'post_processor': {'type': 'TemplateProcessing', 'single': [], 'pair': []}, " UNIGRAM(
          "'unk_id': 0, " SCORES) "}",
      "without its texts");
  refuse_json(format,
              "{'post_processor': {'type': 'TemplateProcessing', 'single': [{'SpecialToken': "
              "{'id': 'x'}}], 'pair': []}, " UNIGRAM("'unk_id': 0, " SCORES) "}",
              "expected ids for 'x'");
  write_file("tokenizer.json", NULL);
}

/* Objects within objects end in a fault of the file, not of the stack. */
static void depth_is_limited(void **state) {
  (void)state;
  enum { N = 100000 };
  char *text = malloc(2 * N + 1);
  for (int i = 0; i < N; i++) memcpy(text + 2 * i, "[[", 2);
  text[2 * N] = 0;
  write_file("tokenizer.json", text);
  refuse(MER_STATUS_FORMAT, "tokenizer.json: line 1");
  free(text);
  write_file("tokenizer.json", NULL);
}

static int remove_folder(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

/* MPNet's vocabulary has BERT's special tokens after its own. */
static void words_of_mpnet_stand_between_its_own_tokens(void **state) {
  (void)state;
  write_file("tokenizer.json", NULL);
  write_file("vocab.txt", "<s>\n<pad>\n</s>\n[UNK]\n[PAD]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n<mask>\n");
  expect_ids("ab <mask> x", "0 8 9 10 3 2");
  write_file("vocab.txt", "[UNK]\n[PAD]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n<mask>\n");
  expect_ids("ab", "2 5 6 3");
  write_file("vocab.txt", NULL);
}

#define BERT                                                                                  \
  "'normalizer': {'type': 'BertNormalizer'}, 'pre_tokenizer': {'type': 'BertPreTokenizer'}, " \
  "'model': {'type': 'WordPiece', 'vocab': {'[UNK]': 0, 'hello': 1, 'mask': 2, '[': 3, ']': 4"
#define SPECIAL(id, token) "{'id': " id ", 'content': '" token "', 'special': true}"
#define SPECIALS(mask)                                                               \
  "'added_tokens': [" SPECIAL("0", "[UNK]") ", " SPECIAL("5", "[PAD]") ", " SPECIAL( \
      "6", "[CLS]") ", " SPECIAL("7", "[SEP]") ", " SPECIAL(mask, "[MASK]") "], "

#define CASED                                                                                   \
  "'normalizer': {'type': 'BertNormalizer', 'lowercase': false}, 'pre_tokenizer': {'type': "    \
  "'BertPreTokenizer'}, 'model': {'type': 'WordPiece', 'vocab': {'[UNK]': 0, 'hello': 1, '<': " \
  "2, '>': 3, 'Hello': 4"

/* The special tokens of BERT may follow the vocabulary, some of them or all but the unknown one. */
static void special_tokens_follow_a_vocabulary(void **state) {
  (void)state;
  write_json("{" SPECIALS("8") BERT "}}}");
  expect_ids("hello [MASK] hello[PAD]x", "1 8 1 5 0");
  write_json("{" SPECIALS("8") BERT ", '[PAD]': 5, '[CLS]': 6, '[SEP]': 7}}}");
  expect_ids("[MASK] hello [SEP]", "8 1 7");
  refuse_json(MER_STATUS_FORMAT, "{" SPECIALS("103") BERT ", '[PAD]': 5, '[CLS]': 6, '[SEP]': 7}}}",
              "tokenizer.json: the added token '[MASK]' has the id 103, expected 8");
  write_file("tokenizer.json", NULL);
}

/* Which file a model is written with: "vocab.txt" or "tokenizer.json". */
static const char *kept_file(void) {
  mer_tokenizer *tokenizer;
  mer_error err = {0};
  size_t size;
  assert_ok(mer_tokenizer_open(&tokenizer, folder, &err));
  const char *kept =
      mer_tokenizer_vocabulary(tokenizer, &size)[0] == '{' ? "tokenizer.json" : "vocab.txt";
  mer_tokenizer_close(tokenizer);
  return kept;
}

#define BERT_TEMPLATE \
  "'post_processor': {'type': 'BertProcessing', 'sep': ['[SEP]', 3], 'cls': ['[CLS]', 2]}, "

/* The vocab.txt is kept where both state the same, and nowhere else. */
static void a_vocabulary_that_states_the_same_is_kept(void **state) {
  (void)state;
  static const struct {
    const char *normalizer, *template, *hello, *words, *kept;
  } cases[] = {
      {"", BERT_TEMPLATE, "hello", "hello\n", "vocab.txt"},
      {"", BERT_TEMPLATE, "hello", "hello", "vocab.txt"},
      {", 'lowercase': false", BERT_TEMPLATE, "hello", "hello\n", "tokenizer.json"},
      {", 'strip_accents': false", BERT_TEMPLATE, "hello", "hello\n", "tokenizer.json"},
      {", 'handle_chinese_chars': false", BERT_TEMPLATE, "hello", "hello\n", "tokenizer.json"},
      {"", "", "hello", "hello\n", "tokenizer.json"},
      {"", BERT_TEMPLATE, "hallo", "hello\n", "tokenizer.json"},
      {"", BERT_TEMPLATE, "hello", "hello\nyou\n", "tokenizer.json"},
      {"", BERT_TEMPLATE, "hello", "\xff\n", "tokenizer.json"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char json[2048], words[128];
    snprintf(json, sizeof json,
             "{'added_tokens': [%s%s%s%s%s], %s'normalizer': {'type': 'BertNormalizer'%s}, "
             "'pre_tokenizer': {'type': 'BertPreTokenizer'}, 'model': {'type': 'WordPiece', "
             "'vocab': {'[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, '[MASK]': 4, '%s': 5}}}",
             SPECIAL("0", "[PAD]") ", ", SPECIAL("1", "[UNK]") ", ", SPECIAL("2", "[CLS]") ", ",
             SPECIAL("3", "[SEP]") ", ", SPECIAL("4", "[MASK]"), cases[i].template,
             cases[i].normalizer, cases[i].hello);
    write_json(json);
    snprintf(words, sizeof words, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n%s", cases[i].words);
    write_file("vocab.txt", words);
    if (strcmp(kept_file(), cases[i].kept) != 0) fail_msg("case %zu: %s", i, kept_file());
  }
  write_file("tokenizer.json", NULL);
  write_file("vocab.txt", NULL);
}

#define CONFIG(class, more) "{\"tokenizer_class\": \"" class "\"" more "}"

/* The tokenizer.json counts, with what was added to it; its normalizer only where the class of the
 * tokenizer has none of its own. */
static void a_tokenizer_json_stands_above_a_vocabulary(void **state) {
  (void)state;
  write_file("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n");
  expect_ids("Hello", "2 5 3");
  write_json("{'added_tokens': [" SPECIAL("5", "<joy>") "], " CASED "}}}");
  expect_ids("Hello <joy> hello", "4 5 1");
  write_file("tokenizer_config.json",
             CONFIG("PreTrainedTokenizerFast", ", \"do_lower_case\": true"));
  expect_ids("Hello <joy> hello", "4 5 1");
  write_file("tokenizer_config.json", CONFIG("TokenizersBackend", ""));
  expect_ids("Hello", "4");
  write_file("tokenizer_config.json", CONFIG("BertTokenizerFast", ", \"do_lower_case\": false"));
  expect_ids("Hello", "4");
  write_file("tokenizer_config.json", CONFIG("BertTokenizer", ""));
  expect_ids("Hello <joy> hello", "1 5 1");
  write_file("tokenizer_config.json", "{\"do_lower_case\": 1}");
  refuse(MER_STATUS_FORMAT, "tokenizer_config.json: expected true or false for do_lower_case");
  write_file("tokenizer.json", NULL);
  write_file("tokenizer_config.json", CONFIG("BertJapaneseTokenizer", ""));
  refuse(MER_STATUS_UNSUPPORTED,
         "tokenizer_config.json: the tokenizer_class BertJapaneseTokenizer is not supported");
  write_file("tokenizer_config.json", CONFIG("RoFormerTokenizerFast", ""));
  refuse(MER_STATUS_UNSUPPORTED, "the tokenizer_class RoFormerTokenizer is not supported");
  write_file("tokenizer_config.json", "{\"word_tokenizer_type\": \"mecab\"}");
  refuse(MER_STATUS_UNSUPPORTED, "words by 'mecab'");
  write_file("tokenizer_config.json",
             CONFIG("ElectraTokenizer", ", \"word_tokenizer_type\": \"basic\""));
  expect_ids("Hello", "2 5 3");
  write_file("tokenizer_config.json", NULL);
  write_file("vocab.txt", NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pairs_are_merged_in_their_order),
      cmocka_unit_test(model_files_are_read),
      cmocka_unit_test(what_is_not_read_is_named),
      cmocka_unit_test(words_of_mpnet_stand_between_its_own_tokens),
      cmocka_unit_test(scores_choose_pieces),
      cmocka_unit_test(faults_of_unigram_are_named),
      cmocka_unit_test(faults_of_normalizers_are_named),
      cmocka_unit_test(faults_of_other_parts_are_named),
      cmocka_unit_test(depth_is_limited),
      cmocka_unit_test(special_tokens_follow_a_vocabulary),
      cmocka_unit_test(a_vocabulary_that_states_the_same_is_kept),
      cmocka_unit_test(a_tokenizer_json_stands_above_a_vocabulary),
  };
  make_temporary_folder(folder);
  return cmocka_run_group_tests(tests, NULL, remove_folder);
}
