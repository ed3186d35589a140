/* train_options.h: the options of a training that decide its result, in one table: it gives them
 * their limits, their names in settings and their rows in a report. */
#ifndef MER_TRAIN_TRAIN_OPTIONS_H
#define MER_TRAIN_TRAIN_OPTIONS_H

#include <jansson.h>

#include "mer/train.h"

/** Copies what the caller's struct holds over the defaults of its kind. Statuses as
 * mer__options_read. */
mer_status mer__train_options_read(mer_train_options *options, const mer_train_options *given,
                                   mer_error *err);

/** MER_STATUS_INVALID: a number is outside of its limits; the message names it and them. */
mer_status mer__train_options_check(const mer_train_options *options, mer_error *err);

/** Adds all of them to an object, as they stand in a model's config.json and in a checkpoint. False
 * if memory is out. */
bool mer__train_options_describe(json_t *object, const mer_train_options *options);

/** Those that a report shows, in its words; NULL if memory is out. */
json_t *mer__train_options_report(const mer_train_options *options);

#endif
