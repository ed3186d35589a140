/* f32x4.h: four floats at once, a register of every processor. */
#ifndef MER_NN_F32X4_H
#define MER_NN_F32X4_H

#include <stdint.h>
#include <string.h>

#include "nn/vector_math.h"

typedef float mer__f32x4 __attribute__((vector_size(16)));

MER__INLINE mer__f32x4 mer__f32x4_load(const float *x) {
  mer__f32x4 v;
  memcpy(&v, x, sizeof v);
  return v;
}

MER__INLINE void mer__f32x4_store(float *to, mer__f32x4 v) { memcpy(to, &v, sizeof v); }

/** x = its transpose. */
MER__INLINE void mer__f32x4_transpose(mer__f32x4 x[4]) {
  const mer__f32x4 low01 = __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5),
                   high01 = __builtin_shufflevector(x[0], x[1], 2, 6, 3, 7),
                   low23 = __builtin_shufflevector(x[2], x[3], 0, 4, 1, 5),
                   high23 = __builtin_shufflevector(x[2], x[3], 2, 6, 3, 7);
  x[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  x[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  x[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  x[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

/** The nearest bfloat16, ties to even; NaN stays. */
MER__INLINE float mer__round_to_bf16(float x) {
  const uint32_t bits = mer__float_bits(x), up = bits + 0x7fffu + (bits >> 16 & 1);
  return mer__float_of_bits((x == x ? up : bits | 0x10000u) & 0xffff0000u);
}

MER__INLINE mer__f32x4 mer__f32x4_round_to_bf16(mer__f32x4 x) {
  typedef uint32_t u32x4 __attribute__((vector_size(16)));
  const u32x4 bits = (u32x4)x, up = bits + 0x7fffu + (bits >> 16 & 1), is_nan = (u32x4)(x != x);
  return (mer__f32x4)(((up & ~is_nan) | ((bits | 0x10000u) & is_nan)) & 0xffff0000u);
}

#endif
