/* answer_options.h: the options that say how a model answers new utterances. */
#ifndef MER_CLI_ANSWER_OPTIONS_H
#define MER_CLI_ANSWER_OPTIONS_H

#include "cli/cli.h"
#include "mer/predict.h"

typedef struct cli_answering {
  const char *map; /* as --map-labels has it; NULL: the model's labels */
  double min_confidence;
} cli_answering;

/* Rows of an option table; `a` is a cli_answering. */
#define CLI_ANSWER_OPTIONS(a)                                              \
  {CLI_NAME,                                                               \
   0,                                                                      \
   "map-labels",                                                           \
   "FILE|A=B,..",                                                          \
   &(a).map,                                                               \
   0,                                                                      \
   0,                                                                      \
   "other names for the model's labels (happy=joy); A= drops one"},        \
  {                                                                        \
    CLI_REAL, 0, "min-confidence", "P", &(a).min_confidence, 0, 1,         \
        "answer \"uncertain\" where no probability is as high (default 0)" \
  }

/** Before the first answer; `monitor` hears which labels are dropped. Statuses as cli_map_labels,
 * mer_predictor_map_labels and mer_predictor_set_min_confidence. */
mer_status cli_answering_set(mer_predictor *predictor, const cli_answering *answering,
                             const mer_monitor *monitor, mer_error *err);

#endif
