/* average.h: the mean of the weights at the ends of the last epochs (Izmailov et al., "Averaging
 * weights leads to wider optima and better generalization", 2018), which takes the place of an
 * epoch's own weights where the epoch is measured and kept; the training goes on with its own. */
#ifndef MER_TRAIN_AVERAGE_H
#define MER_TRAIN_AVERAGE_H

#include "train/checkpoint.h"

/** At the end of an epoch that is one of those: the state's parameters become the mean, and `*own`
 * keeps what they were. Else `*own` is NULL. MER_STATUS_NO_MEMORY. */
mer_status mer__average_begin(float **own, mer__train_state *state, mer_error *err);
/** The parameters are their own again; with `measured` the mean is kept for the next epoch. `own`
 * may be NULL. */
void mer__average_end(mer__train_state *state, float *own, bool measured);

#endif
