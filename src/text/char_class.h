/* char_class.h: letters, numbers, white space .. as Hugging Face's pre-tokenizers see them, whose
 * Unicode tables are of several versions; so the classes come from a table made from them. */
#ifndef MER_TEXT_CHAR_CLASS_H
#define MER_TEXT_CHAR_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum mer__char_class {
  MER__CHAR_LETTER,  /* \p{L} of byte-level BPE */
  MER__CHAR_NUMBER,  /* \p{N} of byte-level BPE */
  MER__CHAR_WORD,    /* \w of the pre-tokenizer Whitespace and of added tokens */
  MER__CHAR_NUMERIC, /* of the pre-tokenizer Digits */
  MER__CHAR_PUNCT,   /* of the pre-tokenizer Punctuation */
  MER__CHAR_ACCENT,  /* what the normalizer StripAccents removes */
  MER__CHAR_NEW,     /* what the normal forms of Unicode 9 do not know */
  MER__CHAR_JOINS,   /* what continues a grapheme since Unicode 15 */
  MER__N_CHAR_CLASSES
} mer__char_class;

/** The ranges of a class, in their order: first and last code point of each. */
typedef struct mer__class_ranges {
  const uint32_t *ends; /* [2 * n] */
  size_t n;
  uint64_t ascii[2]; /* a bit for each code point below 128 */
} mer__class_ranges;
extern const mer__class_ranges mer__char_classes[MER__N_CHAR_CLASSES];

/** Looks a code point up in the ranges. */
bool mer__char_find_class(mer__char_class class, uint32_t code_point);

static inline bool mer__char_is(mer__char_class class, uint32_t code_point) {
  if (code_point >= 128) return mer__char_find_class(class, code_point);
  return mer__char_classes[class].ascii[code_point >> 6] >> (code_point & 63) & 1;
}

/** White space beyond ASCII. */
bool mer__char_is_other_space(uint32_t code_point);

/** White space, which is the same for all of them. */
static inline bool mer__char_is_space(uint32_t code_point) {
  if (code_point >= 128) return mer__char_is_other_space(code_point);
  return code_point == ' ' || (code_point >= '\t' && code_point <= '\r');
}

#endif
