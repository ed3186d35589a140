/* gpt2_word.h: where GPT-2's pattern ends a word:
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
#ifndef MER_TEXT_GPT2_WORD_H
#define MER_TEXT_GPT2_WORD_H

#include <stddef.h>
#include <stdint.h>

/** Bytes of the word at the beginning of `text`, which is UTF-8 and not empty. */
size_t mer__gpt2_word(const uint8_t *text, size_t size);

#endif
