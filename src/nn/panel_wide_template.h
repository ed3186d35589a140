/* panel_wide_template.h: the rows of a product by tiles of 12 rows and of one panel or two, for the
 * 32 registers of AVX-512. With two panels each word of a has two uses when it is loaded: with one,
 * the processor would load as many vectors as it multiplies, and loading is what it does no faster.
 * Before each tile a part of what is wanted next is fetched. After panel_tile_template.h. */

/* What a kernel fetches: the next line, and what is left of its row and of all. */
typedef struct fetching {
  const float *line, *row;
  int64_t left_in_row, left;
} fetching;

/* Fetches n cache lines of p->ahead, from where `f` is. */
MER__INLINE void fetch_lines(fetching *f, const mer__panel_block *p, int64_t n) {
  for (; n > 0 && f->left > 0; n--, f->left--) {
    __builtin_prefetch(f->line);
    f->line += MER__PANEL_LINE;
    if (--f->left_in_row > 0) continue;
    f->line = f->row += p->ahead.row;
    f->left_in_row = p->ahead.lines;
  }
}

/* The next rows, 12 or what is left. */
MER__INLINE void multiply_next(const mer__panel_block *p, int64_t i, const int panels,
                               const bool packs) {
  const int64_t left = p->rows - i;
  if (left > 8) multiply_tile(p, i, left, TILE, panels, packs);
  else if (left > 4) multiply_tile(p, i, left, 8, panels, packs);
  else multiply_tile(p, i, left, 4, panels, packs);
}

MER__INLINE void multiply_rows(const mer__panel_block *p, const int panels) {
  fetching f = {p->ahead.from, p->ahead.from, p->ahead.lines, p->ahead.rows * p->ahead.lines};
  const int64_t share = (f.left * TILE + p->rows - 1) / p->rows;
  int64_t i = 0;
  if (PACKS && p->unpacked) {
    multiply_next(p, i, panels, true);
    i += TILE;
  }
  for (; i < p->rows; i += TILE) {
    fetch_lines(&f, p, share);
    multiply_next(p, i, panels, false);
  }
  fetch_lines(&f, p, f.left);
}

static void multiply(const mer__panel_block *p) {
  if (p->n_columns > PANEL) multiply_rows(p, 2);
  else multiply_rows(p, 1);
}
