/* data_settings.h: what the settings of a training or a comparison say of its data. */
#ifndef MER_TRAIN_DATA_SETTINGS_H
#define MER_TRAIN_DATA_SETTINGS_H

#include <jansson.h>

#include "mer/train.h"

/** Adds the labels in their order, the digest of the tables, and the precomputed vectors. False: a
 * text is not UTF-8, or memory is out. */
bool mer__data_settings_describe(json_t *settings, const mer_dataset *dataset,
                                 const mer_train_options *options);

#endif
