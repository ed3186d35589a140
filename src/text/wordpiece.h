/* wordpiece.h: a word to the ids of its pieces: longest match first (Wu et al., "Google's Neural
 * Machine Translation System", 2016; as in BERT). */
#ifndef MER_TEXT_WORDPIECE_H
#define MER_TEXT_WORDPIECE_H

#include "mer/text.h"
#include "text/normalize.h"
#include "text/vocabulary.h"

/** Where ids go: into `tokens`, after the first `n_before`, up to `limit` of them; what is beyond
 * that is only counted. */
typedef struct mer__id_sink {
  mer_tokens *tokens;
  const mer__vocabulary *vocabulary;
  size_t n_before, n, limit;
  size_t stop_above; /* no more words are wanted once there are more ids */
  bool failed;       /* memory was out */
} mer__id_sink;

/** Makes room for `needed` ids; 0, or -1 if memory is out. */
int mer__tokens_reserve(mer_tokens *tokens, size_t needed);

/** Adds an id; false if no more are wanted. */
bool mer__wordpiece_push(mer__id_sink *sink, int32_t id);
/** Adds the ids of a word; a mer__word_visitor on a mer__id_sink. */
bool mer__wordpiece_visit(void *sink, const mer__word *word);

#endif
