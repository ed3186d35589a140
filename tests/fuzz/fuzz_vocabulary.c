/* fuzz_vocabulary.c: a vocab.txt; each of its tokens is looked at, and encoded as a text. */
#include "fuzz.h"
#include "mer/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mer_tokenizer *tokenizer = NULL;
  mer_tokens tokens = {0};
  mer_error err = {0};
  mer_status status = mer_tokenizer_open(&tokenizer, fuzz_write("vocab.txt", data, size), &err);
  fuzz_check_status(status, &err);
  int32_t n = status == MER_OK ? mer_tokenizer_size(tokenizer) : 0;
  for (int32_t id = 0; id < n; id++) {
    const char *token = mer_tokenizer_token(tokenizer, id);
    FUZZ_REQUIRE(token);
    status = mer_tokenizer_encode(&tokens, tokenizer, token, strlen(token), NULL, 0, 16, &err);
    FUZZ_REQUIRE(status == MER_OK && tokens.n >= 2);
  }
  mer_tokens_clear(&tokens);
  mer_tokenizer_close(tokenizer);
  return 0;
}
