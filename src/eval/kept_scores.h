/* kept_scores.h: what models have answered for rows, kept in a folder under a hash of all that it
 * comes from, so that work that goes on after an interruption need not ask again. */
#ifndef MER_EVAL_KEPT_SCORES_H
#define MER_EVAL_KEPT_SCORES_H

#include "data/inputs.h"
#include "mer/eval.h"

/** Where the scores of a model are kept. */
typedef struct mer__kept_scores {
  const char *folder; /* borrowed */
  char model[MER__HASH_BYTES];
} mer__kept_scores;

/** Makes the folder. MER_STATUS_INVALID: a link is in its place; MER_STATUS_IO. */
mer_status mer__kept_scores_make(const char *folder, mer_error *err);
/** Of the model in `path`, whose hash counts. The folder is made. Statuses as mer__folder_digest,
 * MER_STATUS_IO. */
mer_status mer__kept_scores_open(mer__kept_scores *kept, const char *folder, const char *path,
                                 const mer_monitor *monitor, mer_error *err);
/** Path of the scores of rows in that folder, for mer__free; NULL: memory is out. `adapts`: they
 * are answered by their speakers. The rows count as the model takes them: tokens, values, images,
 * precomputed vectors, who speaks. */
char *mer__kept_scores_path(const mer__kept_scores *kept, const mer__inputs *inputs, bool adapts);
/** Reads scores [n, n_classes]; `*found` is false if they are not there, not written by mer,
 * damaged, not finite, or cannot be read. MER_STATUS_NO_MEMORY. */
mer_status mer__kept_scores_read(bool *found, float *scores, const char *path, int64_t n,
                                 int32_t n_classes, mer_error *err);
/** Writes them; MER_STATUS_IO, also if there is something that mer has not written, or a link. */
mer_status mer__kept_scores_write(const char *path, const float *scores, int64_t n,
                                  int32_t n_classes, mer_error *err);

/** Removes what was kept, by names and beginnings of files, and the folder if nothing else is in
 * it; a link and what it leads to stay. */
void mer__kept_scores_remove(const char *folder);

/** mer_predict_rows that keeps the scores in `kept` (NULL: nowhere), or takes them from there;
 * `noise` is in the values of the rows, or NULL. */
mer_status mer__predict_rows_kept(mer_predictions *predictions, mer_model *model,
                                  const mer_dataset *dataset, const mer_utterance *rows,
                                  int64_t n_rows, const mer_predict_options *options,
                                  const mer__white_noise *noise, const mer__kept_scores *kept,
                                  mer_error *err);
/** The same of mer_predict_disturbed, and of mer_robustness_measure. */
mer_status mer__predict_disturbed_kept(mer_predictions *predictions, mer_model *model,
                                       const mer_dataset *dataset, const mer_utterance *rows,
                                       int64_t n_rows, const mer_disturbance *disturbance,
                                       uint64_t seed, const mer_predict_options *options,
                                       const mer__kept_scores *kept, mer_error *err);
mer_status mer__robustness_measure_kept(mer_robustness *robustness, mer_model *model,
                                        const mer_dataset *dataset, const mer_utterance *rows,
                                        int64_t n_rows, uint64_t seed,
                                        const mer_predict_options *options,
                                        const mer__kept_scores *kept, mer_error *err);

#endif
