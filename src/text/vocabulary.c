/* vocabulary.c: takes tokens, from a vocab.txt or one by one, and finds their ids. */
#include "text/vocabulary.h"

#include <string.h>
#include <utf8proc.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/mix.h"
#include "text/char_class.h"

/* A slot: how many of its bits say the id + 1; the others are of the hash, below those that find
 * the slot. */
enum { ID_BITS = 23, ID_MASK = (1 << ID_BITS) - 1, MAX_TAG = (1 << (32 - ID_BITS)) - 1 };
_Static_assert((int)MER__VOCABULARY_MAX_TOKENS <= (int)ID_MASK, "an id does not fit in its slot");

static uint32_t make_slot(uint64_t hash, int32_t id) {
  return (uint32_t)(hash >> 32) << ID_BITS | (uint32_t)(id + 1);
}

static int32_t id_of(uint32_t slot) { return (int32_t)(slot & ID_MASK) - 1; }

static bool may_be(uint32_t slot, uint64_t hash) {
  return slot >> ID_BITS == (hash >> 32 & MAX_TAG);
}

static uint32_t first_slot(const mer__vocabulary *vocabulary, uint64_t hash) {
  return (uint32_t)(hash >> (64 - ID_BITS)) & vocabulary->mask;
}

int32_t mer__vocabulary_find(const mer__vocabulary *vocabulary, uint64_t hash, const uint8_t *bytes,
                             size_t size, bool inside) {
  const size_t prefix = inside ? 2 : 0;
  for (uint32_t i = first_slot(vocabulary, hash);; i = (i + 1) & vocabulary->mask) {
    uint32_t slot = vocabulary->slots[i];
    if (!slot) return -1;
    if (!may_be(slot, hash)) continue;
    int32_t id = id_of(slot);
    const char *token = vocabulary->text + vocabulary->starts[id];
    size_t token_size = vocabulary->starts[id + 1] - vocabulary->starts[id] - 1;
    if (token_size != size + prefix || memcmp(token + prefix, bytes, size) != 0) continue;
    if (!inside || (token[0] == '#' && token[1] == '#')) return id;
  }
}

int32_t mer__vocabulary_find_text(const mer__vocabulary *vocabulary, const char *token) {
  size_t size = strlen(token);
  return mer__vocabulary_find(vocabulary, mer__vocabulary_hash(vocabulary, token, size),
                              (const uint8_t *)token, size, false);
}

/* Enters token `id`; an equal one before it gives up its place. */
static void enter(mer__vocabulary *vocabulary, int32_t id, uint64_t hash) {
  size_t size, other_size;
  const char *token = mer__vocabulary_token(&size, vocabulary, id);
  uint32_t i = first_slot(vocabulary, hash), slot;
  for (; (slot = vocabulary->slots[i]) != 0; i = (i + 1) & vocabulary->mask) {
    if (!may_be(slot, hash)) continue;
    const char *other = mer__vocabulary_token(&other_size, vocabulary, id_of(slot));
    if (other_size == size && memcmp(other, token, size) == 0) break;
  }
  vocabulary->slots[i] = make_slot(hash, id);
}

void mer__vocabulary_enter(mer__vocabulary *vocabulary, int32_t id) {
  size_t size;
  const char *token = mer__vocabulary_token(&size, vocabulary, id);
  enter(vocabulary, id, mer__vocabulary_hash(vocabulary, token, size));
}

/* The size without the white space at the end, as the reference reads a token. */
static size_t trimmed_size(const char *line, size_t size) {
  while (size) {
    utf8proc_int32_t last;
    size_t at = size - 1;
    while (at > 0 && size - at < 4 && (line[at] & 0xC0) == 0x80) at--;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)line + at, (utf8proc_ssize_t)(size - at), &last);
    if (n < 1 || !mer__char_is_space((uint32_t)last)) break;
    size = at;
  }
  return size;
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

