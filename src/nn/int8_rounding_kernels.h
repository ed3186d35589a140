/* int8_rounding_kernels.h: rounding of activations and of weights. Compiled without fused
 * multiply-add: the same bits on every processor. */
#ifndef MER_NN_INT8_ROUNDING_KERNELS_H
#define MER_NN_INT8_ROUNDING_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

/** The range of some activations, as integers with the order of floats. */
typedef struct mer__int8_range {
  int32_t smallest, largest;
} mer__int8_range;
#define MER__INT8_NO_RANGE ((mer__int8_range){INT32_MAX, INT32_MIN})

/** How activations are rounded: x = scale (q - zero). */
typedef struct mer__int8_rounding {
  float scale;
  int32_t zero;
} mer__int8_rounding;

typedef struct mer__int8_rounding_kernels {
  /** Rounds n >= 1 activations to 0 .. most, at most 255; a row that is not finite to zeros of
   * scale NaN. */
  mer__int8_rounding (*activations)(uint8_t *q, const float *x, int64_t n, int32_t most);
  /** The same in parts: the range grows by n values; how values of a range are rounded; n of them.
   */
  void (*widen)(mer__int8_range *range, const float *x, int64_t n);
  mer__int8_rounding (*rounding)(mer__int8_range range, int32_t most);
  void (*round)(uint8_t *q, const float *x, int64_t n, mer__int8_rounding rounding, int32_t most);
  /** q = row / scale, from -127 to 127. */
  void (*weights)(int8_t *q, const float *row, float scale, int64_t columns);
  /** The sum of (row - q * scale)^2, added in the same order on every processor. */
  double (*square_error)(const int8_t *q, const float *row, float scale, int64_t columns);
} mer__int8_rounding_kernels;

MER__DECLARE_VERSIONS(mer__int8_rounding_kernels, mer__int8_rounding);

#endif
