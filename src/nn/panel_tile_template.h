/* panel_tile_template.h: products of panels, whose sums are vectors in registers. A tile of 12 rows
 * is packed as words [n_words, 12].
 *
 * The file that includes it is compiled for one instruction set, and has defined before
 *   vector                      a type of 4, 8 or 16 floats
 *   add(sum, word, weights)     the sum and the products of one word of a with a vector of b
 *   ROWS, PANELS                the register tile: most rows and panels whose
 *                               sums fit the registers
 * and uses multiply_tile. */
#include <string.h>

#include "nn/fetch_ahead.h"

enum {
  PANEL = MER__PANEL,
  TILE = 12,
  LANES = sizeof(vector) / sizeof(float),
  VECTORS = PANEL / LANES, /* of a panel */
  UNPACKED_AHEAD = 16,     /* rows of b that are fetched ahead while it is packed */
};

/* The compiler keeps the sums in registers if the loops over them are unrolled early. */
#define UNROLLED _Pragma("GCC unroll 16")

/* Row `row` of y = base + its sums. */
MER__INLINE void store(const mer__panel_block *p, int64_t row, const vector *v, const int panels) {
  float *y = p->y + row * p->y_row;
  const float *base = p->bias ? p->bias : y;
  if (p->n_columns == panels * PANEL) {
    UNROLLED for (int c = 0; c < panels * VECTORS; c++) {
      vector sum;
      memcpy(&sum, base + c * LANES, sizeof sum);
      sum += v[c];
      memcpy(y + c * LANES, &sum, sizeof sum);
    }
    return;
  }
  float sums[PANELS * PANEL] = {0};
  UNROLLED for (int c = 0; c < panels * VECTORS; c++) memcpy(sums + c * LANES, &v[c], sizeof v[c]);
  for (int64_t c = 0; c < p->n_columns; c++) y[c] = base[c] + sums[c];
}

/* Word j of panels of b, as vectors; `packs`: they are read where they are not packed, and packed.
 */
MER__INLINE void load_weights(vector *weights, const mer__panel_block *p, int64_t j,
                              mer__fetch_ahead ahead, const int panels, const bool packs) {
  UNROLLED for (int c = 0; c < panels * VECTORS; c++) {
    const int64_t at = j * PANEL + c / VECTORS * p->b_panel + c % VECTORS * LANES;
    if (packs) {
      const float *row = p->unpacked + j * p->unpacked_row + c * LANES;
      if (c * LANES % MER__PANEL_LINE == 0)
        __builtin_prefetch(row + UNPACKED_AHEAD * p->unpacked_row);
      memcpy(&weights[c], row, sizeof weights[c]);
      memcpy(p->to_pack + at, row, sizeof weights[c]);
    } else {
      if (c % VECTORS == 0)
        __builtin_prefetch((const char *)(p->b + c / VECTORS * p->b_panel) + ahead.from +
                           j * ahead.step);
      memcpy(&weights[c], p->b + at, sizeof weights[c]);
    }
  }
}

/* `rows` rows from row `first` of a tile on, of which `valid` are wanted, of some panels; the last
 * three are constants at each call. */
MER__INLINE void multiply_tile(const mer__panel_block *p, int64_t first, int64_t valid,
                               const int rows, const int panels, const bool packs) {
  const float *a = p->a + first / TILE * TILE * p->n_words + first % TILE;
  const mer__fetch_ahead ahead = mer__fetch_ahead_of(first, p->rows, ROWS, p->n_words,
                                                     panels * p->b_panel * (int64_t)sizeof(float));
  vector sums[ROWS][PANELS * VECTORS];
  UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < panels * VECTORS; c++)
      sums[r][c] = (vector){0};
  _Pragma("GCC unroll 4") for (int64_t j = 0; j < p->n_words; j++, a += TILE) {
    vector weights[PANELS * VECTORS];
    load_weights(weights, p, j, ahead, panels, packs);
    UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < panels * VECTORS; c++)
        sums[r][c] = add(sums[r][c], a[r], weights[c]);
  }
  UNROLLED for (int r = 0; r < rows; r++) if (r < valid) store(p, first + r, sums[r], panels);
}
