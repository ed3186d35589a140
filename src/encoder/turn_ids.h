/* turn_ids.h: the ids of turns of a dialogue as an encoder of text reads them, kept while the texts
 * of a split become tokens: a turn is read with each of the utterances around it, mostly by the
 * same letter or name of its speaker. */
#ifndef MER_ENCODER_TURN_IDS_H
#define MER_ENCODER_TURN_IDS_H

#include "mer/text.h"

/** A turn as it is read. */
typedef struct mer__turn_key {
  const char *text, *name; /* its text, in memory that stays; its speaker, or NULL: not by a name */
  size_t size;             /* of the text */
  int letter;              /* its speaker's; -1: not by a letter */
} mer__turn_key;

/** Its ids: `n` from `begin` on among those that are kept. */
typedef struct mer__turn_run {
  mer__turn_key key; /* text NULL: nothing is kept here */
  size_t begin, n;
  bool cut; /* it has more */
} mer__turn_run;

/** Zero-initialize. */
typedef struct mer__turn_ids {
  mer_tokens ids;
  mer__turn_run *turns; /* [size], a power of two, by the hash of their keys */
  size_t size, n;
} mer__turn_ids;

void mer__turn_ids_clear(mer__turn_ids *kept);
/** Forgets all, if that is much. */
void mer__turn_ids_limit(mer__turn_ids *kept);

/** What is kept of a turn, or its place, which is free; NULL if memory is out. */
mer__turn_run *mer__turn_ids_find(mer__turn_ids *kept, const mer__turn_key *key);
/** Fills a free place with the first `most` ids of the turn, whose whole text is `written` [size].
 * MER_STATUS_NO_MEMORY. */
mer_status mer__turn_ids_add(mer__turn_ids *kept, mer__turn_run *place, const mer__turn_key *key,
                             const mer_tokenizer *tokenizer, const char *written, size_t size,
                             size_t most, mer_error *err);

#endif
