/* evaluation.h: what `mer eval` measures of a model of one label, of several, or of values, and how
 * that is shown. */
#ifndef MER_CLI_EVALUATION_H
#define MER_CLI_EVALUATION_H

#include <jansson.h>

#include "mer/eval.h"
#include "mer/report.h"

/** Everything that is known of one evaluation. */
typedef struct cli_evaluation {
  mer_model *model;
  mer_dataset *dataset;
  const mer_utterance *rows;
  mer_predictions predictions;
  const char *labels[MER_MAX_CLASSES];
  mer_metrics metrics, majority; /* of one label */
  mer_bootstrap bootstrap;
  mer_target_metrics target_metrics, constant; /* of several labels, or of values */
  mer_calibration calibration, uncalibrated;   /* of labels; the latter if there is a temperature */
  bool mapped;                                 /* the labels are those of a map */
  double min_confidence;                       /* below it an answer is uncertain; 0: none is */
} cli_evaluation;

/** Measures the predictions, and what is answered without a model. */
mer_status cli_evaluation_measure(cli_evaluation *e, uint64_t seed, mer_error *err);

/** Prints the tables; `model` is the name of its row. */
mer_status cli_evaluation_print(const cli_evaluation *e, const char *model, mer_error *err);

/** {"metrics", "majority"}, or {"metrics", "constant"}; of labels "calibration", and "certain"
 * where answers may be uncertain; NULL with `err` set. */
json_t *cli_evaluation_json(const cli_evaluation *e, mer_error *err);

/** Writes a page with the measures; the rest of `report` is set. */
mer_status cli_evaluation_report(const char *path, const cli_evaluation *e,
                                 mer_report_evaluation *report, const mer_monitor *monitor,
                                 mer_error *err);

#endif
