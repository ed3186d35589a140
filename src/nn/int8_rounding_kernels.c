/* int8_rounding_kernels.c: rounding of activations and of weights. */
#include "nn/int8_rounding_kernels.h"

#include <math.h>
#include <string.h>

#include "nn/vector_math.h"

/* Bits of a float as an integer with the order of floats, NaNs at both ends; its own inverse. */
MER__INLINE int32_t ordered(int32_t bits) { return bits ^ ((bits >> 31) & 0x7fffffff); }

MER__INLINE float of_ordered(int32_t order) { return mer__float_of_bits((uint32_t)ordered(order)); }

/* The range and 0 on 0 .. most; NaN if that is not finite. Values too small to be scaled become
 * zeros. */
static mer__int8_rounding rounding_of(mer__int8_range range, int32_t most) {
  const float smallest = of_ordered(range.smallest), largest = of_ordered(range.largest);
  const float width = (largest < 0 ? 0 : largest) - (smallest > 0 ? 0 : smallest);
  if (width < 1e-30f) return (mer__int8_rounding){0, 0};
  if (!(width < INFINITY)) return (mer__int8_rounding){NAN, 0};
  const float steps = (float)most;
  return (mer__int8_rounding){width / steps,
                              smallest < 0 ? (int32_t)rintf(-smallest / width * steps) : 0};
}

static void widen_range(mer__int8_range *range, const float *x, int64_t n) {
  int32_t smallest = range->smallest, largest = range->largest;
#pragma omp simd reduction(min : smallest) reduction(max : largest)
  for (int64_t j = 0; j < n; j++) {
    int32_t order = ordered((int32_t)mer__float_bits(x[j]));
    smallest = order < smallest ? order : smallest;
    largest = order > largest ? order : largest;
  }
  *range = (mer__int8_range){smallest, largest};
}

static void round_values(uint8_t *q, const float *x, int64_t n, mer__int8_rounding r,
                         int32_t most) {
  const float round = 0x1.8p23f; /* adding it leaves an integer in the low bits */
  if (!(r.scale > 0)) {
    memset(q, 0, (size_t)n);
    return;
  }
  const float factor = 1 / r.scale;
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    int32_t value =
        (int32_t)(mer__float_bits(x[j] * factor + round) - mer__float_bits(round)) + r.zero;
    value = value < 0 ? 0 : value;
    q[j] = (uint8_t)(value > most ? most : value);
  }
}

static mer__int8_rounding round_activations(uint8_t *q, const float *x, int64_t n, int32_t most) {
  mer__int8_range range = MER__INT8_NO_RANGE;
  widen_range(&range, x, n);
  const mer__int8_rounding r = rounding_of(range, most);
  round_values(q, x, n, r, most);
  return r;
}

/* A subnormal scale is not precise, so that a weight might leave the range. */
static void round_weights(int8_t *q, const float *row, float scale, int64_t columns) {
#pragma omp simd
  for (int64_t j = 0; j < columns; j++) {
    const float value = scale > 0 ? rintf(row[j] / scale) : 0;
    q[j] = (int8_t)(value > 127 ? 127 : value < -127 ? -127 : value);
  }
}

static double square_error(const int8_t *q, const float *row, float scale, int64_t columns) {
  enum { LANES = 8 }; /* added in this order on every processor */
  double sums[LANES] = {0};
  for (int64_t j = 0; j + LANES <= columns; j += LANES)
    for (int i = 0; i < LANES; i++) {
      const double error = (double)row[j + i] - (double)q[j + i] * scale;
      sums[i] += error * error;
    }
  for (int64_t j = columns / LANES * LANES; j < columns; j++) {
    const double error = (double)row[j] - (double)q[j] * scale;
    sums[0] += error * error;
  }
  for (int i = 1; i < LANES; i++) sums[0] += sums[i];
  return sums[0];
}

const mer__int8_rounding_kernels MER__VERSION(mer__int8_rounding) = {
    round_activations, widen_range, rounding_of, round_values, round_weights, square_error};
