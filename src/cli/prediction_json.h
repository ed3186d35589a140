/* prediction_json.h: a prediction as a JSON object, the same wherever one is printed. */
#ifndef MER_CLI_PREDICTION_JSON_H
#define MER_CLI_PREDICTION_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "mer/data.h"
#include "mer/model.h"

/** {"id", "label", "probs", "speaker", "start", "end", "modalities"}. `probs` [labels]; `present`
 * [modalities]; `row` (may be NULL) gives speaker, start and end. NULL if memory is out. */
json_t *cli_prediction_json(const mer_model *model, const char *id, const float *probs,
                            const uint8_t *present, const mer_utterance *row);

/** Prints `object` on a line of its own and releases it. */
void cli_print_json(FILE *out, json_t *object);

#endif
