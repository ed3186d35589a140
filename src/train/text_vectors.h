/* text_vectors.h: the vectors of a frozen text encoder, computed once. */
#ifndef MER_TRAIN_TEXT_VECTORS_H
#define MER_TRAIN_TEXT_VECTORS_H

#include "data/inputs.h"
#include "mer/train.h"

/** Computes the vectors [n, H] of modality `m` of a split, or reads them from the cache, where they
 * lie under a key of the encoder's weights and the tokens; the inputs then point to them.
 * `*vectors` is the caller's. */
mer_status mer__text_vectors_load(float **vectors, const mer_model *model, int m,
                                  mer__inputs *inputs, const mer_train_options *options,
                                  mer_error *err);

#endif
