/* display_width.c: how wide a text is, by utf8proc's table of East Asian widths. */
#include "report/display_width.h"

#include <string.h>
#include <utf8proc.h>

/* Bytes of the first character of `text`, and its columns. */
static size_t next_character(size_t *columns, const char *text) {
  utf8proc_int32_t code;
  utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &code);
  if (size < 1) {
    *columns = 1;
    return 1;
  }
  int width = utf8proc_charwidth(code);
  *columns = width > 0 ? (size_t)width : 0;
  return (size_t)size;
}

size_t mer__display_prefix(const char *text, size_t columns) {
  size_t at = 0, used = 0, wide;
  while (text[at]) {
    size_t size = next_character(&wide, text + at);
    if (used + wide > columns) break;
    used += wide;
    at += size;
  }
  return at;
}

size_t mer__display_width(const char *text) {
  size_t width = 0, wide;
  for (const char *c = text; *c; width += wide) c += next_character(&wide, c);
  return width;
}
