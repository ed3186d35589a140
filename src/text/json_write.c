/* json_write.c: JSON values as text, the same in every locale. */
#include "text/json_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/format.h"

static void put_escaped(mer__text_buffer *out, unsigned char c) {
  static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
  const char *meaning = c ? strchr(meanings, c) : NULL;
  if (meaning) mer__text_printf(out, "\\%c", letters[meaning - meanings]);
  else if (c < 0x20) mer__text_printf(out, "\\u%04x", c);
  else mer__text_printf(out, "\\%c", c);
}

/* Bytes of the character at `text`; 0 if it is not UTF-8. */
static size_t character_size(const unsigned char *text, size_t left) {
  utf8proc_int32_t code_point;
  if (*text < 0x80) return 1;
  utf8proc_ssize_t n = utf8proc_iterate(text, left < 4 ? (utf8proc_ssize_t)left : 4, &code_point);
  return n < 1 ? 0 : (size_t)n;
}

void mer__json_put_string(mer__text_buffer *out, const char *text, size_t size) {
  const unsigned char *bytes = (const unsigned char *)text;
  size_t start = 0, at = 0;
  mer__text_append(out, "\"", 1);
  while (at < size) {
    size_t n = character_size(bytes + at, size - at);
    if (n && bytes[at] >= 0x20 && bytes[at] != '"' && bytes[at] != '\\') {
      at += n;
      continue;
    }
    mer__text_append(out, text + start, at - start);
    if (n) put_escaped(out, bytes[at]);
    else mer__text_puts(out, "\xEF\xBF\xBD");
    start = ++at;
  }
  mer__text_append(out, text + start, size - start);
  mer__text_append(out, "\"", 1);
}

void mer__json_put_number(mer__text_buffer *out, double number, int n_digits) {
  char text[40];
  if (!isfinite(number)) {
    mer__text_puts(out, "null");
    return;
  }
  mer__format(text, sizeof text, "%.*g", n_digits, number);
  const char *exponent = strchr(text, 'e');
  if (exponent) mer__text_printf(out, "%.*se%d", (int)(exponent - text), text, atoi(exponent + 1));
  else mer__text_printf(out, "%s%s", text, strchr(text, '.') ? "" : ".0");
}
