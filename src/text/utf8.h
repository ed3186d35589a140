/* utf8.h: reads text that is known to be UTF-8. */
#ifndef MER_TEXT_UTF8_H
#define MER_TEXT_UTF8_H

#include "base/text_buffer.h"
#include "mer/base.h"

/** The code point at `text`, which is valid, and its bytes in `*size`. */
static inline uint32_t mer__utf8_read(size_t *size, const uint8_t *text) {
  uint32_t c = text[0];
  if (c < 0x80) return *size = 1, c;
  if (c < 0xE0) return *size = 2, (c & 0x1F) << 6 | (text[1] & 0x3F);
  if (c < 0xF0)
    return *size = 3, (c & 0x0F) << 12 | (uint32_t)(text[1] & 0x3F) << 6 | (text[2] & 0x3F);
  *size = 4;
  return (c & 0x07) << 18 | (uint32_t)(text[1] & 0x3F) << 12 | (uint32_t)(text[2] & 0x3F) << 6 |
         (text[3] & 0x3F);
}

/** Bytes of the character that ends at `text + size`, which is valid; `size` at least 1. */
static inline size_t mer__utf8_last(const uint8_t *text, size_t size) {
  size_t n = 1;
  while (n < size && n < 4 && (text[size - n] & 0xC0) == 0x80) n++;
  return n;
}

/** How many bytes at the beginning of `text` are UTF-8. */
size_t mer__utf8_valid(const uint8_t *text, size_t size);

/** Appends `text` with U+FFFD for each byte that is not part of UTF-8. */
void mer__utf8_clean(mer__text_buffer *out, const uint8_t *text, size_t size);

/** Appends a code point. */
void mer__utf8_append(mer__text_buffer *out, uint32_t code_point);

#endif
