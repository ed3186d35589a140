/* small_tile_template.h: a tile of y = a b, or y += a b: columns of a times rows of b, added up in
 * registers. The including file defines these macros before; they are undefined at the
 * end:
 *   TILE    the name of the function
 *   VECTOR  the type of the sums
 *   LOAD    loads one from where floats lie
 *   MOST    most rows of a tile
 *   WIDTH   most columns of it
 * `columns` is 8, 16 or 32. The rows have two beginnings, so that few strides are in registers. The
 * loop is unrolled by two, which saves pointer arithmetic where the caller gives a.column and b_row
 * as constants: that matters with hyper-threading, where two threads share the instruction slots of
 * a core. */
MER__INLINE void TILE(float *y, int64_t y_row, mer__strided a, const float *b, int64_t b_row,
                      int64_t k, bool accumulate, const int rows, const int columns) {
  enum { LANES = sizeof(VECTOR) / sizeof(float), VECTORS = WIDTH / LANES, HALF = MOST / 2 };
  const int vectors = columns / LANES;
  VECTOR sum[MOST][VECTORS];
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
    for (int j = 0; j < vectors; j++)
      sum[i][j] = accumulate ? LOAD(y + i * y_row + LANES * j) : (VECTOR){0};
  const float *low = a.data, *high = a.data + HALF * a.row;
#pragma GCC unroll 2
  for (int64_t p = 0; p < k; p++, low += a.column, high += a.column, b += b_row)
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
      for (int j = 0; j < vectors; j++)
        sum[i][j] += (i < HALF ? low : high)[i % HALF * a.row] * LOAD(b + LANES * j);
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) memcpy(y + i * y_row, sum[i], (size_t)vectors * sizeof(VECTOR));
}
#undef TILE
#undef VECTOR
#undef LOAD
#undef MOST
#undef WIDTH
