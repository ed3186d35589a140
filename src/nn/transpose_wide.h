/* transpose_wide.h: transposes 4 columns of as many rows as a register has floats: 16 rows with
 * AVX-512, 8 with AVX2. A register takes four floats of each fourth row, one group after the other,
 * so that nothing moves between its parts of 128 bits. */
#ifndef MER_NN_TRANSPOSE_WIDE_H
#define MER_NN_TRANSPOSE_WIDE_H

#include "nn/f32x4.h"
#include "nn/f32x8.h"

#if defined(__AVX2__)
typedef float mer__f32x8 __attribute__((vector_size(32)));
#endif

#define JOIN4(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7)

#if defined(__AVX512F__)
enum { MER__WIDE = 16 };
typedef mer__f32x16 mer__wide;
#define LOW(a, b) \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH(a, b) \
  __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define FRONT(a, b) \
  __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define BACK(a, b) \
  __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)

MER__INLINE mer__wide mer__wide_rows(const float *x, int64_t row) {
  const mer__f32x8 low = JOIN4(mer__f32x4_load(x), mer__f32x4_load(x + 4 * row)),
                   high = JOIN4(mer__f32x4_load(x + 8 * row), mer__f32x4_load(x + 12 * row));
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
#elif defined(__AVX2__)
enum { MER__WIDE = 8 };
typedef mer__f32x8 mer__wide;
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define FRONT(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define BACK(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)

MER__INLINE mer__wide mer__wide_rows(const float *x, int64_t row) {
  return JOIN4(mer__f32x4_load(x), mer__f32x4_load(x + 4 * row));
}
#else
enum { MER__WIDE = 4 };
typedef mer__f32x4 mer__wide;
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define FRONT(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define BACK(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)

MER__INLINE mer__wide mer__wide_rows(const float *x, int64_t row) {
  (void)row;
  return mer__f32x4_load(x);
}
#endif

/** to [4, MER__WIDE] = the first 4 columns of x [MER__WIDE, ..], whose rows are `row` floats apart;
 * those of `to` are `to_row` apart. */
MER__INLINE void mer__wide_transpose(float *to, int64_t to_row, const float *x, int64_t row) {
  const mer__wide x0 = mer__wide_rows(x, row), x1 = mer__wide_rows(x + row, row),
                  x2 = mer__wide_rows(x + 2 * row, row), x3 = mer__wide_rows(x + 3 * row, row);
  const mer__wide low01 = LOW(x0, x1), high01 = HIGH(x0, x1), low23 = LOW(x2, x3),
                  high23 = HIGH(x2, x3);
  const mer__wide y[4] = {FRONT(low01, low23), BACK(low01, low23), FRONT(high01, high23),
                          BACK(high01, high23)};
  for (int i = 0; i < 4; i++) memcpy(to + i * to_row, &y[i], sizeof y[i]);
}

#undef JOIN4
#undef LOW
#undef HIGH
#undef FRONT
#undef BACK

#endif
