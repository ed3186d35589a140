/* int8_matmul.c: Linear layers with int8 weights. Each thread rounds a block of rows into a buffer
 * of its own, which stays in the second-level cache, and multiplies it by panel after panel, which
 * stay in the first: so no thread waits for another. */
#include "nn/int8_matmul.h"

#include <assert.h>
#include <omp.h>
#include <stddef.h>
#include <string.h>

#include "base/scratch.h"
#include "nn/activation.h"
#include "nn/int8_kernels.h"
#include "nn/int8_rounding_kernels.h"
#include "nn/parallel.h"

enum {
  PANEL = MER__INT8_PANEL,
  GROUP = MER__INT8_GROUP,
  BLOCK_ROWS = 192,         /* most rows of a block: whole tiles of any size */
  BLOCK_BYTES = 192 * 3072, /* of such a block with bert-base's longest rows */
  MIN_THREAD_ROWS = 48,     /* a thread with fewer rows shares them and takes some of the panels */
  PARALLEL_MIN = 1 << 19,   /* multiplications from which threads pay off */
};

/* A layer. */
typedef struct product {
  float *y, *activated;
  const float *x, *bias;
  const mer__int8_matrix *parts;
  int n_parts;
  int64_t rows, x_row, columns, outputs, n_panels;
  const mer__int8_kernel *kernel;
  int32_t most_x; /* of the activations */
} product;

/* The part of a whole that worker `i` of n takes: from .. to - 1. */
typedef struct share {
  int64_t from, to;
} share;

static share share_of(int64_t whole, int64_t i, int64_t n) {
  return (share){whole * i / n, whole * (i + 1) / n};
}

static int64_t panels_of(const mer__int8_matrix *m) { return (m->rows + PANEL - 1) / PANEL; }

/* Multiplies a block of rows by some panels of a matrix whose first output is number `output`. */
static void multiply_part(const product *p, mer__int8_product *block, const mer__int8_matrix *m,
                          int64_t output, share panels, int64_t first) {
  const int64_t end = mer__min(panels.to * PANEL, m->rows), step = p->kernel->panels * PANEL;
  for (int64_t o = panels.from * PANEL; o < end; o += step) {
    block->n_outputs = mer__chunk_size(end, o, step);
    memcpy(block->scales, m->scales + o, (size_t)block->n_outputs * sizeof(float));
    if (p->bias)
      memcpy(block->bias, p->bias + output + o, (size_t)block->n_outputs * sizeof(float));
    else memset(block->bias, 0, (size_t)block->n_outputs * sizeof(float));
    block->panel = m->values + o * (block->n_groups + 1) * GROUP;
    block->y = p->y + first * p->outputs + output + o;
    p->kernel->multiply(block);
    if (p->activated)
      mer__gelu_rows(p->activated + (block->y - p->y), block->y, p->outputs, block->rows,
                     block->n_outputs);
  }
}

