/* setup.h: from options and data to a network and its inputs, ready for the first step. */
#ifndef MER_TRAIN_SETUP_H
#define MER_TRAIN_SETUP_H

#include "base/digest.h"
#include "data/inputs.h"
#include "mer/train.h"

/** Zero-initialize. */
typedef struct mer__training_set {
  mer_model *model;
  mer__inputs splits[MER_N_SPLITS]; /* test is empty unless it is evaluated */
  mer__inputs noisy; /* the rows given of train, with noise (train/noisy_rows.h); or empty */
  /* Hashes of their settings, and of the weights of frozen ones. */
  char encoders[MER_MAX_MODALITIES][MER__HASH_BYTES];
} mer__training_set;

/** Whether a training of these options can begin, as far as that is known before its inputs are
 * loaded: the options, the directories of encoders and teachers, and whether a row to train on has
 * what each modality reads. The monitor hears nothing of it. Statuses as mer_train_run. */
mer_status mer__training_check(const mer_dataset *dataset, const mer_train_options *options,
                               mer_error *err);
/** Checks the options, opens the encoder, loads the inputs, builds the network and initializes it;
 * standardization is computed from the training rows, and a frozen encoder's vectors are computed
 * or taken from the cache. Statuses as mer_train_run. */
mer_status mer__training_set_load(mer__training_set *set, const mer_dataset *dataset,
                                  const mer_train_options *options, mer_error *err);
/** The parameters as they are before the first step: of the seed, the encoder and the statistics of
 * the training rows; with the vectors of frozen encoders. */
mer_status mer__training_set_initialize(mer__training_set *set, const mer_train_options *options,
                                        mer_error *err);
void mer__training_set_clear(mer__training_set *set);

#endif
