/* gpt2_word.c: GPT-2's pattern without an engine of regular expressions. */
#include "text/gpt2_word.h"

#include <string.h>

#include "text/char_class.h"
#include "text/utf8.h"

typedef enum kind { LETTER, NUMBER, SPACE, OTHER } kind;

static kind kind_of_ascii(uint8_t c) {
  uint8_t small = c | 0x20;
  if (small >= 'a' && small <= 'z') return LETTER;
  if (c >= '0' && c <= '9') return NUMBER;
  return c == ' ' || (c >= '\t' && c <= '\r') ? SPACE : OTHER;
}

/* The kind of the character at `text`, its bytes in `*n`. */
static kind kind_at(size_t *n, const uint8_t *text) {
  *n = 1;
  if (*text < 0x80) return kind_of_ascii(*text);
  uint32_t c = mer__utf8_read(n, text);
  if (mer__char_is(MER__CHAR_LETTER, c)) return LETTER;
  if (mer__char_is(MER__CHAR_NUMBER, c)) return NUMBER;
  return mer__char_is_space(c) ? SPACE : OTHER;
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
  while (at < size && kind_at(&n, text + at) == SPACE) {
    last = at;
    at += n;
  }
  return at == size || last == 0 ? at : last;
}

size_t mer__gpt2_word(const uint8_t *text, size_t size) {
  size_t at = 0, n;
  if (text[0] == '\'' && (n = contraction(text, size)) > 0) return n;
  if (text[0] == ' ' && size > 1 && kind_at(&n, text + 1) != SPACE) at = 1;
  kind run = kind_at(&n, text + at);
  if (run == SPACE) return space_run(text, size);
  do at += n;
  while (at < size && kind_at(&n, text + at) == run);
  return at;
}
