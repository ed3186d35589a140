/* compare_results.h: what a comparison has found, and its results.json (docs/results-format.md). */
#ifndef MER_REPORT_COMPARE_RESULTS_H
#define MER_REPORT_COMPARE_RESULTS_H

#include "mer/report.h"

enum { MER__COMPARE_RUNS = 4 };

/** One training. */
typedef struct mer__compare_seed {
  uint64_t seed;
  mer_train_result trained;
  mer_metrics metrics[MER_N_SPLITS]; /* n = 0: the split is empty */
  mer_bootstrap bootstrap;           /* on test */
  int64_t clip_counts[MER_N_SPLITS][MER_N_CLIP_STATES];
  int64_t n_without_input[MER_N_SPLITS]; /* as in mer_predictions */
} mer__compare_seed;

typedef struct mer__compare_run {
  const char *name, *title;
  bool standardize;
  mer__compare_seed *seeds; /* [n_seeds] */
} mer__compare_run;

typedef struct mer__compare_results {
  mer__compare_run runs[MER__COMPARE_RUNS]; /* text, audio, fusion raw, fusion standardized */
  mer_metrics majority[MER_N_SPLITS];
} mer__compare_results;

/** The document, for free(); NULL if memory is out. */
char *mer__compare_results_text(const mer__compare_results *results, const mer_dataset *dataset,
                                const mer_compare_options *options);

#endif
