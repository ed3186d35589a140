/* f32x8.h: eight floats at once, in parts that are one register: of AVX2 one part, of narrower
 * processors two, as a vector that is wider than a register would lie in memory; and sixteen, one
 * register of AVX-512, for kernels that are compiled for it. */
#ifndef MER_NN_F32X8_H
#define MER_NN_F32X8_H

#include <string.h>

#include "base/dispatch.h"

#if defined(__AVX2__)
#define MER__PART_BYTES 32
#else
#define MER__PART_BYTES 16
#endif
enum { MER__PART_LANES = MER__PART_BYTES / sizeof(float), MER__PARTS8 = 8 / MER__PART_LANES };

typedef float mer__f32_part __attribute__((vector_size(MER__PART_BYTES)));
/** The same wherever a float may lie. */
typedef float mer__f32_part_anywhere
    __attribute__((vector_size(MER__PART_BYTES), aligned(4), may_alias));

typedef float mer__f32x16 __attribute__((vector_size(64)));
typedef float mer__f32x16_anywhere __attribute__((vector_size(64), aligned(4), may_alias));

#define MER__LOAD_PART(x) ((mer__f32_part) * (const mer__f32_part_anywhere *)(x))
#define MER__LOAD16(x) ((mer__f32x16) * (const mer__f32x16_anywhere *)(x))
/** Loads once what has several uses: the compiler would load it again for each. */
#define MER__LOAD_PART_ONCE(x) ((mer__f32_part) * (const volatile mer__f32_part_anywhere *)(x))

/** The sum of the eight, as a tree: one after the other, each addition would wait for the last. */
MER__INLINE float mer__total8(const mer__f32_part x[MER__PARTS8]) {
  float s[8];
  memcpy(s, x, sizeof s);
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

#endif
