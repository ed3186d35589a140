/* charsmap.c: SentencePiece's normalization. */
#include "text/charsmap.h"

#include <string.h>
#include <utf8proc.h>

#include "base/alloc.h"
#include "base/error.h"
#include "text/char_class.h"
#include "text/utf8.h"

/* Graphemes of fewer bytes are looked up as a whole. */
enum { SHORT_GRAPHEME = 6 };

static int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes base64 of `size` bytes; how many bytes that gives, or -1. */
static int64_t decode(uint8_t *out, const char *text, size_t size) {
  int64_t n = 0;
  uint32_t bits = 0;
  if (size % 4) return -1;
  for (int i = 0; i < 2 && size && text[size - 1] == '='; i++) size--;
  for (size_t i = 0; i < size; i++) {
    int value = value_of(text[i]);
    if (value < 0) return -1;
    bits = bits << 6 | (uint32_t)value;
    if (i % 4) out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
  }
  return n;
}

static uint32_t unit_at(const mer__charsmap *map, size_t i) {
  const uint8_t *p = map->units + 4 * i;
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A unit's parts, as Darts-clone lays them out. */
static bool has_leaf(uint32_t unit) { return unit >> 8 & 1; }
static uint32_t value_in(uint32_t unit) { return unit & 0x7FFFFFFF; }
static uint32_t label_in(uint32_t unit) { return unit & 0x800000FF; }
static uint32_t offset_in(uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); }

/* The text that stands for the shortest beginning of `key` that the trie has; NULL if there is
 * none, or if the trie leads to a place that is not there. */
static const char *find(const mer__charsmap *map, const uint8_t *key, size_t size) {
  size_t at = offset_in(unit_at(map, 0));
  for (size_t i = 0; i < size && key[i]; i++) {
    at ^= key[i];
    if (at >= map->n_units) return NULL;
    uint32_t unit = unit_at(map, at);
    if (label_in(unit) != key[i]) return NULL;
    at ^= offset_in(unit);
    if (!has_leaf(unit)) continue;
    if (at >= map->n_units) return NULL;
    size_t text = value_in(unit_at(map, at));
    bool inside = text < map->texts_size && ((uint8_t)map->texts[text] & 0xC0) != 0x80;
    return inside ? map->texts + text : NULL;
  }
  return NULL;
}

static mer_status split_blob(mer__charsmap *map, size_t size, const mer__json_place *place,
                             mer_error *err) {
  map->units = map->blob;
  map->n_units = 1;
  size_t n_bytes = size < 4 ? 0 : unit_at(map, 0);
  if (n_bytes < 4 || n_bytes > size - 4)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: %s: precompiled_charsmap: expected a trie of %zu bytes, found %zu",
                     place->path, place->name, n_bytes, size < 4 ? 0 : size - 4);
  map->units = map->blob + 4;
  map->n_units = n_bytes / 4;
  map->texts = (const char *)map->units + n_bytes;
  map->texts_size = size - 4 - n_bytes;
  if (mer__utf8_valid((const uint8_t *)map->texts, map->texts_size) == map->texts_size)
    return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: %s: precompiled_charsmap: texts are not UTF-8",
                   place->path, place->name);
}

mer_status mer__charsmap_read(mer__charsmap *map, const char *base64, const mer__json_place *place,
                              mer_error *err) {
  size_t size = strlen(base64);
  map->blob = mer__malloc(size / 4 * 3 + 5, 1);
  if (!map->blob) return mer__fail_memory(err);
  int64_t n = decode(map->blob, base64, size);
  if (n < 0)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: %s: precompiled_charsmap: expected base64",
                     place->path, place->name);
  map->blob[n] = 0; /* ends the last text */
  mer_status status = split_blob(map, (size_t)n, place, err);
  if (status != MER_OK) return status;
  for (int c = 1; c < 128; c++) {
    const uint8_t key = (uint8_t)c;
    map->plain[c] = c != '\r' && !find(map, &key, 1); /* CR LF is one grapheme */
  }
  return MER_OK;
}

void mer__charsmap_clear(mer__charsmap *map) {
  mer__free(map->blob);
  *map = (mer__charsmap){0};
}

bool mer__charsmap_is_plain(const mer__charsmap *map, const uint8_t *text, size_t size) {
  size_t n = 0;
  while (n < size && text[n] < 128 && map->plain[text[n]]) n++;
  return n == size;
}

static bool is_control(uint32_t c) {
  utf8proc_propval_t class = utf8proc_get_property((utf8proc_int32_t)c)->boundclass;
  return class == UTF8PROC_BOUNDCLASS_CONTROL || class == UTF8PROC_BOUNDCLASS_CR ||
         class == UTF8PROC_BOUNDCLASS_LF;
}

/* Whether a grapheme goes on from one character to the next. */
static bool goes_on(uint32_t last, uint32_t next, utf8proc_int32_t *state) {
  if (!utf8proc_grapheme_break_stateful((utf8proc_int32_t)last, (utf8proc_int32_t)next, state))
    return true;
  return mer__char_is(MER__CHAR_JOINS, next) && !is_control(last);
}

/* Bytes of the grapheme at the beginning of `text`. */
static size_t grapheme_size(const uint8_t *text, size_t size) {
  utf8proc_int32_t state = 0;
  size_t at, n;
  uint32_t last = mer__utf8_read(&at, text);
  while (at < size) {
    uint32_t next = mer__utf8_read(&n, text + at);
    if (!goes_on(last, next, &state)) break;
    last = next;
    at += n;
  }
  return at;
}

static void append_characters(mer__text_buffer *out, const mer__charsmap *map, const uint8_t *text,
                              size_t size) {
  for (size_t at = 0, n; at < size; at += n) {
    mer__utf8_read(&n, text + at);
    const char *found = find(map, text + at, n);
    if (found) mer__text_puts(out, found);
    else mer__text_append(out, (const char *)text + at, n);
  }
}

void mer__charsmap_apply(mer__text_buffer *out, const mer__charsmap *map, const uint8_t *text,
                         size_t size) {
  for (size_t at = 0, n; at < size && !out->failed; at += n) {
    for (n = 0; at + n < size && text[at + n] < 128 && map->plain[text[at + n]]; n++) {}
    if (n > 0 && at + n < size && text[at + n] >= 128) n--; /* the last may be of a grapheme */
    mer__text_append(out, (const char *)text + at, n);
    if (n > 0 || out->failed) continue;
    n = grapheme_size(text + at, size - at);
    const char *found = n < SHORT_GRAPHEME ? find(map, text + at, n) : NULL;
    if (found) mer__text_puts(out, found);
    else append_characters(out, map, text + at, n);
  }
}
