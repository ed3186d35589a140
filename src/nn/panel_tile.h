/* panel_tile.h: the inner loop of the panel kernels whose sums are vectors: 12 rows of 16 columns
 * in the 32 registers of AVX-512, 6 rows in the 16 of AVX2, 3 rows on a plain machine. A tile of 12
 * rows is packed as words [n_words, 12]. */
#ifndef MER_NN_PANEL_TILE_H
#define MER_NN_PANEL_TILE_H

#include <stddef.h>
#include <string.h>

#include "base/dispatch.h"
#include "nn/panel_kernels.h"

enum {
  PANEL = MER__PANEL,
  TILE = 12,
  AHEAD = 1024, /* words of b that are fetched ahead: the processor does not do it beyond a page */
};

/* The compiler keeps the sums in registers if the loops over them are unrolled early. */
#define UNROLLED _Pragma("GCC unroll 16")

/* Defines NAME_tile: ROWS rows from row `first` of a tile on, of which `valid` are wanted, each as
 * N vectors of type VECTOR; ADD(sum, word, weights) adds the products of a word to a sum. */
#define DEFINE_TILE(NAME, TARGET, VECTOR, N, ADD)                                                 \
  TARGET MER__INLINE void NAME##_store(const mer__panel_block *p, int64_t row, const VECTOR *v) { \
    enum { LANES = PANEL / (N) };                                                                 \
    float *y = p->y + row * p->y_row;                                                             \
    const float *base = p->bias ? p->bias : y;                                                    \
    if (p->n_columns == PANEL) {                                                                  \
      UNROLLED for (int c = 0; c < (N); c++) {                                                    \
        VECTOR sum;                                                                               \
        memcpy(&sum, base + c * LANES, sizeof sum);                                               \
        sum += v[c];                                                                              \
        memcpy(y + c * LANES, &sum, sizeof sum);                                                  \
      }                                                                                           \
      return;                                                                                     \
    }                                                                                             \
    float sums[PANEL];                                                                            \
    memcpy(sums, v, sizeof sums);                                                                 \
    for (int64_t c = 0; c < p->n_columns; c++) y[c] = base[c] + sums[c];                          \
  }                                                                                               \
  TARGET MER__INLINE void NAME##_tile(const mer__panel_block *p, int64_t first, int64_t valid,    \
                                      const int rows) {                                           \
    enum { LANES = PANEL / (N) };                                                                 \
    const float *a = p->a + first / TILE * TILE * p->n_words + first % TILE, *b = p->b;           \
    VECTOR sums[TILE][N];                                                                         \
    UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < (N); c++) sums[r][c] =   \
        (VECTOR){0};                                                                              \
    for (int64_t j = 0; j < p->n_words; j++, a += TILE, b += PANEL) {                             \
      VECTOR weights[N];                                                                          \
      __builtin_prefetch(b + AHEAD);                                                              \
      UNROLLED for (int c = 0; c < (N); c++) memcpy(&weights[c], b + c * LANES, sizeof(VECTOR));  \
      UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < (N); c++)              \
          ADD(sums[r][c], a[r], weights[c]);                                                      \
    }                                                                                             \
    UNROLLED for (int r = 0; r < rows; r++) if (r < valid) NAME##_store(p, first + r, sums[r]);   \
  }

/* Defines the functions of mer__panel_kernels that pack, from rows_SUFFIX and columns_SUFFIX, which
 * take the number of words that lie side by side as their second argument. */
#define DEFINE_PACKING(SUFFIX)                                                                     \
  static void tile_of_rows_##SUFFIX(float *to, const float *from, int64_t from_row,                \
                                    int64_t n_rows, int64_t n) {                                   \
    rows_##SUFFIX(to, TILE, from, from_row, n_rows, n);                                            \
  }                                                                                                \
  static void panel_of_rows_##SUFFIX(float *to, const float *from, int64_t from_row,               \
                                     int64_t n_rows, int64_t n) {                                  \
    rows_##SUFFIX(to, PANEL, from, from_row, n_rows, n);                                           \
  }                                                                                                \
  static void tile_of_columns_##SUFFIX(float *to, const float *from, int64_t from_row, int64_t n,  \
                                       int64_t n_columns) {                                        \
    columns_##SUFFIX(to, TILE, from, from_row, n, n_columns);                                      \
  }                                                                                                \
  static void panel_of_columns_##SUFFIX(float *to, const float *from, int64_t from_row, int64_t n, \
                                        int64_t n_columns) {                                       \
    columns_##SUFFIX(to, PANEL, from, from_row, n, n_columns);                                     \
  }
#define PACKING(SUFFIX)                                                           \
  .tile_of_rows = tile_of_rows_##SUFFIX, .panel_of_rows = panel_of_rows_##SUFFIX, \
  .tile_of_columns = tile_of_columns_##SUFFIX, .panel_of_columns = panel_of_columns_##SUFFIX

#endif
