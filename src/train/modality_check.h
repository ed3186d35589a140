/* modality_check.h: whether the data have what a modality reads. */
#ifndef MER_TRAIN_MODALITY_CHECK_H
#define MER_TRAIN_MODALITY_CHECK_H

#include "mer/train.h"
#include "model/model_state.h"

/** Looks, as far as that is known before anything is loaded, whether a row to train on has what
 * `modality` reads; at the files of its vectors, and at what finds faces. A modality of vectors
 * takes their width. Statuses as mer_features_load; MER_STATUS_INVALID: no row has it. */
mer_status mer__modality_check(mer__modality *modality, const mer_dataset *dataset,
                               const mer_train_options *options, mer_error *err);

#endif
