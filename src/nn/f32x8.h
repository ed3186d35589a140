/* f32x8.h: eight floats at once: one register of AVX2, two of narrower processors; and sixteen, one
 * register of AVX-512, for kernels that are compiled for it. */
#ifndef MER_NN_F32X8_H
#define MER_NN_F32X8_H

#include <string.h>

#include "base/dispatch.h"

typedef float mer__f32x8 __attribute__((vector_size(32)));
/** The same wherever a float may lie. */
typedef float mer__f32x8_anywhere __attribute__((vector_size(32), aligned(4), may_alias));

typedef float mer__f32x16 __attribute__((vector_size(64)));
typedef float mer__f32x16_anywhere __attribute__((vector_size(64), aligned(4), may_alias));

#define MER__LOAD8(x) ((mer__f32x8) * (const mer__f32x8_anywhere *)(x))
#define MER__LOAD16(x) ((mer__f32x16) * (const mer__f32x16_anywhere *)(x))
/** Loads once what has several uses: the compiler would load it again for each. */
#define MER__LOAD8_ONCE(x) ((mer__f32x8) * (const volatile mer__f32x8_anywhere *)(x))

/** The sum of the eight, as a tree: one after the other, each addition would wait for the last. */
MER__INLINE float mer__total8(const mer__f32x8 *x) {
  float s[8];
  memcpy(s, x, sizeof s);
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

#endif
