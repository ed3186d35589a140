/* fuzz_tokenizer.c: the files of a tokenizer's directory and a text: vocab.txt,
 * tokenizer_config.json, the text, added_tokens.json and special_tokens_map.json, of which an empty
 * one is not there. */
#include "fuzz.h"
#include "mer/text.h"

static const char *const names[] = {"vocab.txt", "tokenizer_config.json", "text",
                                    "added_tokens.json", "special_tokens_map.json"};
enum { N_FILES = sizeof names / sizeof names[0], TEXT = 2, MAX_LENGTH = 24 };

static void encode(const mer_tokenizer *tokenizer, const char *text, size_t size) {
  mer_tokens tokens = {0};
  mer_error err = {0};
  mer_status status =
      mer_tokenizer_encode(&tokens, tokenizer, text, size, NULL, 0, MAX_LENGTH, &err);
  fuzz_check_status(status, &err);
  FUZZ_REQUIRE(status == MER_OK && tokens.n >= 2 && tokens.n <= MAX_LENGTH);
  for (int32_t i = 0; i < tokens.n; i++)
    FUZZ_REQUIRE(mer_tokenizer_token(tokenizer, tokens.ids[i]));
  mer_tokens_clear(&tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_parts parts = {data, size};
  char *contents[N_FILES];
  size_t sizes[N_FILES];
  mer_tokenizer *tokenizer = NULL;
  mer_error err = {0};
  for (int i = 0; i < N_FILES; i++) {
    contents[i] = fuzz_next(&parts, &sizes[i]);
    if (i == TEXT || !sizes[i]) fuzz_remove(names[i]);
    else fuzz_write(names[i], contents[i], sizes[i]);
  }
  mer_status status = mer_tokenizer_open(&tokenizer, fuzz_folder(), &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK) encode(tokenizer, contents[TEXT], sizes[TEXT]);
  mer_tokenizer_close(tokenizer);
  for (int i = 0; i < N_FILES; i++) free(contents[i]);
  return 0;
}
