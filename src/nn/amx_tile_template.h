/* amx_tile_template.h: sums of one or two tiles of 16 rows by one or two panels of 16 columns, by
 * AMX. With two of each, what is read of a tile or of a panel is multiplied twice: loading a
 * register takes as long as multiplying it when it comes from the second-level cache.
 *
 * The file that includes it has defined before
 *   MULTIPLY(sums, rows, panel)   the instruction, for the numbers of three registers
 */
#include "nn/amx.h"

enum { AMX_ROWS = MER__AMX_ROWS, AMX_BYTES = MER__AMX_ROWS * MER__AMX_ROW_BYTES };

/* What is multiplied: steps of one register of each tile and each panel. */
typedef struct amx_operands {
  const char *rows, *panels; /* the first tile and panel */
  int64_t tile, panel;       /* bytes from one to the next */
  int64_t n_steps;
} amx_operands;

/* What is wanted next, of one panel or two: lines, of which a step fetches some. */
typedef struct amx_ahead {
  const char *next[2];
  int64_t lines;
} amx_ahead;

MER__INLINE void fetch_next(amx_ahead *ahead, const int panels) {
  for (int64_t i = 0; i < ahead->lines; i++)
    for (int c = 0; c < panels; c++) {
      _mm_prefetch(ahead->next[c], _MM_HINT_T0);
      ahead->next[c] += MER__AMX_ROW_BYTES;
    }
}

MER__INLINE void zero_sums(void) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

/* Adds products to the sums, in registers 0 and 1 of the first tile, in 2 and 3 of the second. Both
 * counts are constants at each call. */
MER__INLINE void add_products(const amx_operands *o, const int tiles, const int panels,
                              amx_ahead *ahead) {
  const char *rows = o->rows, *panel = o->panels;
  for (int64_t i = 0; i < o->n_steps; i++, rows += AMX_BYTES, panel += AMX_BYTES) {
    fetch_next(ahead, panels);
    _tile_loadd(6, panel, MER__AMX_ROW_BYTES);
    _tile_loadd(4, rows, MER__AMX_ROW_BYTES);
    MULTIPLY(0, 4, 6);
    if (panels > 1) {
      _tile_loadd(7, panel + o->panel, MER__AMX_ROW_BYTES);
      MULTIPLY(1, 4, 7);
    }
    if (tiles > 1) {
      _tile_loadd(5, rows + o->tile, MER__AMX_ROW_BYTES);
      MULTIPLY(2, 5, 6);
      if (panels > 1) MULTIPLY(3, 5, 7);
    }
  }
}

/* Stores them: 16 x 16 numbers of 32 bits for each tile and panel. */
MER__INLINE void store_sums(char *to, const int tiles, const int panels) {
  _tile_stored(0, to, MER__AMX_ROW_BYTES);
  if (panels > 1) _tile_stored(1, to + AMX_BYTES, MER__AMX_ROW_BYTES);
  if (tiles > 1) _tile_stored(2, to + 2 * AMX_BYTES, MER__AMX_ROW_BYTES);
  if (tiles > 1 && panels > 1) _tile_stored(3, to + 3 * AMX_BYTES, MER__AMX_ROW_BYTES);
}
