/* tokenizer_same.h: whether two files of a directory state the same tokenizer. */
#ifndef MER_TEXT_TOKENIZER_SAME_H
#define MER_TEXT_TOKENIZER_SAME_H

#include "text/tokenizer_parts.h"

/** Whether both have BERT's words, its special tokens alone, and the same ids for every text. */
bool mer__tokenizer_same(const mer_tokenizer *a, const mer_tokenizer *b);

#endif
