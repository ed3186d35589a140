/* vocabulary.c: reads a vocab.txt and finds the ids of tokens. */
#include "text/vocabulary.h"

#include <string.h>
#include <utf8proc.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "text/char_kind.h"

enum { VOCABULARY_MAX_BYTES = 1 << 28, VOCABULARY_MAX_TOKENS = 1 << 22 };

const char *const mer__special_names[MER__N_SPECIALS] = {
#define SPECIAL_NAME(name) "[" #name "]",
    MER__SPECIAL_MAP(SPECIAL_NAME)
#undef SPECIAL_NAME
};

static uint32_t hash_token(const char *token, size_t size) {
  uint32_t hash = MER__HASH_START;
  for (size_t i = 0; i < size; i++) hash = mer__hash_add(hash, (uint8_t)token[i]);
  return hash;
}

/* The first slot of a hash; its low bits alone are too alike. */
static uint32_t first_slot(const mer__vocabulary *vocabulary, uint32_t hash) {
  return (hash ^ hash >> 15) & vocabulary->mask;
}

int32_t mer__vocabulary_find(const mer__vocabulary *vocabulary, uint32_t hash, const uint8_t *bytes,
                             size_t size, bool inside) {
  size_t prefix = inside ? 2 : 0;
  for (uint32_t i = first_slot(vocabulary, hash);; i = (i + 1) & vocabulary->mask) {
    mer__vocabulary_slot slot = vocabulary->slots[i];
    if (slot.id < 0) return -1;
    if (slot.hash != hash) continue;
    const char *token = vocabulary->text + vocabulary->starts[slot.id];
    size_t token_size = vocabulary->starts[slot.id + 1] - vocabulary->starts[slot.id] - 1;
    if (token_size == size + prefix && memcmp(token + prefix, bytes, size) == 0 &&
        memcmp(token, "##", prefix) == 0)
      return slot.id;
  }
}

/* Enters token `id`; an equal one before it gives up its place. */
static void insert(mer__vocabulary *vocabulary, int32_t id) {
  const char *token = vocabulary->text + vocabulary->starts[id];
  size_t size = vocabulary->starts[id + 1] - vocabulary->starts[id] - 1;
  uint32_t hash = hash_token(token, size), i = first_slot(vocabulary, hash);
  for (; vocabulary->slots[i].id >= 0; i = (i + 1) & vocabulary->mask) {
    if (vocabulary->slots[i].hash != hash) continue;
    const char *other = vocabulary->text + vocabulary->starts[vocabulary->slots[i].id];
    if (strcmp(other, token) == 0) break;
  }
  vocabulary->slots[i] = (mer__vocabulary_slot){hash, id};
  if (size > vocabulary->longest) vocabulary->longest = size;
}

static mer_status make_table(mer__vocabulary *vocabulary, mer_error *err) {
  size_t n_slots = 16;
  while (n_slots < 2 * (size_t)vocabulary->n_tokens) n_slots *= 2;
  vocabulary->slots = mer__malloc(n_slots, sizeof *vocabulary->slots);
  if (!vocabulary->slots) return mer__fail_memory(err);
  for (size_t i = 0; i < n_slots; i++) vocabulary->slots[i] = (mer__vocabulary_slot){0, -1};
  vocabulary->mask = (uint32_t)(n_slots - 1);
  for (int32_t id = 0; id < vocabulary->n_tokens; id++) insert(vocabulary, id);
  return MER_OK;
}

static bool is_space(uint32_t code_point) {
  if (code_point >= 0x80)
    return code_point == 0x85 || mer__char_find(code_point).kind == MER__CHAR_SPACE;
  return code_point == ' ' || (code_point >= '\t' && code_point <= '\r');
}

/* The size without the white space at the end, as the reference reads a token. */
static size_t trimmed_size(const char *line, size_t size) {
  while (size) {
    utf8proc_int32_t last;
    size_t at = size - 1;
    while (at > 0 && size - at < 4 && (line[at] & 0xC0) == 0x80) at--;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)line + at, (utf8proc_ssize_t)(size - at), &last);
    if (n < 1 || !is_space((uint32_t)last)) break;
    size = at;
  }
  return size;
}

