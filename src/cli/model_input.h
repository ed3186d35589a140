/* model_input.h: what a model takes of an utterance. */
#ifndef MER_CLI_MODEL_INPUT_H
#define MER_CLI_MODEL_INPUT_H

#include "mer/model.h"

typedef enum cli_input { CLI_INPUT_TEXT, CLI_INPUT_SOUND, CLI_INPUT_IMAGE } cli_input;

/** Index of the modality that takes such an input; -1 if there is none. */
int cli_model_input(const mer_model *model, cli_input input);

#endif
