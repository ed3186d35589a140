/* state_json.h: the counters of a training as JSON, and whether they fit each other. */
#ifndef MER_TRAIN_STATE_JSON_H
#define MER_TRAIN_STATE_JSON_H

#include "train/checkpoint.h"

/** Everything of a state but its arrays, for free(); NULL if memory is out. */
char *mer__state_to_text(const mer__train_state *state);

/** Reads it; `epochs` has room for size->n_epochs. False if the text is NULL or not such a state,
 * or if its numbers contradict each other or `size`. */
bool mer__state_from_text(mer__train_state *state, const char *text, const mer__train_size *size);

#endif
