/* set_shares.h: which rows an epoch takes of data sets that are trained on together: of each a
 * share, other rows in each epoch. */
#ifndef MER_TRAIN_SET_SHARES_H
#define MER_TRAIN_SET_SHARES_H

#include "data/inputs.h"
#include "mer/train.h"

/** What an epoch takes. */
typedef struct mer__set_shares {
  const mer_utterance *rows;                /* of the training split */
  const mer__inputs *inputs;                /* those that are kept of them */
  int64_t n_taken[MER_MAX_DATASETS], n_all; /* of each set, and of all */
  double parts[MER_MAX_DATASETS];           /* that n_taken are of each set */
} mer__set_shares;

/** MER_STATUS_INVALID: there are not as many weights as data sets. */
mer_status mer__set_shares_check(const mer_dataset *dataset, const mer_train_options *options,
                                 mer_error *err);
/** By the weights of `options`, which are checked; without any, all rows are taken. Borrows what it
 * is given. */
void mer__set_shares_init(mer__set_shares *shares, const mer_dataset *dataset,
                          const mer__inputs *inputs, const mer_train_options *options);
/** Leaves the first `n_all` of `order` [inputs->n], a permutation, those to be taken, in its order.
 */
void mer__set_shares_take(int32_t *order, const mer__set_shares *shares);
/** counts [K]: how often an epoch takes each label, on average: the targets [n, K] of the rows
 * added up, of each row as much as is taken of its set. */
void mer__set_shares_count(double *counts, const mer__set_shares *shares, int64_t k);

#endif
