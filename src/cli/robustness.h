/* robustness.h: `mer eval --robustness`: a model on rows with noise, with fewer words, without a
 * modality. */
#ifndef MER_CLI_ROBUSTNESS_H
#define MER_CLI_ROBUSTNESS_H

#include <jansson.h>

#include "cli/evaluation.h"

/** Zero-initialize. */
typedef struct cli_robustness {
  mer_report_disturbed items[MER_MAX_DISTURBANCES];
  int32_t n;
  mer_metrics *metrics;     /* [n], of the items */
  mer_bootstrap *bootstrap; /* [n] */
} cli_robustness;

/** Predicts and measures all disturbances of `e->rows` [n_rows] that apply to its model, one of one
 * label. */
mer_status cli_robustness_measure(cli_robustness *robustness, const cli_evaluation *e,
                                  int64_t n_rows, uint64_t seed, const mer_predict_options *options,
                                  mer_error *err);

/** Prints a table, which begins with what is not disturbed. */
mer_status cli_robustness_print(const cli_robustness *robustness, const cli_evaluation *e,
                                mer_error *err);
/** ROBUSTNESS of docs/results-format.md; NULL with `err` set. */
json_t *cli_robustness_json(const cli_robustness *robustness, const cli_evaluation *e,
                            mer_error *err);
/** Accepts a zeroed struct. */
void cli_robustness_clear(cli_robustness *robustness);

#endif
