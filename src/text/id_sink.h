/* id_sink.h: where the ids of a text go. */
#ifndef MER_TEXT_ID_SINK_H
#define MER_TEXT_ID_SINK_H

#include "mer/text.h"

/** Ids go into `tokens`, after the first `n_before`, up to `limit` of them; what is beyond that is
 * only counted. */
typedef struct mer__id_sink {
  mer_tokens *tokens;
  size_t n_before, n, limit;
  size_t stop_above; /* no more words are wanted once there are more ids */
  bool failed;       /* memory was out */
} mer__id_sink;

/** Makes room for `needed` ids; 0, or -1 if memory is out. */
int mer__tokens_reserve(mer_tokens *tokens, size_t needed);

/** Adds an id. */
static inline void mer__id_push(mer__id_sink *sink, int32_t id) {
  size_t at = sink->n_before + sink->n++;
  if (sink->n > sink->limit) return;
  if (at >= sink->tokens->capacity && mer__tokens_reserve(sink->tokens, at + 1) != 0) {
    sink->failed = true;
    return;
  }
  sink->tokens->ids[at] = id;
}

/** Whether more words are wanted. */
static inline bool mer__id_wanted(const mer__id_sink *sink) {
  return sink->n <= sink->stop_above && !sink->failed;
}

#endif
