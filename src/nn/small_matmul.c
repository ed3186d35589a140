/* small_matmul.c: outer products of a column of a and a row of b, added up in registers. */
#include "nn/small_matmul.h"

#include <assert.h>
#include <string.h>

#include "base/dispatch.h"
#include "nn/f32x8.h"

#define UNROLLED _Pragma("GCC unroll 8")

/* Defines NAME_tile: `rows` x `vectors` sums of type VECTOR, loaded by LOAD; both counts are
 * constants at each call, at most MOST and 2. */
#define DEFINE_TILE(NAME, VECTOR, LOAD, MOST)                                                      \
  MER__INLINE void NAME##_tile(float *y, int64_t y_row, mer__strided a, const float *b,            \
                               int64_t b_row, int64_t k, bool accumulate, const int rows,          \
                               const int vectors) {                                                \
    enum { LANES = sizeof(VECTOR) / sizeof(float) };                                               \
    VECTOR sum[MOST][2];                                                                           \
    UNROLLED for (int i = 0; i < rows; i++) UNROLLED for (int j = 0; j < vectors; j++) sum[i][j] = \
        accumulate ? LOAD(y + i * y_row + LANES * j) : (VECTOR){0};                                \
    for (int64_t p = 0; p < k; p++, a.data += a.column, b += b_row)                                \
      UNROLLED for (int i = 0; i < rows; i++) UNROLLED for (int j = 0; j < vectors; j++)           \
          sum[i][j] += a.data[i * a.row] * LOAD(b + LANES * j);                                    \
    UNROLLED for (int i = 0; i < rows; i++)                                                        \
        memcpy(y + i * y_row, sum[i], (size_t)vectors * sizeof(VECTOR));                           \
  }
DEFINE_TILE(f32x8, mer__f32x8, MER__LOAD8, 4)
DEFINE_TILE(f32x16, mer__f32x16, MER__LOAD16, 8)

/* The last n < 8 columns. */
MER__INLINE void narrow_tile(float *y, int64_t y_row, mer__strided a, const float *b, int64_t b_row,
                             int64_t n, int64_t k, bool accumulate, const int rows) {
  for (int i = 0; i < rows; i++)
    for (int64_t j = 0; j < n; j++) {
      float sum = accumulate ? y[i * y_row + j] : 0.0f;
      for (int64_t p = 0; p < k; p++) sum += a.data[i * a.row + p * a.column] * b[p * b_row + j];
      y[i * y_row + j] = sum;
    }
}

/* Some rows of a product. */
typedef struct product {
  float *y;
  int64_t y_row;
  mer__strided a;
  const float *b;
  int64_t b_row, n, k;
  bool accumulate;
} product;

/* `rows` and `wide` are constants at each call: wide registers have 16 floats. */
MER__INLINE void row_of_tiles(const product *p, const int rows, const bool wide) {
  int64_t j = 0;
  for (; j + 16 <= p->n; j += 16)
    if (wide)
      f32x16_tile(p->y + j, p->y_row, p->a, p->b + j, p->b_row, p->k, p->accumulate, rows, 1);
    else f32x8_tile(p->y + j, p->y_row, p->a, p->b + j, p->b_row, p->k, p->accumulate, rows, 2);
  for (; j + 8 <= p->n; j += 8)
    for (int i = 0; i < rows; i += 4) {
      const mer__strided a = {p->a.data + i * p->a.row, p->a.row, p->a.column};
      f32x8_tile(p->y + i * p->y_row + j, p->y_row, a, p->b + j, p->b_row, p->k, p->accumulate,
                 rows < 4 ? rows : 4, 1);
    }
  narrow_tile(p->y + j, p->y_row, p->a, p->b + j, p->b_row, p->n - j, p->k, p->accumulate, rows);
}

MER__INLINE void next_rows(product *p, const int rows, const bool wide) {
  row_of_tiles(p, rows, wide);
  p->y += rows * p->y_row;
  p->a.data += rows * p->a.row;
}

MER__INLINE void all_rows(product p, int64_t m, const bool wide) {
  if (wide)
    for (; m >= 8; m -= 8) next_rows(&p, 8, wide);
  for (; m >= 4; m -= 4) next_rows(&p, 4, wide);
  for (; m >= 2; m -= 2) next_rows(&p, 2, wide);
  if (m > 0) next_rows(&p, 1, wide);
}

MER__KERNEL static void multiply(const product *p, int64_t m) { all_rows(*p, m, false); }

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("avx512f,avx512vl"))) static void multiply_avx512(const product *p,
                                                                        int64_t m) {
  all_rows(*p, m, true);
}
#endif

void mer__small_matmul(float *y, int64_t y_row, mer__strided a, const float *b, int64_t b_row,
                       int64_t m, int64_t n, int64_t k, bool accumulate) {
  assert(m >= 0 && n >= 0 && k >= 0);
  const product p = {y, y_row, a, b, b_row, n, k, accumulate};
#if defined(__x86_64__) && defined(__GNUC__)
  if (MER__HAS_AVX512()) {
    multiply_avx512(&p, m);
    return;
  }
#endif
  multiply(&p, m);
}
