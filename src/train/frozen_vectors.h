/* frozen_vectors.h: the vectors of a frozen encoder, computed once. */
#ifndef MER_TRAIN_FROZEN_VECTORS_H
#define MER_TRAIN_FROZEN_VECTORS_H

#include "data/inputs.h"
#include "mer/train.h"

/** Computes the vectors of modality `m` of a split, whose encoder is frozen, or reads them from the
 * cache, where they lie under a key of `encoder`, the hash of the encoder's settings and weights,
 * and of all that it reads. The inputs own them.
 */
mer_status mer__frozen_vectors_load(mer__inputs *inputs, const mer_model *model, int m,
                                    const char *encoder, const mer_train_options *options,
                                    mer_error *err);

#endif
