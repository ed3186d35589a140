/* finite.c: finds infinities and NaN. */
#include "tensor/finite.h"

#include <math.h>

#include "tensor/finite_kernels.h"

bool mer__all_finite(const float *values, int64_t n) {
  return MER__CHOSEN(mer__finite)->all_finite(values, n);
}

bool mer__all_measured(const float *values, int64_t n) {
  uint32_t n_bad = 0;
  for (int64_t i = 0; i < n; i++) n_bad |= !(fabsf(values[i]) < MER__NO_MEASUREMENT);
  return n_bad == 0;
}
