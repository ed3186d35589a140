/* fuzz_charsmap.c: the bytes of a precompiled_charsmap, which are given as base64, and a text. */
#include "fuzz.h"
#include "text/charsmap.h"
#include "text/utf8.h"

static char *encode_base64(const uint8_t *data, size_t size) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *out = calloc(size + 3, 2), *end = out;
  if (!out) abort();
  for (size_t i = 0; i < size; i += 3) {
    uint32_t bits = (uint32_t)data[i] << 16;
    if (i + 1 < size) bits |= (uint32_t)data[i + 1] << 8;
    if (i + 2 < size) bits |= data[i + 2];
    *end++ = digits[bits >> 18];
    *end++ = digits[bits >> 12 & 63];
    *end++ = i + 1 < size ? digits[bits >> 6 & 63] : '=';
    *end++ = i + 2 < size ? digits[bits & 63] : '=';
  }
  return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const mer__json_place place = {"tokenizer.json", "normalizer"};
  fuzz_parts parts = {data, size};
  size_t map_size, text_size;
  char *bytes = fuzz_next(&parts, &map_size), *text = fuzz_next(&parts, &text_size);
  char *base64 = encode_base64((const uint8_t *)bytes, map_size);
  mer__charsmap map = {0};
  mer__text_buffer clean = {0}, out = {0};
  mer_error err = {0};
  mer_status status = mer__charsmap_read(&map, base64, &place, &err);
  fuzz_check_status(status, &err);
  mer__utf8_clean(&clean, (const uint8_t *)text, text_size);
  if (status == MER_OK && clean.size) {
    mer__charsmap_apply(&out, &map, (const uint8_t *)clean.data, clean.size);
    FUZZ_REQUIRE(mer__utf8_valid((const uint8_t *)out.data, out.size) == out.size);
  }
  mer__text_clear(&clean);
  mer__text_clear(&out);
  mer__charsmap_clear(&map);
  free(base64);
  free(bytes);
  free(text);
  return 0;
}
