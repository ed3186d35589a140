/* panel_rows_template.h: all rows of a product, one register tile after the other. Before each a
 * part of what is wanted next is fetched. After panel_tile_template.h, PACKS (whether the kernel
 * can pack) and multiply_next, which takes the next ROWS rows or what is left. */

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

MER__INLINE void multiply_rows(const mer__panel_block *p, const int panels) {
  fetching f = {p->ahead.from, p->ahead.from, p->ahead.lines, p->ahead.rows * p->ahead.lines};
  const int64_t share = (f.left * ROWS + p->rows - 1) / p->rows;
  int64_t i = 0;
  if (PACKS && p->unpacked) {
    multiply_next(p, i, panels, true);
    i += ROWS;
  }
  for (; i < p->rows; i += ROWS) {
    fetch_lines(&f, p, share);
    multiply_next(p, i, panels, false);
  }
  fetch_lines(&f, p, f.left);
}
