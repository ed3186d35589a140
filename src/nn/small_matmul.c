/* small_matmul.c: outer products of a column of a and a row of b, added up in registers. */
#include "nn/small_matmul.h"

#include <assert.h>
#include <string.h>

#include "base/dispatch.h"
#include "nn/f32x8.h"

/* A tile of `rows` x 8 * `vectors` sums; both are constants at each call, at most 4 and 2. */
MER__INLINE void tile(float *y, int64_t y_row, mer__strided a, const float *b, int64_t b_row,
                      int64_t k, bool accumulate, const int rows, const int vectors) {
  mer__f32x8 sum[4][2];
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
    for (int j = 0; j < vectors; j++)
      sum[i][j] = accumulate ? MER__LOAD8(y + i * y_row + 8 * j) : (mer__f32x8){0};
  for (int64_t p = 0; p < k; p++, a.data += a.column, b += b_row) {
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
      for (int j = 0; j < vectors; j++) sum[i][j] += a.data[i * a.row] * MER__LOAD8(b + 8 * j);
  }
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++)
    memcpy(y + i * y_row, sum[i], (size_t)vectors * sizeof(mer__f32x8));
}

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

MER__INLINE void row_of_tiles(float *y, int64_t y_row, mer__strided a, const float *b,
                              int64_t b_row, int64_t n, int64_t k, bool accumulate,
                              const int rows) {
  int64_t j = 0;
  for (; j + 16 <= n; j += 16) tile(y + j, y_row, a, b + j, b_row, k, accumulate, rows, 2);
  for (; j + 8 <= n; j += 8) tile(y + j, y_row, a, b + j, b_row, k, accumulate, rows, 1);
  narrow_tile(y + j, y_row, a, b + j, b_row, n - j, k, accumulate, rows);
}

MER__KERNEL void mer__small_matmul(float *y, int64_t y_row, mer__strided a, const float *b,
                                   int64_t b_row, int64_t m, int64_t n, int64_t k,
                                   bool accumulate) {
  assert(m >= 0 && n >= 0 && k >= 0);
  int64_t i = 0;
  for (; i + 4 <= m; i += 4, a.data += 4 * a.row)
    row_of_tiles(y + i * y_row, y_row, a, b, b_row, n, k, accumulate, 4);
  for (; i + 2 <= m; i += 2, a.data += 2 * a.row)
    row_of_tiles(y + i * y_row, y_row, a, b, b_row, n, k, accumulate, 2);
  if (i < m) row_of_tiles(y + i * y_row, y_row, a, b, b_row, n, k, accumulate, 1);
}
