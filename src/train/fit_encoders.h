/* fit_encoders.h: what encoders need of the training rows before the first step. */
#ifndef MER_TRAIN_FIT_ENCODERS_H
#define MER_TRAIN_FIT_ENCODERS_H

#include "train/setup.h"

/** Computes the vectors of frozen encoders for all splits, unless they are there, and the constants
 * that encoders take from the training rows. Statuses as mer_train_run. */
mer_status mer__fit_encoders(mer__training_set *set, const mer_train_options *options,
                             mer_error *err);
/** Whether the constants of the encoder are kept with the head that was trained with them. */
bool mer__keeps_constants(const mer__network *network, const mer_train_options *options);

#endif
