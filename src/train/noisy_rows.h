/* noisy_rows.h: what the training rows have with noise, and when a step takes that. */
#ifndef MER_TRAIN_NOISY_ROWS_H
#define MER_TRAIN_NOISY_ROWS_H

#include "train/setup.h"

/** Loads `set->noisy`, if the options ask for noise: of the training rows [n], what each modality
 * has with noise that its encoder does not add itself. `load` is as for the rows without noise.
 * Statuses as mer__inputs_load. */
mer_status mer__noisy_rows_load(mer__training_set *set, const mer_dataset *dataset,
                                const mer_utterance *rows, int64_t n,
                                const mer__inputs_options *load, const mer_train_options *options,
                                mer_error *err);
/** Puts what row `row` of those given has with noise into `inputs` [n_modalities], number `i` of
 * the batch of step `step`: of each modality by itself, with the probability options->noise. */
void mer__noisy_rows_put(mer__input *inputs, const mer__training_set *set, int64_t row, int64_t i,
                         uint64_t step, const mer_train_options *options);

#endif
