/* compare_state.h: what an unfinished comparison has done, in a file beside its models. */
#ifndef MER_REPORT_COMPARE_STATE_H
#define MER_REPORT_COMPARE_STATE_H

#include <jansson.h>

#include "mer/report.h"

/** Zero-initialize. */
typedef struct mer__compare_state {
  char *path;     /* <out>/unfinished.json */
  char *scores;   /* <out>/unfinished.scores, the folder of what models have answered */
  json_t *root;   /* {"settings": {..}, "finished": [{"run", "seed", "model", ..}, ..]} */
  bool was_there; /* of an interrupted comparison that goes on */
} mer__compare_state;

/** Makes the file of a comparison in the folder `out`, or with `resume` reads it. `settings`, an
 * object that was made after mer__json_watch and that this frees, decide the result; NULL: a text
 * in them is not UTF-8. MER_STATUS_INVALID: a file is there
 * and is not to be resumed, or has other settings; MER_STATUS_NOT_FOUND: there is none to resume;
 * MER_STATUS_FORMAT: it is damaged. */
mer_status mer__compare_state_open(mer__compare_state *state, const char *out, bool resume,
                                   json_t *settings, mer_error *err);

/** What the training of a run and seed has given, for mer_train_result_clear; `*found` is false if
 * it is not finished. MER_STATUS_FORMAT, MER_STATUS_NO_MEMORY. */
mer_status mer__compare_state_find(bool *found, mer_train_result *trained,
                                   const mer__compare_state *state, const char *run, int32_t seed,
                                   mer_error *err);
/** Adds a finished training, in the place of an earlier one of the same run and seed, and the hash
 * of its model in `folder`, and writes the file. Statuses as mer__folder_digest; MER_STATUS_IO. */
mer_status mer__compare_state_add(mer__compare_state *state, const char *run, int32_t seed,
                                  const mer_train_result *trained, const char *folder,
                                  const mer_monitor *monitor, mer_error *err);
/** MER_STATUS_IO if what lies in `folder` is not the model of a training that is finished. */
mer_status mer__compare_state_expect(const mer__compare_state *state, const char *run, int32_t seed,
                                     const char *folder, const mer_monitor *monitor,
                                     mer_error *err);

/** MER_STATUS_INTERRUPTED, with how to go on. */
mer_status mer__compare_fail_interrupted(const char *out, mer_error *err);

/** Frees the state. With `remove` the file and what is kept go, too: the comparison is finished, or
 * nothing that was done would be lost. Accepts a zeroed state. */
void mer__compare_state_close(mer__compare_state *state, bool remove);

#endif
