/* finite_kernels.h: finds infinities and NaN, many values at a time. */
#ifndef MER_TENSOR_FINITE_KERNELS_H
#define MER_TENSOR_FINITE_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dispatch.h"

typedef struct mer__finite_kernels {
  bool (*all_finite)(const float *values, int64_t n);
} mer__finite_kernels;

MER__DECLARE_VERSIONS(mer__finite_kernels, mer__finite);

#endif
