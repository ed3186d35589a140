/* text_decode.c: UTF-8, UTF-16 and Windows-1252 to UTF-8, in pieces or whole. */
#include "text/text_decode.h"

#include <string.h>
#include <utf8proc.h>

#include "base/error.h"

enum { SAMPLE_BYTES = 4096, MAX_UTF8_BYTES = 4, REPLACEMENT = 0xfffd };

/* Windows-1252's characters of 0x80 to 0x9f; its five unused codes stay control characters.
 * Source: the Unicode consortium's CP1252.TXT. */
static const uint16_t cp1252[32] = {0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
                                    0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

mer__encoding mer__encoding_detect(size_t *mark_bytes, const char *data, size_t size) {
  static const struct {
    const char *mark;
    size_t n_bytes;
    mer__encoding encoding;
  } marks[] = {{"\xef\xbb\xbf", 3, MER__ENCODING_UTF8},
               {"\xff\xfe", 2, MER__ENCODING_UTF16_LE},
               {"\xfe\xff", 2, MER__ENCODING_UTF16_BE}};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    *mark_bytes = marks[i].n_bytes;
    if (size >= *mark_bytes && memcmp(data, marks[i].mark, *mark_bytes) == 0)
      return marks[i].encoding;
  }
  *mark_bytes = 0;
  size_t n_pairs = (size < SAMPLE_BYTES ? size : SAMPLE_BYTES) / 2, n_first = 0, n_second = 0;
  for (size_t i = 0; i < n_pairs; i++) {
    n_first += data[2 * i] == 0;
    n_second += data[2 * i + 1] == 0;
  }
  if (n_second > n_pairs / 2 && n_first == 0) return MER__ENCODING_UTF16_LE;
  if (n_first > n_pairs / 2 && n_second == 0) return MER__ENCODING_UTF16_BE;
  return MER__ENCODING_UTF8;
}

static void append_character(mer__text_buffer *out, int32_t character) {
  uint8_t encoded[MAX_UTF8_BYTES];
  utf8proc_ssize_t n = utf8proc_encode_char(character, encoded);
  mer__text_append(out, (const char *)encoded, (size_t)n);
}

/* Whether the bytes are the beginning of a character of UTF-8 that is longer than they are. */
static bool is_cut(const uint8_t *text, size_t size) {
  size_t n = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : text[0] >= 0xc2 ? 2 : 1;
  for (size_t i = 1; i < size; i++)
    if ((text[i] & 0xc0) != 0x80) return false;
  return size < n && text[0] <= 0xf4;
}

static size_t decode_utf8(mer__text_buffer *out, const uint8_t *text, size_t size, bool ends) {
  size_t begin = 0, at = 0; /* what lies between the two is UTF-8 and not yet appended */
  while (at < size) {
    int32_t character;
    utf8proc_ssize_t n =
        text[at] < 0x80 ? 1
                        : utf8proc_iterate(text + at, (utf8proc_ssize_t)(size - at), &character);
    if (n > 0) {
      at += (size_t)n;
      continue;
    }
    if (!ends && is_cut(text + at, size - at)) break;
    mer__text_append(out, (const char *)text + begin, at - begin);
    append_character(out, text[at] < 0xa0 ? cp1252[text[at] - 0x80] : text[at]);
    begin = ++at;
  }
  mer__text_append(out, (const char *)text + begin, at - begin);
  return at;
}

static size_t decode_utf16(mer__text_buffer *out, bool big, const uint8_t *text, size_t size,
                           bool ends) {
  size_t at = 0;
  while (size - at >= 2) {
    int32_t unit = text[at + !big] << 8 | text[at + big], low = 0;
    bool is_high = (unit & 0xfc00) == 0xd800;
    if (is_high && size - at < 4 && !ends) return at;
    if (is_high && size - at >= 4) low = text[at + 2 + !big] << 8 | text[at + 2 + big];
    at += 2;
    if (is_high && (low & 0xfc00) == 0xdc00) {
      append_character(out, 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff));
      at += 2;
    } else {
      append_character(out, (unit & 0xf800) == 0xd800 ? REPLACEMENT : unit);
    }
  }
  if (!ends || at == size) return at;
  append_character(out, REPLACEMENT); /* half a unit */
  return size;
}

size_t mer__text_decode(mer__text_buffer *out, mer__encoding encoding, const char *data,
                        size_t size, bool ends) {
  const uint8_t *text = (const uint8_t *)data;
  if (encoding == MER__ENCODING_UTF8) return decode_utf8(out, text, size, ends);
  return decode_utf16(out, encoding == MER__ENCODING_UTF16_BE, text, size, ends);
}

static int64_t line_of(const char *text, const char *at) {
  int64_t line = 1;
  for (; text < at; text++) line += *text == '\n';
  return line;
}

mer_status mer__text_decoded(mer__text_buffer *out, size_t begin, const char *path,
                             mer_error *err) {
  mer__text_append(out, "", 0); /* a text of no characters is one too */
  if (out->full)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: over %zu bytes of text", path,
                     MER__TEXT_BUFFER_MAX);
  if (out->failed) return mer__fail_memory_for(err, path);
  const char *zero = memchr(out->data + begin, 0, out->size - begin);
  if (!zero) return MER_OK;
  int64_t line = line_of(out->data + begin, zero);
  return mer__fail_at(err, MER_STATUS_FORMAT, line,
                      "%s:%lld: a zero byte: expected a text in UTF-8, UTF-16 or Windows-1252",
                      path, (long long)line);
}

mer_status mer__text_decode_file(mer__text_buffer *out, const char *path, const char *data,
                                 size_t size, mer_error *err) {
  size_t mark;
  const size_t begin = out->size;
  mer__encoding encoding = mer__encoding_detect(&mark, data, size);
  mer__text_decode(out, encoding, data + mark, size - mark, true);
  return mer__text_decoded(out, begin, path, err);
}
