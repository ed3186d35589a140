/* row_moments.h: by what the vectors of a training set are standardized. */
#ifndef MER_ENCODER_ROW_MOMENTS_H
#define MER_ENCODER_ROW_MOMENTS_H

#include "mer/base.h"

/** Mean and deviation [width] of the rows [n] of `width` numbers; where a number never changes, the
 * deviation is 1. MER_STATUS_NO_MEMORY. */
mer_status mer__row_moments(float *mean, float *deviation, const float *const *rows, int64_t n,
                            int64_t width, mer_error *err);

#endif