/* The bytes of the token at `line`; `*next` is where the next line begins. */
static size_t token_size(const char *line, const char *end, const char **next) {
  const char *newline = memchr(line, '\n', (size_t)(end - line));
  *next = newline ? newline + 1 : end;
  return trimmed_size(line, (size_t)((newline ? newline : end) - line));
}

static bool is_text(const char *line, size_t size) {
  const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)line;
  for (size_t i = 0; i < size;) {
    utf8proc_int32_t code_point = bytes[i];
    utf8proc_ssize_t n =
        code_point < 0x80 ? 1
                          : utf8proc_iterate(bytes + i, (utf8proc_ssize_t)(size - i), &code_point);
    if (n < 1 || code_point == 0) return false;
    i += (size_t)n;
  }
  return true;
}

static mer_status count_lines(mer__vocabulary *vocabulary, const char *path, mer_error *err) {
  const char *end = vocabulary->file + vocabulary->file_size, *next = vocabulary->file;
  int64_t n = 0;
  for (const char *line = next; line < end; line = next) {
    size_t size = token_size(line, end, &next);
    if (++n > VOCABULARY_MAX_TOKENS)
      return mer__fail(err, MER_LIMIT, "%s: over %d tokens", path, VOCABULARY_MAX_TOKENS);
    if (!is_text(line, size))
      return mer__fail_at(err, MER_FORMAT, n,
                          "%s: line %lld: expected a token in UTF-8, found invalid bytes", path,
                          (long long)n);
  }
  if (n == 0)
    return mer__fail(err, MER_FORMAT, "%s: expected one token a line, found an empty file", path);
  vocabulary->n_tokens = (int32_t)n;
  return MER_OK;
}

static mer_status copy_tokens(mer__vocabulary *vocabulary, mer_error *err) {
  const char *end = vocabulary->file + vocabulary->file_size, *next = vocabulary->file;
  uint32_t used = 0, *starts = mer__malloc((size_t)vocabulary->n_tokens + 1, sizeof *starts);
  vocabulary->starts = starts;
  vocabulary->text = mer__malloc(vocabulary->file_size + 1, 1);
  if (!starts || !vocabulary->text) return mer__fail_memory(err);
  for (const char *line = next; line < end; line = next) {
    size_t size = token_size(line, end, &next);
    *starts++ = used;
    memcpy(vocabulary->text + used, line, size);
    vocabulary->text[used + size] = 0;
    used += (uint32_t)size + 1;
  }
  *starts = used;
  return MER_OK;
}

static mer_status find_specials(mer__vocabulary *vocabulary, const char *path, mer_error *err) {
  for (int i = 0; i < MER__N_SPECIALS; i++) {
    const char *name = mer__special_names[i];
    size_t size = strlen(name);
    int32_t id = mer__vocabulary_find(vocabulary, hash_token(name, size), (const uint8_t *)name,
                                      size, false);
    if (id < 0)
      return mer__fail(err, MER_FORMAT,
                       "%s: expected a BERT vocabulary, found no token %s among its %d tokens",
                       path, name, (int)vocabulary->n_tokens);
    vocabulary->specials[i] = id;
  }
  return MER_OK;
}

mer_status mer__vocabulary_load(mer__vocabulary *vocabulary, const char *path, mer_error *err) {
  mer_status status;
  MER__CHECK(
      mer__file_read(&vocabulary->file, &vocabulary->file_size, path, VOCABULARY_MAX_BYTES, err));
  MER__CHECK(count_lines(vocabulary, path, err));
  MER__CHECK(copy_tokens(vocabulary, err));
  MER__CHECK(make_table(vocabulary, err));
  status = find_specials(vocabulary, path, err);
cleanup:
  return status;
}

void mer__vocabulary_clear(mer__vocabulary *vocabulary) {
  mer__free(vocabulary->slots);
  mer__free(vocabulary->starts);
  mer__free(vocabulary->text);
  mer__free(vocabulary->file);
  *vocabulary = (mer__vocabulary){0};
}
