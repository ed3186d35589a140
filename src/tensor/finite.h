/* finite.h: finds infinities and NaN. */
#ifndef MER_TENSOR_FINITE_H
#define MER_TENSOR_FINITE_H

#include <stdbool.h>
#include <stdint.h>

/** Whether none of `values` [n] is infinite or NaN. */
bool mer__all_finite(const float *values, int64_t n);

/** Magnitude from which a feature is not a measurement: programs that clean data put the largest
 * f32 in the place of infinity (NumPy's nan_to_num). */
#define MER__NO_MEASUREMENT 1e30f

/** Whether the magnitudes of all `values` [n] are below that; NaN is not. */
bool mer__all_measured(const float *values, int64_t n);

#endif
