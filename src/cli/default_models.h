/* default_models.h: the models that answer where the command line names none. */
#ifndef MER_CLI_DEFAULT_MODELS_H
#define MER_CLI_DEFAULT_MODELS_H

#include <stdbool.h>

#include "mer/predict.h"

/** Which models are wanted, and the folders of those that stand in the place of the ones that come
 * with the program; NULL: none does. */
typedef struct cli_default_models {
  bool text, speech;
  const char *text_folder, *speech_folder;
} cli_default_models;

/** Opens them, so that they answer together (mer_predictor_open_joint). MER_STATUS_NOT_FOUND: a
 * model that comes with the program is not there; statuses as mer_predictor_open_joint. */
mer_status cli_default_models_open(mer_predictor **out, const cli_default_models *models,
                                   mer_error *err);

/** Adds what they are to a fingerprint (cli/fingerprint.h). */
uint64_t cli_default_models_fingerprint(uint64_t fingerprint, const cli_default_models *models);

#endif
