/* panel_wide_template.h: the rows of a product by tiles of 12 rows and of one panel or two, for the
 * 32 registers of AVX-512. With two panels each word of a has two uses when it is loaded: with one,
 * the processor would load as many vectors as it multiplies, and loading is what it does no faster.
 * After panel_tile_template.h. */

/* The next rows, 12 or what is left. */
MER__INLINE void multiply_next(const mer__panel_block *p, int64_t i, const int panels,
                               const bool packs) {
  const int64_t left = p->rows - i;
  if (left > 8) multiply_tile(p, i, left, TILE, panels, packs);
  else if (left > 4) multiply_tile(p, i, left, 8, panels, packs);
  else multiply_tile(p, i, left, 4, panels, packs);
}

#include "nn/panel_rows_template.h"

static void multiply(const mer__panel_block *p) {
  if (p->n_columns > PANEL) multiply_rows(p, 2);
  else multiply_rows(p, 1);
}
