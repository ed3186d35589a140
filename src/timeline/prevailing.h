/* prevailing.h: the label that prevails with a speaker, and where that changes: the probabilities
 * of the last half minute or so of speech, the latest counting most. */
#ifndef MER_TIMELINE_PREVAILING_H
#define MER_TIMELINE_PREVAILING_H

#include "mer/timeline.h"

/** Most speakers that are told apart; the others have no changes. */
enum { MER__PREVAILING_SPEAKERS = 64 };

typedef struct mer__mood {
  char *speaker; /* NULL: not known */
  float probs[MER_MAX_LABELS];
  double weight; /* seconds of speech in them */
  int32_t label; /* that prevails; -1: none yet */
} mer__mood;

/** Zero-initialize. */
typedef struct mer__prevailing {
  mer__mood *moods; /* [n] */
  size_t n, capacity;
} mer__prevailing;

/** Adds the item's answer to its speaker's; `*before` and `*after` are the labels where another one
 * prevails from now on, else -1. MER_STATUS_NO_MEMORY. */
mer_status mer__prevailing_add(int32_t *before, int32_t *after, mer__prevailing *prevailing,
                               const mer_timeline_item *item, const mer_model *model,
                               mer_error *err);
/** Accepts a zeroed struct. */
void mer__prevailing_clear(mer__prevailing *prevailing);

#endif
