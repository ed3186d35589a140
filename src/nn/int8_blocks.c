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
  QUEUE_ROWS = 96,        /* of a part in a queue */
  QUEUE_PANELS = 4,       /* at least */
  QUEUE_PARTS = 4,        /* about, or more */
  CACHED_BYTES = 1 << 20, /* a part of the second-level cache */
  COMMON_COLUMNS = 5120,  /* most of a common block: a row is on the stack */
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

void mer__int8_blocks_factors(mer__int8_product *block, const mer__int8_blocks *p,
                              const float *scales, int64_t output) {
  const size_t bytes = (size_t)block->n_outputs * sizeof *scales;
  memcpy(block->scales, scales, bytes);
  for (int64_t j = 0; p->factors && j < block->n_outputs; j++)
    block->scales[j] *= p->factors[output + j];
  if (p->bias) memcpy(block->bias, p->bias + output, bytes);
  else memset(block->bias, 0, bytes);
}

/* Multiplies a block of rows by some panels of a matrix whose first output is number `output`. */
static void multiply_part(const mer__int8_blocks *p, mer__int8_product *block,
                          const mer__int8_matrix *m, int64_t output, share panels, int64_t first) {
  const int64_t end = mer__min(panels.to * PANEL, m->rows), step = p->kernel->panels * PANEL;
  for (int64_t o = panels.from * PANEL; o < end; o += step) {
    block->n_outputs = mer__chunk_size(end, o, step);
    mer__int8_blocks_factors(block, p, m->scales + o, output + o);
    block->panel = m->values + o * (block->n_groups + 1) * GROUP;
    const int64_t at = first * p->outputs + output + o;
    block->y = p->y + at;
    block->residual = p->residual ? p->residual + at : NULL;
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

/* What a thread multiplies with. */
typedef struct worker {
  const mer__int8_blocks *p;
  mer__int8_block *block;
  mer__int8_product product;
  int64_t most, first; /* rows of a block; the first of this one, -1: it is not filled yet */
  bool is_small;       /* all weights stay in the second-level cache */
} worker;

static int64_t most_rows(const mer__int8_blocks *p) {
  return mer__min(MER__INT8_BLOCK_BYTES / tile_bytes(p) * p->kernel->tile, MER__INT8_BLOCK_ROWS);
}

static worker begin(const mer__int8_blocks *p, mer__int8_block *block) {
  worker w = {.p = p, .block = block, .first = -1, .most = most_rows(p)};
  w.product = (mer__int8_product){.x = block->x,
                                  .x_scales = block->scales,
                                  .x_zeros = block->zeros,
                                  .n_groups = (p->columns + GROUP - 1) / GROUP,
                                  .x_tile = tile_bytes(p),
                                  .relu = p->relu,
                                  .y_row = p->outputs};
  w.is_small = p->n_panels * PANEL * p->columns <= CACHED_BYTES;
  if (p->kernel->begin) p->kernel->begin();
  return w;
}

static void end(const worker *w) {
  if (w->p->kernel->end) w->p->kernel->end();
}

/* Some rows and panels; rows that are in the block already are not filled in again. */
static void multiply_share(worker *w, share rows, share panels) {
  for (int64_t i = rows.from; i < rows.to; i += w->product.rows) {
    w->product.rows = mer__chunk_size(rows.to, i, w->most);
    w->product.cached = w->first >= 0 && panels.to - panels.from == w->p->n_panels && w->is_small;
    if (i != w->first) w->p->fill(w->block, w->p, i, 0, w->product.rows, w->block->row);
    w->first = i;
    multiply_block(w->p, &w->product, panels, i);
  }
}

/* Threads share the rows if each has enough of them, else in groups that share the panels. */
void mer__int8_blocks_run(const mer__int8_blocks *p, int64_t thread, int64_t n_threads) {
  int64_t groups = p->rows / MIN_THREAD_ROWS;
  if (groups > n_threads) groups = n_threads;
  if (groups < 1) groups = 1;
  while (n_threads % groups != 0) groups--;
  const int64_t members = n_threads / groups;
  const share rows = share_of(p->rows, thread / members, groups);
  const share panels = share_of(p->n_panels, thread % members, members);
  if (rows.from >= rows.to || panels.from >= panels.to) return;
  worker w = begin(p, mer__scratch_take());
  multiply_share(&w, rows, panels);
  end(&w);
  mer__scratch_give(w.block);
}

/* How a product is cut into parts, number 0 to n_rows * n_panels - 1. */
typedef struct parts {
  int64_t n_rows, n_panels;
} parts;

static parts parts_of(const mer__int8_blocks *p, int64_t n_threads) {
  const int64_t n_rows = (p->rows + QUEUE_ROWS - 1) / QUEUE_ROWS;
  const int64_t wanted = (QUEUE_PARTS * n_threads + n_rows - 1) / n_rows;
  return (parts){n_rows, mer__max(1, mer__min(wanted, p->n_panels / QUEUE_PANELS))};
}

static void multiply_queued(worker *w, const parts *all, int64_t i) {
  const int64_t first = i / all->n_panels * QUEUE_ROWS;
  multiply_share(w, (share){first, mer__min(first + QUEUE_ROWS, w->p->rows)},
                 share_of(w->p->n_panels, i % all->n_panels, all->n_panels));
}

void mer__int8_blocks_run_queues(const mer__int8_blocks *p, int64_t *taken, int64_t thread,
                                 int64_t n_threads) {
  const parts all = parts_of(p, n_threads);
  worker w = begin(p, mer__scratch_take());
  for (int64_t t = 0; t < n_threads; t++) {
    const int64_t owner = (thread + t) % n_threads;
    const share queue = share_of(all.n_rows * all.n_panels, owner, n_threads);
    for (;;) {
      int64_t i;
#pragma omp atomic capture
      i = taken[owner]++;
      if (queue.from + i >= queue.to) break;
      multiply_queued(&w, &all, queue.from + i);
    }
  }
  end(&w);
  mer__scratch_give(w.block);
}

bool mer__int8_common_fits(const mer__int8_blocks *p, int64_t n_threads) {
  return p->rows <= most_rows(p) && p->rows >= MIN_THREAD_ROWS * n_threads &&
         p->columns <= COMMON_COLUMNS;
}

void mer__int8_common_begin(mer__int8_common *c) {
  *c = (mer__int8_common){.block = mer__scratch_take()};
}

void mer__int8_common_end(const mer__int8_common *c) { mer__scratch_give(c->block); }

static void fill_share(mer__int8_block *block, const mer__int8_blocks *p, int64_t thread,
                       int64_t n_threads) {
  uint8_t row[COMMON_COLUMNS + MER__INT8_ROW_SLACK];
  const share rows = share_of(p->rows, thread, n_threads);
  p->fill(block, p, 0, rows.from, rows.to, row);
}

void mer__int8_common_run(mer__int8_common *c, const mer__int8_blocks *p, int64_t thread,
                          int64_t n_threads) {
  const int64_t step = p->kernel->panels;
  const int64_t n = mer__max(step, p->n_panels / (QUEUE_PARTS * n_threads) / step * step);
  fill_share(c->block, p, thread, n_threads);
#pragma omp barrier
  worker w = begin(p, c->block);
  w.product.rows = p->rows;
  for (;;) {
    int64_t first;
#pragma omp atomic capture
    {
      first = c->taken;
      c->taken += n;
    }
    if (first >= p->n_panels) break;
    multiply_block(p, &w.product, (share){first, mer__min(first + n, p->n_panels)}, 0);
  }
  end(&w);
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
