/* state_json.h: the counters of a training as JSON, and whether they fit each other. */
#ifndef MER_TRAIN_STATE_JSON_H
#define MER_TRAIN_STATE_JSON_H

#include <jansson.h>

#include "train/checkpoint.h"

/** A list of n epochs, every number to the last bit; NULL if memory is out. */
json_t *mer__epochs_to_json(const mer_epoch *epochs, int64_t n);
/** Reads it into an array with room for `most`; false if it is not such a list. */
bool mer__epochs_from_json(mer_epoch *epochs, int64_t *n, const json_t *list, int64_t most);

/** Everything of a state but its arrays, for free(); NULL if memory is out. */
char *mer__state_to_text(const mer__train_state *state);

/** Reads it; `epochs` has room for size->n_epochs. False if the text is NULL or not such a state,
 * or if its numbers contradict each other or `size`. */
bool mer__state_from_text(mer__train_state *state, const char *text, const mer__train_size *size);

#endif
