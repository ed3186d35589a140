/* char_kind.h: what BERT's normalization does with a code point beyond ASCII.
 *
 * Hugging Face's tokenizers stand on the categories of Unicode 8 and the decompositions of Unicode
 * 9, whatever the version of utf8proc, so the kinds come from a table made from them. */
#ifndef MER_TEXT_CHAR_KIND_H
#define MER_TEXT_CHAR_KIND_H

#include <stddef.h>
#include <stdint.h>

typedef enum mer__char_kind {
  MER__CHAR_ORDINARY,
  MER__CHAR_REMOVED,     /* control, format, private use, U+FFFD */
  MER__CHAR_SPACE,       /* ends a word */
  MER__CHAR_PUNCTUATION, /* a word of its own */
  MER__CHAR_IDEOGRAPH,   /* a word of its own where ideographs are set apart */
  MER__CHAR_MARK,        /* removed with the accents */
  MER__CHAR_REORDERED,   /* a mark that stays, and is sorted by its combining class */
  MER__CHAR_DECOMPOSED   /* beyond U+FFFF: has a canonical decomposition */
} mer__char_kind;

/** Code points of one kind. */
typedef struct mer__char_range {
  uint32_t first, last;
  uint8_t kind;
  uint8_t order; /* combining class of REORDERED; of MARK 1 unless the class is 0 */
} mer__char_range;

/** The ranges in their order. */
extern const mer__char_range mer__char_ranges[];
extern const size_t mer__n_char_ranges;

/** The range a code point lies in; one of kind ORDINARY if it is in none. */
mer__char_range mer__char_find(uint32_t code_point);

/** The canonical decomposition of a code point of that kind in `out`; returns its length. */
int mer__char_decompose(uint32_t out[4], uint32_t code_point, mer__char_kind kind);

/** The small letter of a code point, as Unicode 17 has it (but for U+0130, which has two). */
uint32_t mer__char_lower(uint32_t code_point);

#endif
