/* finite.h: whether numbers are numbers. */
#ifndef MER_TENSOR_FINITE_H
#define MER_TENSOR_FINITE_H

#include <stdbool.h>
#include <stdint.h>

/** Whether none of `values` [n] is infinite or NaN. */
bool mer__all_finite(const float *values, int64_t n);

#endif
