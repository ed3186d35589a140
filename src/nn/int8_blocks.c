/* int8_blocks.c: which thread multiplies which rows by which panels. */
#include "nn/int8_blocks.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/scratch.h"
#include "nn/parallel.h"

enum {
  PANEL = MER__INT8_PANEL,
  GROUP = MER__INT8_GROUP,
  MIN_THREAD_ROWS = 48,   /* a thread with fewer rows shares them and takes some of the panels */
  PARALLEL_MIN = 1 << 19, /* multiplications from which threads pay off */
};

_Static_assert(MER__INT8_BLOCK_BYTES >= MER__INT8_MAX_TILE_BYTES * MER__INT8_MAX_COLUMNS / GROUP,
               "a tile");
_Static_assert(sizeof(mer__int8_block) <= MER__SCRATCH_BYTES,
               "the scratch of a thread is too small");

/* The part of a whole that worker `i` of n takes: from .. to - 1. */
typedef struct share {
  int64_t from, to;
} share;

static share share_of(int64_t whole, int64_t i, int64_t n) {
  return (share){whole * i / n, whole * (i + 1) / n};
}

static int64_t panels_of(const mer__int8_matrix *m) { return (m->rows + PANEL - 1) / PANEL; }

/* Multiplies a block of rows by some panels of a matrix whose first output is number `output`. */
static void multiply_part(const mer__int8_blocks *p, mer__int8_product *block,
                          const mer__int8_matrix *m, int64_t output, share panels, int64_t first) {
  const int64_t end = mer__min(panels.to * PANEL, m->rows), step = p->kernel->panels * PANEL;
  for (int64_t o = panels.from * PANEL; o < end; o += step) {
    block->n_outputs = mer__chunk_size(end, o, step);
    memcpy(block->scales, m->scales + o, (size_t)block->n_outputs * sizeof(float));
    if (p->bias)
      memcpy(block->bias, p->bias + output + o, (size_t)block->n_outputs * sizeof(float));
    else memset(block->bias, 0, (size_t)block->n_outputs * sizeof(float));
    block->panel = m->values + o * (block->n_groups + 1) * GROUP;
    const int64_t at = first * p->outputs + output + o;
    block->y = p->y + at;
    p->kernel->multiply(block);
    if (p->finish) p->finish(p, at, block->rows, block->n_outputs);
  }
}

/* Multiplies a block of rows by the panels of a share. */
static void multiply_block(const mer__int8_blocks *p, mer__int8_product *block, share panels,
                           int64_t first) {
  int64_t output = 0;
  for (int i = 0; i < p->n_parts; i++) {
    const mer__int8_matrix *m = &p->parts[i];
    const share own = {panels.from < 0 ? 0 : panels.from, panels.to};
    multiply_part(p, block, m, output, own, first);
    output += m->rows;
    panels.from -= panels_of(m);
    panels.to -= panels_of(m);
  }
}

static int64_t tile_bytes(const mer__int8_blocks *p) {
  return p->kernel->tile * p->kernel->group_bytes * p->placed;
}

int64_t mer__int8_blocks_place(const mer__int8_blocks *p, int64_t i) {
  return i / p->kernel->tile * tile_bytes(p) + i % p->kernel->tile * p->kernel->row_bytes;
}

/* Rows and panels of one thread. */
static void multiply_share(const mer__int8_blocks *p, share rows, share panels) {
  if (rows.from >= rows.to || panels.from >= panels.to) return;
  mer__int8_block *filled = mer__scratch_take();
  mer__int8_product block = {.x = filled->x,
                             .x_scales = filled->scales,
                             .x_zeros = filled->zeros,
                             .n_groups = (p->columns + GROUP - 1) / GROUP,
                             .x_tile = tile_bytes(p),
                             .y_row = p->outputs};
  const int64_t fitting = MER__INT8_BLOCK_BYTES / block.x_tile * p->kernel->tile;
  const int64_t most = mer__min(fitting, MER__INT8_BLOCK_ROWS);
  if (p->kernel->begin) p->kernel->begin();
  for (int64_t i = rows.from; i < rows.to; i += block.rows) {
    block.rows = mer__chunk_size(rows.to, i, most);
    p->fill(filled, p, i, block.rows);
    multiply_block(p, &block, panels, i);
  }
  if (p->kernel->end) p->kernel->end();
  mer__scratch_give(filled);
}

/* Threads share the rows if each has enough of them, else in groups that share the panels. */
void mer__int8_blocks_run(const mer__int8_blocks *p, int64_t thread, int64_t n_threads) {
  int64_t groups = p->rows / MIN_THREAD_ROWS;
  if (groups > n_threads) groups = n_threads;
  if (groups < 1) groups = 1;
  while (n_threads % groups != 0) groups--;
  const int64_t members = n_threads / groups;
  multiply_share(p, share_of(p->rows, thread / members, groups),
                 share_of(p->n_panels, thread % members, members));
}

void mer__int8_blocks_begin(mer__int8_blocks *p) {
  p->kernel = mer__int8_kernel_of(p->parts[0].reduced);
  p->columns = p->parts[0].columns;
  p->most_x = p->parts[0].reduced ? MER__INT8_REDUCED_X : 255;
  p->outputs = p->n_panels = 0;
  for (int i = 0; i < p->n_parts; i++) {
    assert(p->parts[i].columns == p->columns && p->columns <= MER__INT8_MAX_COLUMNS);
    assert(p->parts[i].reduced == p->parts[0].reduced);
    p->outputs += p->parts[i].rows;
    p->n_panels += panels_of(&p->parts[i]);
  }
  const int64_t step = p->kernel->step * GROUP;
  p->placed = (p->columns + step - 1) / step * p->kernel->step;
}

bool mer__int8_blocks_shared(const mer__int8_blocks *p) {
  return mer__shared(p->rows * p->outputs * p->columns >= PARALLEL_MIN);
}