/* Allocates for `n` tokens of `n_bytes` together, with a byte more for each. */
static mer_status allocate(mer__vocabulary *vocabulary, size_t n, size_t n_bytes, const char *path,
                           mer_error *err) {
  size_t n_slots = 16;
  if (n > MER__VOCABULARY_MAX_TOKENS)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: over %d tokens", path, MER__VOCABULARY_MAX_TOKENS);
  if (n_bytes > MER__VOCABULARY_MAX_BYTES)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: tokens of over %d bytes together", path,
                     MER__VOCABULARY_MAX_BYTES);
  while (n_slots < 2 * n) n_slots *= 2;
  vocabulary->starts = mer__malloc((n + 1 + n_slots) * sizeof(uint32_t) + n_bytes + n, 1);
  if (!vocabulary->starts) return mer__fail_memory(err);
  vocabulary->slots = vocabulary->starts + n + 1;
  vocabulary->text = (char *)(vocabulary->slots + n_slots);
  vocabulary->mask = (uint32_t)(n_slots - 1);
  vocabulary->key = mer__mix((uint64_t)(uintptr_t)vocabulary->starts) | 1;
  memset(vocabulary->slots, 0, n_slots * sizeof *vocabulary->slots);
  return MER_OK;
}

/* Copies a line, its bytes in `*size`, and hashes it by `key` on the way; false unless all of it is
 * visible ASCII. */
static bool copy_line(char *out, uint64_t *hash, size_t *size, uint64_t key, const char *line,
                      const char *end) {
  uint64_t h = key;
  unsigned others = 0;
  size_t n = 0;
  for (; line + n < end && line[n] != '\n'; n++) {
    uint8_t byte = (uint8_t)line[n];
    out[n] = line[n];
    h = mer__vocabulary_hash_add(key, h, byte);
    others |= (unsigned)(byte <= ' ') | (unsigned)(byte >= 0x7F);
  }
  *hash = h;
  *size = n;
  return !others;
}

/* Takes the file's lines, each in one pass. */
static mer_status take_lines(mer__vocabulary *vocabulary, const char *line, const char *end,
                             const char *path, mer_error *err) {
  uint32_t used = 0;
  uint64_t hash;
  for (size_t n_line, size; line < end; line += n_line + 1) {
    int32_t id = vocabulary->n_tokens++;
    bool plain = copy_line(vocabulary->text + used, &hash, &n_line, vocabulary->key, line, end);
    size = n_line;
    if (!plain) {
      size = trimmed_size(line, n_line);
      hash = mer__vocabulary_hash(vocabulary, line, size);
    }
    if (!plain && !is_text(line, size))
      return mer__fail_at(err, MER_STATUS_FORMAT, id + 1,
                          "%s: line %lld: expected a token in UTF-8, found invalid bytes", path,
                          (long long)id + 1);
    vocabulary->starts[id] = used;
    vocabulary->text[used + size] = 0;
    used += (uint32_t)size + 1;
    vocabulary->starts[id + 1] = used;
    if (size > vocabulary->longest) vocabulary->longest = size;
    enter(vocabulary, id, hash);
  }
  return MER_OK;
}

mer_status mer__vocabulary_parse(mer__vocabulary *vocabulary, const char *file, size_t size,
                                 const char *path, mer_error *err) {
  if (size >= 3 && memcmp(file, "\xEF\xBB\xBF", 3) == 0) file += 3, size -= 3; /* byte-order mark */
  if (!size)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: expected one token a line, found an empty file",
                     path);
  size_t n_lines = file[size - 1] != '\n';
  for (size_t i = 0; i < size; i++) n_lines += file[i] == '\n';
  mer_status status = allocate(vocabulary, n_lines, size, path, err);
  return status == MER_OK ? take_lines(vocabulary, file, file + size, path, err) : status;
}

mer_status mer__vocabulary_build(mer__vocabulary *vocabulary, const mer__token_text *tokens,
                                 size_t n, const char *path, mer_error *err) {
  size_t n_bytes = 0;
  for (size_t i = 0; i < n && n_bytes <= MER__VOCABULARY_MAX_BYTES; i++) n_bytes += tokens[i].size;
  mer_status status = allocate(vocabulary, n, n_bytes, path, err);
  if (status != MER_OK) return status;
  uint32_t used = 0;
  for (size_t i = 0; i < n; i++) {
    size_t size = tokens[i].text ? tokens[i].size : 0;
    if (size) memcpy(vocabulary->text + used, tokens[i].text, size);
    vocabulary->starts[i] = used;
    vocabulary->text[used + size] = 0;
    used += (uint32_t)size + 1;
    if (size > vocabulary->longest) vocabulary->longest = size;
  }
  vocabulary->starts[n] = used;
  vocabulary->n_tokens = (int32_t)n;
  return MER_OK;
}

void mer__vocabulary_clear(mer__vocabulary *vocabulary) {
  mer__free(vocabulary->starts);
  *vocabulary = (mer__vocabulary){0};
}
