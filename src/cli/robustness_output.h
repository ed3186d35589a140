/* robustness_output.h: what `mer eval --robustness` has found, for people and as JSON. */
#ifndef MER_CLI_ROBUSTNESS_OUTPUT_H
#define MER_CLI_ROBUSTNESS_OUTPUT_H

#include <jansson.h>

#include "cli/evaluation.h"

/** Prints a table, which begins with what is not disturbed. */
mer_status cli_robustness_print(const mer_robustness *robustness, const cli_evaluation *e,
                                mer_error *err);
/** ROBUSTNESS of docs/results-format.md; NULL with `err` set. */
json_t *cli_robustness_json(const mer_robustness *robustness, const cli_evaluation *e,
                            mer_error *err);

#endif
