/* vocabulary.h: tokens, and their ids by an open-addressing hash table. Its hash has a key, which
 * comes from where the table lies: whoever makes a file does not know which tokens collide. */
#ifndef MER_TEXT_VOCABULARY_H
#define MER_TEXT_VOCABULARY_H

#include "mer/base.h"

/** Most tokens, and most bytes of all of them. */
enum { MER__VOCABULARY_MAX_TOKENS = 1 << 22, MER__VOCABULARY_MAX_BYTES = 1 << 28 };

/** Zero-initialize. */
typedef struct mer__vocabulary {
  uint32_t *starts; /* [n_tokens + 1]: offsets into `text`; one block with what follows */
  uint32_t *slots;  /* id + 1 in the low bits, above them bits of the hash; 0: empty */
  char *text;       /* the tokens in the order of their ids, each with a terminating 0 */
  int32_t n_tokens;
  size_t longest; /* bytes of the longest token */
  uint32_t mask;  /* number of slots - 1 */
  uint64_t key;   /* of the hash, odd; also the hash of an empty string */
} mer__vocabulary;

/** Reads the bytes of a vocab.txt: one token a line, without the white space at its end; the id is
 * the line from 0; of a token that is listed twice the last line counts. MER_STATUS_FORMAT (no
 * token, no UTF-8), MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__vocabulary_parse(mer__vocabulary *vocabulary, const char *file, size_t size,
                                 const char *path, mer_error *err);

/** A token of any bytes. `text` NULL: no token has this id. */
typedef struct mer__token_text {
  const char *text;
  size_t size;
} mer__token_text;

/** Takes `n` tokens in the order of their ids, without entering them into the table: none is found
 * yet. An id without a token becomes an empty one. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; clear it
 * in any case. */
mer_status mer__vocabulary_build(mer__vocabulary *vocabulary, const mer__token_text *tokens,
                                 size_t n, const char *path, mer_error *err);
/** Enters the token of an id; an equal one that was entered before gives up its place. */
void mer__vocabulary_enter(mer__vocabulary *vocabulary, int32_t id);

/** Accepts a zeroed vocabulary. */
void mer__vocabulary_clear(mer__vocabulary *vocabulary);

/** The hash by `key` of a string that is one byte longer: as FNV-1a, but with a factor that nobody
 * knows. The upper half is what counts. */
static inline uint64_t mer__vocabulary_hash_add(uint64_t key, uint64_t hash, uint8_t byte) {
  return (hash ^ byte) * key;
}

/** The hash of a string. */
static inline uint64_t mer__vocabulary_hash(const mer__vocabulary *vocabulary, const void *text,
                                            size_t size) {
  const uint8_t *bytes = text;
  uint64_t hash = vocabulary->key;
  for (size_t i = 0; i < size; i++)
    hash = mer__vocabulary_hash_add(vocabulary->key, hash, bytes[i]);
  return hash;
}

/** The id of the token that has these bytes, after "##" if `inside`; or -1. `hash` is that of the
 * whole token. */
int32_t mer__vocabulary_find(const mer__vocabulary *vocabulary, uint64_t hash, const uint8_t *bytes,
                             size_t size, bool inside);
/** The id of the token that is written so, or -1. */
int32_t mer__vocabulary_find_text(const mer__vocabulary *vocabulary, const char *token);

/** The bytes of a token, their number in `*size`. */
static inline const char *mer__vocabulary_token(size_t *size, const mer__vocabulary *vocabulary,
                                                int32_t id) {
  *size = vocabulary->starts[id + 1] - vocabulary->starts[id] - 1;
  return vocabulary->text + vocabulary->starts[id];
}

#endif
