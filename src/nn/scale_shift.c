/* scale_shift.c: row after row. */
#include "nn/scale_shift.h"

#include <stddef.h>

#include "nn/scale_shift_kernels.h"

void mer__scale_shift(float *y, const float *scale, const float *shift, const float *residual,
                      bool relu, int64_t rows, int64_t width) {
  const mer__scale_shift_kernels *kernels = MER__CHOSEN(mer__scale_shift);
  for (int64_t r = 0; r < rows; r++) {
    const float *added = residual ? residual + r * width : NULL;
    kernels->scale(y + r * width, scale, shift, added, relu, width);
  }
}
