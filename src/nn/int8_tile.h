/* int8_tile.h: how the int8 kernels find their operands: tiles of rows by 16 outputs, whose sums
 * stay in registers. */
#ifndef MER_NN_INT8_TILE_H
#define MER_NN_INT8_TILE_H

#include <string.h>

#include "base/dispatch.h"
#include "nn/fetch_ahead.h"
#include "nn/int8_kernels.h"

enum { PANEL = MER__INT8_PANEL, TILE = 12, GROUP = MER__INT8_GROUP };

/* The sums of the panel's rows stand before them. */
MER__INLINE const int8_t *weights_of(const mer__int8_product *p) {
  return p->panel + PANEL * GROUP;
}

/* From one panel to the next. */
MER__INLINE int64_t panel_bytes(const mer__int8_product *p) {
  return (p->n_groups + 1) * PANEL * GROUP;
}

/* Group 0 of row i, in tiles of 12 rows that take groups one by one, of `bytes` each. */
MER__INLINE const uint8_t *row_of(const mer__int8_product *p, int64_t i, int64_t bytes) {
  return p->x + i / TILE * p->x_tile + i % TILE * bytes;
}

/* Groups as they are: [n_groups, tile, 4]. */
MER__INLINE void place(uint8_t *to, const uint8_t *row, int64_t n_groups, const int64_t tile) {
  for (int64_t g = 0; g < n_groups; g++, to += tile * GROUP, row += GROUP) memcpy(to, row, GROUP);
}

/* Groups one by one, in tiles of 12 rows. */
MER__INLINE void place_groups(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  place(to, row, n_groups, TILE);
}

/* What is fetched while the tile of `tile` rows with row `first` is multiplied by one panel. */
MER__INLINE mer__fetch_ahead ahead_of(const mer__int8_product *p, int64_t first, int64_t tile) {
  return mer__fetch_ahead_of(first, p->rows, tile, p->n_groups, panel_bytes(p));
}

/* Four neighbours of a row, in every lane. */
MER__INLINE int32_t load_group(const uint8_t *x) {
  int32_t group;
  memcpy(&group, x, sizeof group);
  return group;
}

#endif
