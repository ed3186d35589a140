/* vocabulary.h: the tokens of a vocab.txt, and their ids by an open-addressing hash table. */
#ifndef MER_TEXT_VOCABULARY_H
#define MER_TEXT_VOCABULARY_H

#include "mer/base.h"

/** The special tokens, which every BERT vocabulary has. */
#define MER__SPECIAL_MAP(X) X(PAD) X(UNK) X(CLS) X(SEP) X(MASK)

typedef enum mer__special {
#define MER__SPECIAL_ENUM(name) MER__SPECIAL_##name,
  MER__SPECIAL_MAP(MER__SPECIAL_ENUM)
#undef MER__SPECIAL_ENUM
      MER__N_SPECIALS
} mer__special;

/** "[PAD]" for MER__SPECIAL_PAD. */
extern const char *const mer__special_names[MER__N_SPECIALS];

typedef struct mer__vocabulary {
  char *file; /* the bytes of vocab.txt */
  size_t file_size;
  uint32_t *starts; /* [n_tokens + 1]: offsets into `text`; one block with what follows */
  uint32_t *slots;  /* id + 1 in the low bits, above them bits of the hash; 0: empty */
  char *text;       /* the tokens in the order of their ids, each with a terminating 0 */
  int32_t n_tokens;
  size_t longest; /* bytes of the longest token */
  uint32_t mask;  /* number of slots - 1 */
  int32_t specials[MER__N_SPECIALS];
} mer__vocabulary;

/** Reads a vocab.txt: one token a line, without the white space at its end; the id is the line from
 * 0; of a token that is listed twice the last line counts. MER_STATUS_NOT_FOUND, MER_STATUS_IO,
 * MER_STATUS_FORMAT (no token, no UTF-8, a special token is missing), MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__vocabulary_load(mer__vocabulary *vocabulary, const char *path, mer_error *err);
/** Accepts a zeroed vocabulary. */
void mer__vocabulary_clear(mer__vocabulary *vocabulary);

/** The hash of an empty string, and of "##", with which the piece inside of a word begins. */
#define MER__HASH_START UINT32_C(2166136261)
#define MER__HASH_INSIDE \
  ((((MER__HASH_START ^ '#') * UINT32_C(16777619)) ^ '#') * UINT32_C(16777619))

/** The hash of a string that is one byte longer (FNV-1a). */
static inline uint32_t mer__hash_add(uint32_t hash, uint8_t byte) {
  return (hash ^ byte) * UINT32_C(16777619);
}

/** The id of the token that has these bytes, after "##" if `inside`; or -1. `hash` is that of the
 * whole token. */
int32_t mer__vocabulary_find(const mer__vocabulary *vocabulary, uint32_t hash, const uint8_t *bytes,
                             size_t size, bool inside);
/** The id of the token that is written so, or -1. */
int32_t mer__vocabulary_find_text(const mer__vocabulary *vocabulary, const char *token);

#endif
