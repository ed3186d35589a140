/* scale_shift_kernels.h: the function of scale_shift.h. */
#ifndef MER_NN_SCALE_SHIFT_KERNELS_H
#define MER_NN_SCALE_SHIFT_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dispatch.h"

typedef struct mer__scale_shift_kernels {
  void (*scale)(float *y, const float *scale, const float *shift, const float *residual, bool relu,
                int64_t n_rows, int64_t n, int64_t width);
} mer__scale_shift_kernels;

MER__DECLARE_VERSIONS(mer__scale_shift_kernels, mer__scale_shift);

#endif
