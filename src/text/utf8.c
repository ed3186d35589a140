/* utf8.c: tells what is UTF-8. */
#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

#include "mer/text.h"

/* Bytes at the beginning that are ASCII, found eight at a time. */
static size_t ascii_size(const uint8_t *text, size_t size) {
  size_t n = 0;
  for (uint64_t eight; size - n >= 8; n += 8) {
    memcpy(&eight, text + n, 8);
    if (eight & UINT64_C(0x8080808080808080)) break;
  }
  while (n < size && text[n] < 0x80) n++;
  return n;
}

size_t mer__utf8_valid(const uint8_t *text, size_t size) {
  size_t at = ascii_size(text, size);
  while (at < size) {
    utf8proc_int32_t code_point;
    size_t left = size - at;
    utf8proc_ssize_t n =
        utf8proc_iterate(text + at, left < 4 ? (utf8proc_ssize_t)left : 4, &code_point);
    if (n < 1) break;
    at += (size_t)n;
    at += ascii_size(text + at, size - at);
  }
  return at;
}

void mer_text_make_utf8(char *text) {
  const size_t size = strlen(text);
  for (size_t at = 0; at < size; at++) {
    at += mer__utf8_valid((const uint8_t *)text + at, size - at);
    if (at < size) text[at] = '?';
  }
}

void mer__utf8_clean(mer__text_buffer *out, const uint8_t *text, size_t size) {
  for (size_t at = 0; at < size && !out->failed;) {
    size_t n = mer__utf8_valid(text + at, size - at);
    mer__text_append(out, (const char *)text + at, n);
    at += n;
    if (at < size) mer__text_append(out, "\xEF\xBF\xBD", 3), at++;
  }
}

void mer__utf8_append(mer__text_buffer *out, uint32_t code_point) {
  utf8proc_uint8_t bytes[4];
  utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)code_point, bytes);
  mer__text_append(out, (const char *)bytes, (size_t)n);
}
