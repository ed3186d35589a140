/* test_tokenizer_meld.c: the token ids of all of MELD's utterances against Hugging Face's. Needs
 * MER_DATA/meld and an encoder of BERT's vocabulary (MER_ENCODER). */
#include "base/alloc.h"
#include "data/table.h"
#include "mer/text.h"
#include "test_support.h"

enum { N_UTTERANCES = 13708, MAX_LENGTH = 128 };

typedef struct meld_reader {
  mer_tokenizer *tokenizer;
  FILE *expected; /* a line of ids for each utterance */
  char *line;
  size_t capacity;
  mer_tokens tokens;
  int n, n_wrong;
} meld_reader;

/* Whether a line of numbers is `tokens`. */
static bool is_equal(const char *line, const mer_tokens *tokens) {
  char *end;
  for (int32_t i = 0; i < tokens->n; i++, line = end)
    if (strtol(line, &end, 10) != tokens->ids[i] || end == line) return false;
  return line[strspn(line, " \r\n")] == 0;
}

static void check_utterance(meld_reader *reader, const char *text) {
  mer_error err = {0};
  char *line = mer__strdup(text);
  for (char *c = line; *c; c++)
    if (*c == '\n' || *c == '\r') *c = ' ';
  assert_ok(mer_tokenizer_encode(&reader->tokens, reader->tokenizer, line, strlen(line), NULL, 0,
                                 MAX_LENGTH, &err));
  mer__free(line);
  assert_true(getline(&reader->line, &reader->capacity, reader->expected) > 0);
  reader->n_wrong += !is_equal(reader->line, &reader->tokens);
  reader->n++;
}

static void read_split(meld_reader *reader, const char *name) {
  char path[4096];
  mer_error err = {0};
  mer__table table;
  mer__text_buffer bytes = {0};
  find_mer_data(path, name);
  assert_ok(mer__table_read(&table, &bytes, path, NULL, 0, &err));
  int column = mer__table_column(&table, "Utterance");
  for (int64_t row = 0; row < table.n_rows; row++) {
    const char *text = mer__table_cell(&table, row, column);
    check_utterance(reader, text ? text : "");
  }
  mer__table_clear(&table);
  mer__text_clear(&bytes);
}

static void all_token_ids_are_equal(void **state) {
  (void)state;
  char path[4096], command[4200];
  mer_error err = {0};
  meld_reader reader = {0};
  find_data(path, "MER_ENCODER", MER_SOURCE_DIR "/.encoder/minilm", "");
  assert_ok(mer_tokenizer_open(&reader.tokenizer, path, &err));
  find_mer_data(path, "meld/token_ids.txt.gz");
  snprintf(command, sizeof command, "gzip -dc '%s'", path);
  reader.expected = popen(command, "r");
  assert_non_null(reader.expected);
  read_split(&reader, "meld/train_sent_emo.csv");
  read_split(&reader, "meld/dev_sent_emo.csv");
  read_split(&reader, "meld/test_sent_emo.csv");
  assert_int_equal(reader.n, N_UTTERANCES);
  assert_int_equal(reader.n_wrong, 0);
  assert_true(getline(&reader.line, &reader.capacity, reader.expected) < 0);
  pclose(reader.expected);
  free(reader.line);
  mer_tokens_clear(&reader.tokens);
  mer_tokenizer_close(reader.tokenizer);
}

int main(void) {
  char path[4096];
  if (!find_mer_data(path, "meld/token_ids.txt.gz")) return skip_program("no MELD under MER_DATA");
  if (!find_data(path, "MER_ENCODER", MER_SOURCE_DIR "/.encoder/minilm", "vocab.txt"))
    return skip_program("no encoder at MER_ENCODER");
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_token_ids_are_equal)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
