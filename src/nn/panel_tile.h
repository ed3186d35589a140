/* panel_tile.h: the inner loop of the panel kernels whose sums are vectors: 12 rows of 32 columns
 * in the 32 registers of AVX-512, 6 rows of 16 in the 16 of AVX2, 3 rows on a plain machine. A tile
 * of 12 rows is packed as words [n_words, 12]. */
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

/* Defines NAME_tile: `rows` rows from row `first` of a tile on, of which `valid` are wanted, of
 * some panels, each as N vectors of type VECTOR; both counts are constants at each call. ADD(sum,
 * word, weights) adds the products of a word to a sum. */
#define DEFINE_TILE(NAME, TARGET, VECTOR, N, ADD)                                                 \
  TARGET MER__INLINE void NAME##_store(const mer__panel_block *p, int64_t row, const VECTOR *v,   \
                                       const int panels) {                                        \
    enum { LANES = PANEL / (N) };                                                                 \
    float *y = p->y + row * p->y_row;                                                             \
    const float *base = p->bias ? p->bias : y;                                                    \
    if (p->n_columns == panels * PANEL) {                                                         \
      UNROLLED for (int c = 0; c < panels * (N); c++) {                                           \
        VECTOR sum;                                                                               \
        memcpy(&sum, base + c * LANES, sizeof sum);                                               \
        sum += v[c];                                                                              \
        memcpy(y + c * LANES, &sum, sizeof sum);                                                  \
      }                                                                                           \
      return;                                                                                     \
    }                                                                                             \
    float sums[MER__PANEL_MAX_PANELS * PANEL] = {0};                                              \
    UNROLLED for (int c = 0; c < panels * (N); c++) memcpy(sums + c * LANES, &v[c], sizeof v[c]); \
    for (int64_t c = 0; c < p->n_columns; c++) y[c] = base[c] + sums[c];                          \
  }                                                                                               \
  TARGET MER__INLINE void NAME##_tile(const mer__panel_block *p, int64_t first, int64_t valid,    \
                                      const int rows, const int panels) {                         \
    enum { LANES = PANEL / (N), MOST = MER__PANEL_MAX_PANELS * (N) };                             \
    const float *a = p->a + first / TILE * TILE * p->n_words + first % TILE, *b = p->b;           \
    VECTOR sums[TILE][MOST];                                                                      \
    UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < panels * (N); c++)       \
        sums[r][c] = (VECTOR){0};                                                                 \
    for (int64_t j = 0; j < p->n_words; j++, a += TILE, b += PANEL) {                             \
      VECTOR weights[MOST];                                                                       \
      UNROLLED for (int c = 0; c < panels * (N); c++) {                                           \
        const float *words = b + c / (N)*p->b_panel + c % (N)*LANES;                              \
        if (c % (N) == 0) __builtin_prefetch(words + AHEAD);                                      \
        memcpy(&weights[c], words, sizeof(VECTOR));                                               \
      }                                                                                           \
      UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < panels * (N); c++)     \
          ADD(sums[r][c], a[r], weights[c]);                                                      \
    }                                                                                             \
    UNROLLED for (int r = 0; r < rows; r++) if (r < valid)                                        \
        NAME##_store(p, first + r, sums[r], panels);                                              \
  }

/* What a kernel fetches: the next line, and what is left of its row and of all. */
typedef struct fetching {
  const float *line, *row;
  int64_t left_in_row, left;
} fetching;

/* Fetches n lines of p->ahead, from where `f` is. */
MER__INLINE void fetch_lines(fetching *f, const mer__panel_block *p, int64_t n) {
  for (; n > 0 && f->left > 0; n--, f->left--) {
    __builtin_prefetch(f->line);
    f->line += MER__PANEL_LINE;
    if (--f->left_in_row > 0) continue;
    f->line = f->row += p->ahead.row;
    f->left_in_row = p->ahead.lines;
  }
}

/* Defines NAME_multiply for AVX-512: tiles of 12 rows, of one panel or of two. With two, each word
 * that is loaded has two uses: the processor loads no more numbers than it multiplies. Before each
 * tile a part of what is wanted next is fetched. */
#define DEFINE_MULTIPLY_AVX512(NAME, TARGET)                                                     \
  TARGET MER__INLINE void NAME##_panels(const mer__panel_block *p, const int panels) {           \
    fetching f = {p->ahead.from, p->ahead.from, p->ahead.lines, p->ahead.rows * p->ahead.lines}; \
    const int64_t share = (f.left * TILE + p->rows - 1) / p->rows;                               \
    int64_t i = 0;                                                                               \
    for (; i + 8 < p->rows; i += TILE) {                                                         \
      fetch_lines(&f, p, share);                                                                 \
      NAME##_tile(p, i, p->rows - i, TILE, panels);                                              \
    }                                                                                            \
    fetch_lines(&f, p, f.left);                                                                  \
    if (i + 4 < p->rows) NAME##_tile(p, i, p->rows - i, 8, panels);                              \
    else if (i < p->rows) NAME##_tile(p, i, p->rows - i, 4, panels);                             \
  }                                                                                              \
  TARGET static void NAME##_multiply(const mer__panel_block *p) {                                \
    if (p->n_columns > PANEL) NAME##_panels(p, 2);                                               \
    else NAME##_panels(p, 1);                                                                    \
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
