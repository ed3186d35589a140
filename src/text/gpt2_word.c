/* gpt2_word.c: GPT-2's pattern without an engine of regular expressions. */
#include "text/gpt2_word.h"

#include <string.h>

#include "text/char_class.h"
#include "text/utf8.h"

/* A letter, a number, white space, or another character. */
typedef enum kind { L, N, S, O } kind;

static const uint8_t ascii_kinds[128] = {
    O, O, O, O, O, O, O, O, O, S, S, S, S, S, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    S, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, N, N, N, N, N, N, N, N, N, N, O, O, O, O, O, O,
    O, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, O, O, O, O, O,
    O, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, O, O, O, O, O,
};

static kind kind_beyond_ascii(size_t *n, const uint8_t *text) {
  uint32_t c = mer__utf8_read(n, text);
  if (mer__char_is(MER__CHAR_LETTER, c)) return L;
  if (mer__char_is(MER__CHAR_NUMBER, c)) return N;
  return mer__char_is_space(c) ? S : O;
}

/* The kind of the character at `text`, its bytes in `*n`. */
static inline kind kind_at(size_t *n, const uint8_t *text) {
  *n = 1;
  return *text < 0x80 ? (kind)ascii_kinds[*text] : kind_beyond_ascii(n, text);
}

/* Bytes of 's, 't, 're .. at `text`, which begins with an apostrophe; 0 if it is none. */
static size_t contraction(const uint8_t *text, size_t size) {
  if (size < 2) return 0;
  if (strchr("stmd", text[1]) && text[1]) return 2;
  if (size < 3) return 0;
  bool two = memcmp(text + 1, "re", 2) == 0 || memcmp(text + 1, "ve", 2) == 0 ||
             memcmp(text + 1, "ll", 2) == 0;
  return two ? 3 : 0;
}

/* White space: up to the end of the text, else all but its last character, which goes with what
 * follows or is alone. */
static size_t space_run(const uint8_t *text, size_t size) {
  size_t at = 0, last = 0, n;
  while (at < size && kind_at(&n, text + at) == S) {
    last = at;
    at += n;
  }
  return at == size || last == 0 ? at : last;
}

size_t mer__gpt2_word(const uint8_t *text, size_t size) {
  size_t at = 0, n;
  if (text[0] == '\'' && (n = contraction(text, size)) > 0) return n;
  if (text[0] == ' ' && size > 1 && kind_at(&n, text + 1) != S) at = 1;
  kind run = kind_at(&n, text + at);
  if (run == S) return space_run(text, size);
  do at += n;
  while (at < size && kind_at(&n, text + at) == run);
  return at;
}
