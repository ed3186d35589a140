/* training_settings.h: what decides the result of a training, kept with it. */
#ifndef MER_TRAIN_TRAINING_SETTINGS_H
#define MER_TRAIN_TRAINING_SETTINGS_H

#include <jansson.h>

#include "train/setup.h"

/** The settings that decide the result, as a JSON object: kept in the model and compared at
 * --resume; NULL if memory is out. */
json_t *mer__training_settings(const mer__training_set *set, const mer_dataset *dataset,
                               const mer_train_options *options);

#endif
