/* unigram.h: a word to the pieces whose scores have the greatest sum (Kudo, "Subword
 * Regularization", 2018, as in SentencePiece), found by Viterbi's algorithm over a trie. */
#ifndef MER_TEXT_UNIGRAM_H
#define MER_TEXT_UNIGRAM_H

#include <stdatomic.h>

#include "text/byte_trie.h"
#include "text/token_model.h"

/** The state of this model. */
typedef struct mer__unigram {
  const mer__vocabulary *vocabulary;
  mer__byte_trie trie;
  /* Of each id: whether the best way of a word that is this token is the token. It is found out
   * when such a word comes; threads that do so at the same time set the same value. */
  atomic_bool *whole;
  double *scores; /* of each id: log probabilities */
  double unknown_score;
  int32_t unknown;
  bool byte_fallback; /* what is unknown is written as tokens of its bytes, if all of them exist */
  int32_t bytes[256]; /* ids of these, or -1 */
} mer__unigram;

#endif