/* Multiplies a block of rows by the panels of a share. */
static void multiply_block(const product *p, mer__int8_product *block, share panels,
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

/* Groups of a row in a tile. */
static int64_t placed_groups(const mer__int8_kernel *kernel, int64_t columns) {
  const int64_t step = kernel->step * GROUP;
  return (columns + step - 1) / step * kernel->step;
}

/* What a thread rounds: a block of rows in tiles, and the row before it is placed. */
typedef struct workspace {
  uint8_t x[BLOCK_BYTES];
  uint8_t row[MER__INT8_MAX_COLUMNS];
  float scales[BLOCK_ROWS];
  int32_t zeros[BLOCK_ROWS];
} workspace;
_Static_assert(BLOCK_BYTES >= MER__INT8_MAX_TILE_BYTES * MER__INT8_MAX_COLUMNS / GROUP, "a tile");
_Static_assert(sizeof(workspace) <= MER__SCRATCH_BYTES, "the scratch of a thread is too small");

/* Rounds the rows of a block, and puts them into tiles. */
static void quantize_block(mer__int8_product *block, workspace *w, const float *rows,
                           const product *p) {
  const mer__int8_kernel *kernel = p->kernel;
  const int64_t columns = p->columns, n_groups = placed_groups(kernel, columns);
  const mer__int8_rounding_kernels *kernels = MER__CHOSEN(mer__int8_rounding);
  memset(w->row + columns, 0, (size_t)(n_groups * GROUP - columns));
  for (int64_t i = 0; i < block->rows; i++) {
    const mer__int8_rounding r =
        kernels->activations(w->row, rows + i * p->x_row, columns, p->most_x);
    kernel->place(w->x + i / kernel->tile * block->x_tile + i % kernel->tile * kernel->row_bytes,
                  w->row, n_groups);
    w->scales[i] = r.scale;
    w->zeros[i] = r.zero;
  }
}

/* Rows and panels of one thread. */
static void multiply_share(const product *p, share rows, share panels) {
  if (rows.from >= rows.to || panels.from >= panels.to) return;
  workspace *w = mer__scratch_take();
  mer__int8_product block = {
      .x = w->x,
      .x_scales = w->scales,
      .x_zeros = w->zeros,
      .n_groups = (p->columns + GROUP - 1) / GROUP,
      .x_tile = p->kernel->tile * p->kernel->group_bytes * placed_groups(p->kernel, p->columns),
      .y_row = p->outputs};
  const int64_t fitting = BLOCK_BYTES / block.x_tile * p->kernel->tile;
  const int64_t most = mer__min(fitting, BLOCK_ROWS);
  if (p->kernel->begin) p->kernel->begin();
  for (int64_t i = rows.from; i < rows.to; i += block.rows) {
    block.rows = mer__chunk_size(rows.to, i, most);
    quantize_block(&block, w, p->x + i * p->x_row, p);
    multiply_block(p, &block, panels, i);
  }
  if (p->kernel->end) p->kernel->end();
  mer__scratch_give(w);
}

/* Threads share the rows if each has enough of them, else in groups that share the panels. */
static void multiply_thread(const product *p, int64_t thread, int64_t n_threads) {
  int64_t groups = p->rows / MIN_THREAD_ROWS;
  if (groups > n_threads) groups = n_threads;
  if (groups < 1) groups = 1;
  while (n_threads % groups != 0) groups--;
  const int64_t members = n_threads / groups;
  multiply_share(p, share_of(p->rows, thread / members, groups),
                 share_of(p->n_panels, thread % members, members));
}

static void run(product p) {
  p.columns = p.parts[0].columns;
  p.most_x = p.parts[0].reduced ? MER__INT8_REDUCED_X : 255;
  for (int i = 0; i < p.n_parts; i++) {
    assert(p.parts[i].columns == p.columns && p.columns <= MER__INT8_MAX_COLUMNS);
    assert(p.parts[i].reduced == p.parts[0].reduced);
    p.outputs += p.parts[i].rows;
    p.n_panels += panels_of(&p.parts[i]);
  }
  if (!mer__shared(p.rows * p.outputs * p.columns >= PARALLEL_MIN)) {
    multiply_thread(&p, 0, 1);
    return;
  }
#pragma omp parallel
  multiply_thread(&p, omp_get_thread_num(), omp_get_num_threads());
}

void mer__int8_linear_forward(float *y, float *activated, const float *x,
                              const mer__int8_matrix *parts, int n_parts, const float *bias,
                              int64_t rows) {
  mer__int8_linear_forward_rows(y, activated, x, parts[0].columns, parts, n_parts, bias, rows);
}

void mer__int8_linear_forward_rows(float *y, float *activated, const float *x, int64_t x_row,
                                   const mer__int8_matrix *parts, int n_parts, const float *bias,
                                   int64_t rows) {
  run((product){.y = y,
                .activated = activated,
                .x = x,
                .x_row = x_row,
                .bias = bias,
                .parts = parts,
                .n_parts = n_parts,
                .rows = rows,
                .kernel = mer__int8_kernel_of(parts[0].reduced)});
}
