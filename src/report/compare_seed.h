/* compare_seed.h: one training of a comparison: made, measured, and as JSON. */
#ifndef MER_REPORT_COMPARE_SEED_H
#define MER_REPORT_COMPARE_SEED_H

#include "eval/kept_scores.h"
#include "mer/report.h"
#include "report/compare_state.h"

typedef struct mer__compare_seed {
  uint64_t seed;
  mer_train_result trained;
  mer_metrics metrics[MER_N_SPLITS]; /* n = 0: the split is empty */
  mer_bootstrap bootstrap;           /* on test */
  int64_t clip_counts[MER_N_SPLITS][MER_N_CLIP_STATES];
  int64_t n_without_input[MER_N_SPLITS]; /* as in mer_predictions */
} mer__compare_seed;

/** MER_STATUS_INVALID if a training into `out`, which is freed by mer__free, has left its state, or
 * leaves one just now: a comparison that is begun anew takes nobody's. NULL: memory is out. */
mer_status mer__compare_expect_no_state(char *out, mer_error *err);

/** Whether a training of these options can begin, and be shown. Statuses as mer__training_check. */
mer_status mer__compare_check(const mer_dataset *dataset, const mer_train_options *train,
                              mer_error *err);

/** Trains a model as `train` says, of which `resume` is set here, or takes its numbers from the
 * interrupted comparison that goes on. `run` and `seed` are its names there. Statuses as
 * mer_train_run and mer__compare_state_find. */
mer_status mer__compare_train(mer_train_result *trained, mer__compare_state *state,
                              const mer_dataset *dataset, const char *run, int32_t seed,
                              mer_train_options *train, mer_error *err);

/** What a model is asked. */
typedef struct mer__compare_rows {
  const mer_dataset *dataset;
  const mer_utterance *rows; /* [n] */
  int64_t n;
  const mer_predict_options *options;
  const mer__kept_scores *kept; /* an interrupted comparison has asked already, or keeps it */
} mer__compare_rows;

/** Predicts rows and takes the measures of `split`, of test with intervals by `bootstrap_seed`; no
 * rows leave n = 0. The answers go to `*predictions`, for mer_predictions_clear. Statuses as
 * mer_predict_rows. */
mer_status mer__compare_measure(mer__compare_seed *s, mer_predictions *predictions, mer_split split,
                                mer_model *model, const mer__compare_rows *rows,
                                uint64_t bootstrap_seed, mer_error *err);

/** What a model of `train` is predicted with. Clips that are decoded tell `quiet` alone. */
mer_predict_options mer__compare_predict_options(const mer_train_options *train,
                                                 const mer_monitor *monitor,
                                                 const mer_monitor *quiet);

/** A seed of docs/results-format.md; NULL if memory is out. */
json_t *mer__compare_seed_to_json(const mer__compare_seed *seed, const char *const *labels);
/** Mean and deviation over `seeds` [n] of one split; NULL if memory is out. */
json_t *mer__compare_summary_to_json(const mer__compare_seed *seeds, int32_t n, mer_split split);

#endif
