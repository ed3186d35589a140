/* fuzz_bpe_files.c: a vocab.json, a merges.txt, a tokenizer_config.json (an empty one is not there)
 * and a text. */
#include "fuzz.h"
#include "mer/text.h"

static const char *const names[] = {"vocab.json", "merges.txt", "tokenizer_config.json"};
enum { N_FILES = sizeof names / sizeof names[0], MAX_LENGTH = 40 };

static void encode(const mer_tokenizer *tokenizer, const char *text, size_t size) {
  mer_tokens tokens = {0};
  mer_error err = {0};
  mer_status status =
      mer_tokenizer_encode(&tokens, tokenizer, text, size, NULL, 0, MAX_LENGTH, &err);
  fuzz_check_status(status, &err);
  FUZZ_REQUIRE(status == MER_OK && tokens.n <= MAX_LENGTH);
  for (int32_t i = 0; i < tokens.n; i++)
    FUZZ_REQUIRE(mer_tokenizer_token(tokenizer, tokens.ids[i]));
  mer_tokens_clear(&tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_parts parts = {data, size};
  size_t part_size;
  mer_tokenizer *tokenizer = NULL;
  mer_error err = {0};
  for (int i = 0; i < N_FILES; i++) {
    char *part = fuzz_next(&parts, &part_size);
    if (part_size || i < 2) fuzz_write(names[i], part, part_size);
    else fuzz_remove(names[i]);
    free(part);
  }
  char *text = fuzz_next(&parts, &part_size);
  mer_status status = mer_tokenizer_open(&tokenizer, fuzz_folder(), &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK) encode(tokenizer, text, part_size);
  mer_tokenizer_close(tokenizer);
  free(text);
  return 0;
}
