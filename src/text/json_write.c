/* json_write.c: JSON values as text, the same in every locale. */
#include "text/json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static void put_escaped(mer__text_buffer *out, unsigned char c) {
  static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
  const char *meaning = c ? strchr(meanings, c) : NULL;
  if (meaning) mer__text_printf(out, "\\%c", letters[meaning - meanings]);
  else if (c < 0x20) mer__text_printf(out, "\\u%04x", c);
  else mer__text_printf(out, "\\%c", c);
}

/* Bytes of the character at `text`, 0 if it is none. */
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

/* The digits of a number d[0].d[1]d[2].. x 10^exponent without zeros at the end, and its exponent;
 * a locale decides what printf puts after the first digit. */
static int split(char digits[24], double number, int n_digits) {
  char text[64];
  int n = 0;
  snprintf(text, sizeof text, "%.*e", n_digits - 1, number);
  const char *at = text, *exponent = strchr(text, 'e');
  for (; at < exponent; at++)
    if (*at >= '0' && *at <= '9') digits[n++] = *at;
  while (n > 1 && digits[n - 1] == '0') n--;
  digits[n] = 0;
  return atoi(exponent + 1);
}

void mer__json_put_number(mer__text_buffer *out, double number, int n_digits) {
  char digits[24];
  if (!isfinite(number)) {
    mer__text_puts(out, "null");
    return;
  }
  int exponent = split(digits, number, n_digits), n = (int)strlen(digits);
  if (signbit(number)) mer__text_append(out, "-", 1);
  if (exponent < -4 || exponent >= n_digits) {
    mer__text_printf(out, n > 1 ? "%c.%se%d" : "%c%se%d", digits[0], digits + 1, exponent);
  } else if (exponent < 0) {
    mer__text_printf(out, "0.%.*s%s", -exponent - 1, "000", digits);
  } else {
    mer__text_printf(out, "%.*s", n < exponent + 1 ? n : exponent + 1, digits);
    for (int i = n; i <= exponent; i++) mer__text_append(out, "0", 1);
    mer__text_printf(out, ".%s", n > exponent + 1 ? digits + exponent + 1 : "0");
  }
}
