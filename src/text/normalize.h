/* normalize.h: text to words as Hugging Face's BertNormalizer and BertPreTokenizer make them, in
 * one pass and without memory of its own. */
#ifndef MER_TEXT_NORMALIZE_H
#define MER_TEXT_NORMALIZE_H

#include "base/text_buffer.h"
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

/** Longer words, in characters, are [UNK]. */
#define MER__WORD_MAX_CHARS 100
#define MER__WORD_MAX_BYTES (4 * MER__WORD_MAX_CHARS)

typedef struct mer__normalization {
  bool lowercase, strip_accents;
  bool ideographs; /* a Chinese character is a word of its own */
  bool specials;   /* special tokens that are written out are found */
  bool spaces;     /* a white space character is visited as the word " " */
} mer__normalization;

/** BERT uncased's. */
mer__normalization mer__normalization_default(void);

typedef struct mer__word {
  const uint8_t *bytes; /* normalized UTF-8; gone after the visit */
  size_t size;          /* at most MER__WORD_MAX_BYTES */
  bool too_long;        /* over MER__WORD_MAX_CHARS; `bytes` are its beginning */
  int special;          /* the mer__special that is written out here, without bytes; else -1 */
} mer__word;

/** Takes a word; false asks for no more. */
typedef bool (*mer__word_visitor)(void *user, const mer__word *word);

/** Visits the words of `text` [size bytes], which may hold anything. */
void mer__text_words(const mer__normalization *how, const uint8_t *text, size_t size,
                     mer__word_visitor visit, void *user);

/** Appends `text` [size] with small letters, without accents, as `how` says, in UTF-8. Of a word of
 * over MER__WORD_MAX_CHARS its beginning stays, and one character more, so that it is still too
 * long. */
void mer__normalize(mer__text_buffer *out, const mer__normalization *how, const char *text,
                    size_t size);

#endif
