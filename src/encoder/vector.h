/* vector.h: the encoder of values that are a vector already: flattened MFCC, or precomputed
 * features. They are standardized by the mean and deviation of the training set, which travel with
 * the model. */
#ifndef MER_ENCODER_VECTOR_H
#define MER_ENCODER_VECTOR_H

#include "encoder/modality.h"

extern const mer__encoder_type mer__encoder_vector;

#endif
