/* fuzz_wordpiece.c: two texts through normalization and WordPiece with a fixed vocabulary. The
 * first byte says how many tokens the result may have. */
#include "fuzz.h"
#include "mer/text.h"

static const char vocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nab\nabc\n##a\n##b\n##ab\n##c\ne\n!\n.\n1\n##1\nss\n"
    "\xce\xb1\n\xe4\xb8\x80\n\xed\x95\x9c\n##\xed\x95\x9c\n";

static mer_tokenizer *open_once(void) {
  static mer_tokenizer *tokenizer;
  mer_error err = {0};
  if (tokenizer) return tokenizer;
  const char *path = fuzz_write("vocab.txt", vocabulary, sizeof vocabulary - 1);
  FUZZ_REQUIRE(mer_tokenizer_open(&tokenizer, path, &err) == MER_OK);
  return tokenizer;
}

static void encode(mer_tokens *tokens, const char *text, size_t size, const char *pair,
                   size_t pair_size, int32_t most) {
  const mer_tokenizer *tokenizer = open_once();
  mer_error err = {0};
  mer_status status =
      mer_tokenizer_encode(tokens, tokenizer, text, size, pair, pair_size, most, &err);
  FUZZ_REQUIRE(status == MER_OK && tokens->n >= (pair ? 3 : 2) && tokens->n <= most);
  for (int32_t i = 0; i < tokens->n; i++) {
    FUZZ_REQUIRE(mer_tokenizer_token(tokenizer, tokens->ids[i]));
    FUZZ_REQUIRE(tokens->type_ids[i] == 0 || (pair && tokens->type_ids[i] == 1));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  fuzz_parts parts = {data + 1, size - 1};
  size_t text_size, pair_size;
  char *text = fuzz_next(&parts, &text_size), *pair = fuzz_next(&parts, &pair_size);
  mer_tokens tokens = {0}, whole = {0};
  int32_t most = 3 + data[0];
  encode(&tokens, text, text_size, NULL, 0, most);
  encode(&whole, text, text_size, NULL, 0, INT32_MAX);
  /* Truncation drops tokens from the end and changes nothing before. */
  FUZZ_REQUIRE(tokens.truncated == (whole.n > most));
  FUZZ_REQUIRE(memcmp(tokens.ids, whole.ids, (size_t)(tokens.n - 1) * sizeof *whole.ids) == 0);
  encode(&tokens, text, text_size, pair, pair_size, most);
  mer_tokens_clear(&tokens);
  mer_tokens_clear(&whole);
  free(text);
  free(pair);
  return 0;
}
