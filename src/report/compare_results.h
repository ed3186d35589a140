/* compare_results.h: what a comparison has found, and its results.json (docs/results-format.md). */
#ifndef MER_REPORT_COMPARE_RESULTS_H
#define MER_REPORT_COMPARE_RESULTS_H

#include "report/compare_seed.h"

enum { MER__COMPARE_RUNS = 4 };

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
