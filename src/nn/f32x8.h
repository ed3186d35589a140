/* f32x8.h: eight floats at once, for functions marked MER__KERNEL: one register of AVX2, two of
 * SSE. */
#ifndef MER_NN_F32X8_H
#define MER_NN_F32X8_H

typedef float mer__f32x8 __attribute__((vector_size(32)));
/** The same wherever a float may lie. */
typedef float mer__f32x8_anywhere __attribute__((vector_size(32), aligned(4), may_alias));

#define MER__LOAD8(x) ((mer__f32x8) * (const mer__f32x8_anywhere *)(x))
/** Loads once what has several uses: the compiler would load it again for each. */
#define MER__LOAD8_ONCE(x) ((mer__f32x8) * (const volatile mer__f32x8_anywhere *)(x))

#endif
