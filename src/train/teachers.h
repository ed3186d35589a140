/* teachers.h: trained models from whose probabilities another one learns, too (Hinton et al.,
 * "Distilling the Knowledge in a Neural Network", 2015, at the temperature of each model). */
#ifndef MER_TRAIN_TEACHERS_H
#define MER_TRAIN_TEACHERS_H

#include "data/inputs.h"
#include "mer/train.h"

/** Whether the teachers are models that know the labels of the data, in any order. Statuses as
 * mer_model_open. */
mer_status mer__teachers_check(const mer_dataset *dataset, const mer_train_options *options,
                               mer_error *err);

/** Makes each target of `inputs`, rows of `rows` [n_rows], the mean of itself and of the
 * probabilities of the teachers, whose mean counts; of a row of which a teacher takes nothing, that
 * of the others. Without teachers nothing happens. Statuses as mer_model_open and
 * mer_predict_rows. */
mer_status mer__teachers_ask(mer__inputs *inputs, const mer_dataset *dataset,
                             const mer_utterance *rows, int64_t n_rows,
                             const mer_train_options *options, mer_error *err);

#endif
