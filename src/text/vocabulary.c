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

/* A slot: how many of its bits say the id + 1; the others are the hash's. */
enum { ID_BITS = 23, ID_MASK = (1 << ID_BITS) - 1 };
_Static_assert((int)VOCABULARY_MAX_TOKENS <= (int)ID_MASK, "an id does not fit in its slot");

static uint32_t make_slot(uint32_t hash, int32_t id) {
  return (hash & ~(uint32_t)ID_MASK) | (uint32_t)(id + 1);
}

static int32_t id_of(uint32_t slot) { return (int32_t)(slot & ID_MASK) - 1; }

static bool may_be(uint32_t slot, uint32_t hash) { return (slot ^ hash) >> ID_BITS == 0; }

/* The first slot of a hash; its low bits alone are too alike. */
static uint32_t first_slot(const mer__vocabulary *vocabulary, uint32_t hash) {
  return (hash ^ hash >> 15) & vocabulary->mask;
}

int32_t mer__vocabulary_find(const mer__vocabulary *vocabulary, uint32_t hash, const uint8_t *bytes,
                             size_t size, bool inside) {
  size_t prefix = inside ? 2 : 0;
  for (uint32_t i = first_slot(vocabulary, hash);; i = (i + 1) & vocabulary->mask) {
    uint32_t slot = vocabulary->slots[i];
    if (!slot) return -1;
    if (!may_be(slot, hash)) continue;
    int32_t id = id_of(slot);
    const char *token = vocabulary->text + vocabulary->starts[id];
    size_t token_size = vocabulary->starts[id + 1] - vocabulary->starts[id] - 1;
    if (token_size == size + prefix && memcmp(token + prefix, bytes, size) == 0 &&
        memcmp(token, "##", prefix) == 0)
      return id;
  }
}

int32_t mer__vocabulary_find_text(const mer__vocabulary *vocabulary, const char *token) {
  size_t size = strlen(token);
  return mer__vocabulary_find(vocabulary, hash_token(token, size), (const uint8_t *)token, size,
                              false);
}

/* Enters token `id`; an equal one before it gives up its place. */
static void insert(mer__vocabulary *vocabulary, int32_t id, uint32_t hash) {
  const char *token = vocabulary->text + vocabulary->starts[id];
  uint32_t i = first_slot(vocabulary, hash), slot;
  for (; (slot = vocabulary->slots[i]) != 0; i = (i + 1) & vocabulary->mask)
    if (may_be(slot, hash) &&
        strcmp(vocabulary->text + vocabulary->starts[id_of(slot)], token) == 0)
      break;
  vocabulary->slots[i] = make_slot(hash, id);
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

/* Allocates for the lines of the file. */
static mer_status allocate(mer__vocabulary *vocabulary, const char *path, mer_error *err) {
  size_t n_lines = vocabulary->file[vocabulary->file_size - 1] != '\n', n_slots = 16;
  for (size_t i = 0; i < vocabulary->file_size; i++) n_lines += vocabulary->file[i] == '\n';
  if (n_lines > VOCABULARY_MAX_TOKENS)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: over %d tokens", path, VOCABULARY_MAX_TOKENS);
  while (n_slots < 2 * n_lines) n_slots *= 2;
  /* The file's last line may have no end, so its token has one byte more. */
  vocabulary->starts =
      mer__malloc((n_lines + 1 + n_slots) * sizeof(uint32_t) + vocabulary->file_size + 1, 1);
  if (!vocabulary->starts) return mer__fail_memory(err);
  vocabulary->slots = vocabulary->starts + n_lines + 1;
  vocabulary->text = (char *)(vocabulary->slots + n_slots);
  vocabulary->mask = (uint32_t)(n_slots - 1);
  memset(vocabulary->slots, 0, n_slots * sizeof *vocabulary->slots);
  return MER_OK;
}

/* Copies a line, its bytes in `*size`, and hashes it on the way; false unless all of it is visible
 * ASCII. */
static bool copy_line(char *out, uint32_t *hash, size_t *size, const char *line, const char *end) {
  uint32_t h = MER__HASH_START;
  unsigned others = 0;
  size_t n = 0;
  for (; line + n < end && line[n] != '\n'; n++) {
    uint8_t byte = (uint8_t)line[n];
    out[n] = line[n];
    h = mer__hash_add(h, byte);
    others |= (unsigned)(byte <= ' ') | (unsigned)(byte >= 0x7F);
  }
  *hash = h;
  *size = n;
  return !others;
}

/* Takes the file's lines, each in one pass. */
static mer_status take_lines(mer__vocabulary *vocabulary, const char *path, mer_error *err) {
  const char *line = vocabulary->file, *end = line + vocabulary->file_size;
  uint32_t used = 0, hash;
  for (size_t n_line, size; line < end; line += n_line + 1) {
    int32_t id = vocabulary->n_tokens++;
    bool plain = copy_line(vocabulary->text + used, &hash, &n_line, line, end);
    size = n_line;
    if (!plain) {
      size = trimmed_size(line, n_line);
      hash = hash_token(line, size);
    }
    if (!plain && !is_text(line, size))
      return mer__fail_at(err, MER_STATUS_FORMAT, id + 1,
                          "%s: line %lld: expected a token in UTF-8, found invalid bytes", path,
                          (long long)id + 1);
    vocabulary->starts[id] = used;
    vocabulary->text[used + size] = 0;
    used += (uint32_t)size + 1;
    if (size > vocabulary->longest) vocabulary->longest = size;
    insert(vocabulary, id, hash);
  }
  vocabulary->starts[vocabulary->n_tokens] = used;
  return MER_OK;
}

static mer_status find_specials(mer__vocabulary *vocabulary, const char *path, mer_error *err) {
  for (int i = 0; i < MER__N_SPECIALS; i++) {
    const char *name = mer__special_names[i];
    int32_t id = mer__vocabulary_find_text(vocabulary, name);
    if (id < 0)
      return mer__fail(err, MER_STATUS_FORMAT,
                       "%s: expected a BERT vocabulary, found no token %s among its %d tokens",
                       path, name, (int)vocabulary->n_tokens);
    vocabulary->specials[i] = id;
  }
  return MER_OK;
}

/* Drops a byte-order mark: it is not a part of the first token. */
static void drop_mark(mer__vocabulary *vocabulary) {
  if (vocabulary->file_size < 3 || memcmp(vocabulary->file, "\xEF\xBB\xBF", 3) != 0) return;
  vocabulary->file_size -= 3;
  memmove(vocabulary->file, vocabulary->file + 3, vocabulary->file_size + 1);
}

mer_status mer__vocabulary_load(mer__vocabulary *vocabulary, const char *path, mer_error *err) {
  mer_status status;
  MER__CHECK(
      mer__file_read(&vocabulary->file, &vocabulary->file_size, path, VOCABULARY_MAX_BYTES, err));
  drop_mark(vocabulary);
  if (!vocabulary->file_size)
    MER__CHECK(mer__fail(err, MER_STATUS_FORMAT,
                         "%s: expected one token a line, found an empty file", path));
  MER__CHECK(allocate(vocabulary, path, err));
  MER__CHECK(take_lines(vocabulary, path, err));
  status = find_specials(vocabulary, path, err);
cleanup:
  return status;
}

void mer__vocabulary_clear(mer__vocabulary *vocabulary) {
  mer__free(vocabulary->starts);
  mer__free(vocabulary->file);
  *vocabulary = (mer__vocabulary){0};
}
