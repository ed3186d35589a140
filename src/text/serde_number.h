/* serde_number.h: numbers as Hugging Face's tokenizers read them from JSON. Its parser (serde_json
 * without float_roundtrip) is not exact: the digits become a double, which is multiplied with, or
 * divided by, a power of ten, and rounded twice. Of two ways of a word with the same pieces the
 * sums then differ by a bit, and that decides which one is taken. */
#ifndef MER_TEXT_SERDE_NUMBER_H
#define MER_TEXT_SERDE_NUMBER_H

/** The number that is read where the shortest text of `number`, which is finite, stands. */
double mer__serde_number(double number);

#endif
