/* compare_inputs.h: the files beside the tables that decide what a comparison gives. */
#ifndef MER_REPORT_COMPARE_INPUTS_H
#define MER_REPORT_COMPARE_INPUTS_H

#include <jansson.h>

#include "mer/train.h"

/** Adds to settings that were made after mer__json_watch a hash for each file or folder that a
 * training of these options reads beside the tables and the clips: precomputed vectors, and the
 * folders of its encoders, its detector of faces and its teachers. MER_STATUS_INVALID: a path is
 * not UTF-8; else as mer__precomputed_hash and mer__folder_digest. */
mer_status mer__compare_add_inputs(json_t *settings, const mer_dataset *dataset,
                                   const mer_train_options *options, const mer_monitor *monitor,
                                   mer_error *err);

#endif
