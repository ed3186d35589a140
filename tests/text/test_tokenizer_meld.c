/* test_tokenizer_meld.c: the token ids of all of MELD's utterances against Hugging Face's. Needs
 * MER_DATA/meld and an encoder of BERT's vocabulary (MER_ENCODER). */
#include <csv.h>

#include "base/file.h"
#include "mer/text.h"
#include "test_support.h"

enum { N_UTTERANCES = 13708, COLUMN = 1, MAX_LENGTH = 128 };

typedef struct meld_reader {
  mer_tokenizer *tokenizer;
  FILE *expected; /* a line of ids for each utterance */
  char *line;
  size_t capacity;
  mer_tokens tokens;
  int column, row, n, n_wrong;
} meld_reader;

/* Whether a line of numbers is `tokens`. */
static bool is_equal(const char *line, const mer_tokens *tokens) {
  char *end;
  for (int32_t i = 0; i < tokens->n; i++, line = end)
    if (strtol(line, &end, 10) != tokens->ids[i] || end == line) return false;
  return line[strspn(line, " \r\n")] == 0;
}

static void check_utterance(meld_reader *reader, char *text, size_t size) {
  mer_error err = {0};
  for (size_t i = 0; i < size; i++)
    if (text[i] == '\n' || text[i] == '\r') text[i] = ' ';
  assert_ok(mer_tokenizer_encode(&reader->tokens, reader->tokenizer, text, size, NULL, 0,
                                 MAX_LENGTH, &err));
  assert_true(getline(&reader->line, &reader->capacity, reader->expected) > 0);
  reader->n_wrong += !is_equal(reader->line, &reader->tokens);
  reader->n++;
}

static void take_field(void *field, size_t size, void *user) {
  meld_reader *reader = user;
  if (reader->column++ == COLUMN && reader->row > 0) check_utterance(reader, field, size);
}

static void take_row(int end, void *user) {
  meld_reader *reader = user;
  (void)end;
  reader->column = 0;
  reader->row++;
}

static void read_split(meld_reader *reader, const char *name) {
  char path[4096];
  mer_error err = {0};
  struct csv_parser parser;
  char *data;
  size_t size;
  find_mer_data(path, name);
  assert_ok(mer__file_read(&data, &size, path, 1 << 24, &err));
  reader->row = reader->column = 0;
  assert_int_equal(csv_init(&parser, CSV_APPEND_NULL), 0);
  assert_int_equal(csv_parse(&parser, data, size, take_field, take_row, reader), size);
  csv_fini(&parser, take_field, take_row, reader);
  csv_free(&parser);
  free(data);
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
