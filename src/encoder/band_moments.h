/* band_moments.h: the mean and the deviation of each band over all frames of the training set, by
 * which encoders of log-mel standardize it. */
#ifndef MER_ENCODER_BAND_MOMENTS_H
#define MER_ENCODER_BAND_MOMENTS_H

#include "encoder/modality.h"

/** mean (may be NULL) and deviation [n_bands] of the rows of a source, whose modality `m` has
 * frames [.., n_bands]. A band that never changes has deviation 1; without frames nothing is
 * changed. MER_STATUS_NO_MEMORY. */
mer_status mer__band_moments_fit(float *mean, float *deviation, int64_t n_bands,
                                 const mer__source *source, int m, mer_error *err);

#endif
