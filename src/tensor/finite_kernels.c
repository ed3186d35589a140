/* finite_kernels.c: finds infinities and NaN. */
#include "tensor/finite_kernels.h"

#include <string.h>

/* Infinity and NaN have all bits of the exponent set; integers can be compared many at a time. */
static bool all_finite(const float *values, int64_t n) {
  const uint32_t exponent = 0x7f800000u;
  uint32_t n_bad = 0;
  for (int64_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    n_bad |= (bits & exponent) == exponent;
  }
  return n_bad == 0;
}

const mer__finite_kernels MER__VERSION(mer__finite) = {all_finite};
