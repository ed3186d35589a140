/* prediction_json.h: the answer for a row of a data set as a line of JSON. */
#ifndef MER_CLI_PREDICTION_JSON_H
#define MER_CLI_PREDICTION_JSON_H

#include <stdio.h>

#include "mer/eval.h"

/** Prints the prediction at `index`, that of `row`, on a line of its own, with the row's id,
 * speaker, times and what the data say ("true": a label, a list of them, or values by name);
 * nothing if memory is out. An answer of a lower probability than `min_confidence` is "uncertain".
 */
void cli_print_prediction(FILE *out, const mer_predictions *predictions, int64_t index,
                          const mer_model *model, const mer_utterance *row, double min_confidence);

#endif
