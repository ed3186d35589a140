/* fetch_ahead.h: which weights a kernel fetches while it multiplies a tile of rows by a panel, of
 * which it reads a cache line with each step. If one tile has all rows, these are the lines that
 * come a little later. If there are several tiles, the panel is in a cache after the first one:
 * each fetches its share of the next panel, so that the memory is never idle. */
#ifndef MER_NN_FETCH_AHEAD_H
#define MER_NN_FETCH_AHEAD_H

#include <stdint.h>

#include "base/dispatch.h"

enum {
  MER__FETCH_LINE = 64,    /* bytes of a cache line */
  MER__FETCH_AHEAD = 4096, /* bytes: the processor fetches by itself, but not beyond a page */
};

/** Bytes from the panel's beginning to what is fetched with the first step, and from step to step.
 */
typedef struct mer__fetch_ahead {
  int64_t from, step;
} mer__fetch_ahead;

/** Of the tile with row `first`; a tile has `tile` of the `rows`, a panel n_lines lines, and the
 * next one begins `next` bytes after it. */
MER__INLINE mer__fetch_ahead mer__fetch_ahead_of(int64_t first, int64_t rows, int64_t tile,
                                                 int64_t n_lines, int64_t next) {
  const int64_t n_tiles = (rows + tile - 1) / tile;
  const int64_t step = (MER__FETCH_LINE + n_tiles - 1) / n_tiles;
  if (n_tiles == 1) return (mer__fetch_ahead){MER__FETCH_AHEAD, step};
  return (mer__fetch_ahead){next + first / tile * n_lines * step, step};
}

#endif
