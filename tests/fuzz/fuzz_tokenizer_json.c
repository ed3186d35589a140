/* fuzz_tokenizer_json.c: a tokenizer.json, a text and a second text. */
#include "fuzz.h"
#include "mer/text.h"

enum { MAX_LENGTH = 48 };

static void encode(const mer_tokenizer *tokenizer, const char *text, size_t size, const char *pair,
                   size_t pair_size) {
  mer_tokens tokens = {0};
  mer_error err = {0};
  mer_status status =
      mer_tokenizer_encode(&tokens, tokenizer, text, size, pair, pair_size, MAX_LENGTH, &err);
  fuzz_check_status(status, &err);
  FUZZ_REQUIRE(status == MER_OK && tokens.n >= 0 && tokens.n <= MAX_LENGTH);
  for (int32_t i = 0; i < tokens.n; i++)
    FUZZ_REQUIRE(mer_tokenizer_token(tokenizer, tokens.ids[i]));
  mer_tokens_clear(&tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_parts parts = {data, size};
  size_t json_size, text_size, pair_size;
  char *json = fuzz_next(&parts, &json_size), *text = fuzz_next(&parts, &text_size),
       *pair = fuzz_next(&parts, &pair_size);
  mer_tokenizer *tokenizer = NULL;
  mer_error err = {0};
  fuzz_write("tokenizer.json", json, json_size);
  mer_status status = mer_tokenizer_open(&tokenizer, fuzz_folder(), &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK) {
    encode(tokenizer, text, text_size, NULL, 0);
    encode(tokenizer, text, text_size, pair, pair_size);
  }
  mer_tokenizer_close(tokenizer);
  free(json);
  free(text);
  free(pair);
  return 0;
}
