/* runs_results.h: what a comparison of runs has found, and how it is told. */
#ifndef MER_REPORT_RUNS_RESULTS_H
#define MER_REPORT_RUNS_RESULTS_H

#include "report/compare_seed.h"

/** What a model has answered on a test. */
typedef struct mer__runs_answers {
  int64_t n;
  int64_t *rows; /* [n], ascending: indices among the rows of the test */
  int32_t *labels, *predicted;
} mer__runs_answers;

/** A model of one seed on a test. */
typedef struct mer__runs_cell {
  bool measured;
  mer__compare_seed seed; /* its epochs are borrowed from `trained` below */
  mer__runs_answers answers;
  mer_calibration calibration,
      uncalibrated;              /* the latter without a temperature: n = 0: it has none */
  json_t *robustness, *examples; /* as results.json has them; NULL: not of this seed */
} mer__runs_cell;

typedef struct mer__runs_results {
  const mer_runs_options *options;
  mer__runs_cell *cells;     /* [n_models, n_tests, n_seeds] */
  mer_train_result *trained; /* [n_models, n_seeds] */
  char **failures;           /* [n_models, n_seeds]: why there is none; NULL: there is one */
  int *n_modalities;         /* [n_models]; 0: not known */
  mer_metrics *majority;     /* [n_tests, MER_N_SPLITS] */
} mer__runs_results;

/** Models that differ on a test, tested on the rows that both answer. */
typedef struct mer__runs_pair {
  int32_t model, other;
  bool best_single; /* `other` is the best model of one modality, by its weighted F1 on dev */
  bool baseline;    /* it is the baseline */
  int64_t n;
  mer_paired_bootstrap bootstrap;      /* of the means over the seeds of each */
  int32_t n_seeds;                     /* that both have */
  int32_t seeds[MER_REPORT_MAX_SEEDS]; /* their indices */
  mer_mcnemar mcnemar[MER_REPORT_MAX_SEEDS];
  double mcnemar_p; /* median over these */
} mer__runs_pair;

/** The cell of a model, test and seed. */
mer__runs_cell *mer__runs_cell_of(const mer__runs_results *results, int32_t model, int32_t test,
                                  int32_t seed);
/** Whether a model is measured on a test at all. */
bool mer__runs_applies(const mer_runs_options *options, int32_t model, int32_t test);
/** Seeds of a model that are measured on a test, into `seeds` [n_seeds]; their number. */
int32_t mer__runs_measured(int32_t *seeds, const mer__runs_results *results, int32_t model,
                           int32_t test);
/** What a reader knows a model of a test by: "run", or "run, data" where models of several data
 * sets are measured; in `buffer` or borrowed. */
const char *mer__runs_title(char *buffer, size_t size, const mer__runs_results *results,
                            int32_t model, int32_t test);

/** Measures the disturbed rows and finds the examples of a cell, as far as the options ask for
 * them. `predictions` are those of `rows`. Statuses as mer_robustness_measure and
 * mer_report_examples_find. */
mer_status mer__runs_measure_extras(mer__runs_cell *cell, const mer_runs_options *options,
                                    mer_model *model, const mer__compare_rows *rows,
                                    const mer_predictions *predictions, mer_error *err);

/** The pairs of a test, [*n_pairs], for mer__free. MER_STATUS_NO_MEMORY. */
mer_status mer__runs_pairs(mer__runs_pair **pairs, int32_t *n_pairs,
                           const mer__runs_results *results, int32_t test, mer_error *err);

/** The document, for free(); NULL if memory is out. `pairs` [n_tests] with `n_pairs` of each. */
char *mer__runs_results_text(const mer__runs_results *results, mer__runs_pair *const *pairs,
                             const int32_t *n_pairs);
/** Tables for a terminal, for mer_report_free. MER_STATUS_NO_MEMORY. */
mer_status mer__runs_tables(char **text, const mer__runs_results *results,
                            mer__runs_pair *const *pairs, const int32_t *n_pairs, mer_error *err);

#endif
