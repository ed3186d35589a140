/* panels.c: blocks of both operands are packed where the second-level cache keeps them. */
#include "nn/panels.h"

#include <omp.h>
#include <string.h>

#include "base/alloc.h"
#include "base/scratch.h"
#include "nn/activation.h"
#include "nn/parallel.h"

enum {
  PANEL = MER__PANEL,
  BLOCK_ROWS = 240,                   /* most rows of a block of a: whole tiles of any size */
  BLOCK_WORDS = MER__PANEL_MAX_WORDS, /* most words of a block */
  PANELS_AT_ONCE = 4,                 /* that are packed together: neighbours in memory */
  PACKED_ROWS = 32,                   /* rows that are packed together: whole steps of any kernel */
  IN_PLACE_UNIT = 16,                 /* elements: a block of panels in place has whole units */
};

/* A product y [m, n] = a b + bias. */
typedef struct product {
  float *y, *activated;
  const float *a, *b, *bias;
  mer__panel_layout layout;
  int64_t m, n, k, y_row, a_row;
  const mer__panel_kernels *kernels;
} product;

/* Whether panels of b are multiplied where they lie. */
static bool in_place(const product *p) {
  return p->layout == MER__PANELS && p->kernels->elements == 1;
}

/* Rows of y and elements of the sums that are worked on. */
typedef struct block {
  int64_t row, n_rows, from, size, n_words;
  float *a; /* packed in tiles */
} block;

static void pack_a(const product *p, const block *k) {
  const int64_t tile = p->kernels->tile, most = p->kernels->block;
  for (int64_t i = 0; i < k->n_rows; i += tile)
    for (int64_t j = 0; j < k->size; j += most)
      p->kernels->pack_rows(k->a + i * k->n_words + mer__panel_words(p->kernels, j) * tile,
                            MER__PANEL_LEFT, p->a + (k->row + i) * p->a_row + k->from + j, p->a_row,
                            k->n_rows - i, mer__min(most, k->size - j));
}

/* Panels of a block of b that are packed together, from column `first` on. */
typedef struct packed_panels {
  float words[PANELS_AT_ONCE][PANEL * BLOCK_WORDS];
} packed_panels;

/* What a thread packs. */
typedef struct workspace {
  float a[BLOCK_ROWS * BLOCK_WORDS];
  packed_panels b;
} workspace;
_Static_assert(sizeof(workspace) <= MER__SCRATCH_BYTES, "the scratch of a thread is too small");

static void pack_rows(packed_panels *to, const product *p, const block *k, int64_t first,
                      int64_t end) {
  for (int64_t j = first; j < end; j += PANEL)
    p->kernels->pack_rows(to->words[(j - first) / PANEL], MER__PANEL_RIGHT,
                          p->b + j * p->k + k->from, p->k, mer__min(PANEL, end - j), k->size);
}

/* Panels of f32, one after the other, in the form of the kernel. */
static void pack_panels(packed_panels *to, const product *p, const block *k, int64_t first,
                        int64_t end) {
  for (int64_t j = first; j < end; j += PANEL)
    p->kernels->pack_columns(to->words[(j - first) / PANEL], MER__PANEL_RIGHT,
                             p->b + j * p->k + k->from * PANEL, PANEL, k->size, PANEL);
}

/* Some rows after the other, of all panels: parts of rows that lie together are read together. */
static void pack_columns_of(packed_panels *to, const product *p, const block *k, int64_t first,
                            int64_t end) {
  for (int64_t i = 0; i < k->size; i += PACKED_ROWS)
    for (int64_t j = first; j < end; j += PANEL)
      p->kernels->pack_columns(
          to->words[(j - first) / PANEL] + mer__panel_words(p->kernels, i) * PANEL,
          MER__PANEL_RIGHT, p->b + (k->from + i) * p->n + j, p->n,
          mer__min(PACKED_ROWS, k->size - i), mer__min(PANEL, end - j));
}

/* The part of b that panels from column `first` on, before `end`, are made of. */
static mer__panel_ahead part_of_b(const product *p, const block *k, int64_t first, int64_t end) {
  if (first >= end || p->layout == MER__PANELS) return (mer__panel_ahead){0};
  if (p->layout == MER__ROWS_OF_COLUMNS)
    return (mer__panel_ahead){p->b + first * p->k + k->from, p->k, end - first,
                              k->size / MER__PANEL_LINE};
  return (mer__panel_ahead){p->b + k->from * p->n + first, p->n, k->size,
                            (end - first) / MER__PANEL_LINE};
}

/* Panels of a block of b. */
typedef struct panels {
  const float *b;
  int64_t b_panel;
  float *to_pack; /* b, if the kernel is to pack it from the rows; else NULL */
  int64_t column, n_columns,
      next; /* the first, their number, and where those begin that are fetched */
} panels;

/* Multiplies them, and fetches the next before column `end`. */
static void multiply_panels(const product *p, const block *k, const panels *q, int64_t end) {
  float bias[MER__PANEL_MAX_PANELS * PANEL] = {0};
  const int64_t j = q->column, n = q->n_columns;
  if (p->bias) memcpy(bias, p->bias + j, (size_t)n * sizeof *bias);
  p->kernels->multiply(
      &(mer__panel_block){.y = p->y + k->row * p->y_row + j,
                          .y_row = p->y_row,
                          .a = k->a,
                          .b = q->b,
                          .b_panel = q->b_panel,
                          .unpacked = q->to_pack ? p->b + k->from * p->n + j : NULL,
                          .unpacked_row = p->n,
                          .to_pack = q->to_pack,
                          .bias = k->from == 0 ? bias : NULL,
                          .rows = k->n_rows,
                          .n_columns = n,
                          .n_words = k->n_words,
                          .ahead = part_of_b(p, k, q->next, mer__min(q->next + n, end))});
  if (p->activated && k->from + k->size == p->k) {
    const int64_t at = k->row * p->y_row + j;
    mer__gelu_rows(p->activated + at, p->y + at, p->y_row, k->n_rows, n);
  }
}

/* Some neighbouring panels, packed together; or where they lie packed. */
static void multiply_some(const product *p, const block *k, packed_panels *packed, int64_t first,
                          int64_t end, int64_t to) {
  const int64_t step = p->kernels->panels * PANEL;
  if (p->layout == MER__ROWS_OF_COLUMNS) pack_rows(packed, p, k, first, end);
  else if (p->layout == MER__ROWS) pack_columns_of(packed, p, k, first, end);
  else if (!in_place(p)) pack_panels(packed, p, k, first, end);
  for (int64_t j = first; j < end; j += step) {
    panels q = {.b = packed->words[(j - first) / PANEL],
                .b_panel = BLOCK_WORDS * PANEL,
                .column = j,
                .n_columns = mer__min(step, end - j),
                .next = j + PANELS_AT_ONCE * PANEL};
    if (in_place(p)) q.b = p->b + j * p->k + k->from * PANEL, q.b_panel = p->k * PANEL;
    multiply_panels(p, k, &q, to);
  }
}

/* The columns from .. to - 1 of a block of y: first the panels that the kernel packs itself. */
static void multiply_block(const product *p, const block *k, packed_panels *packed, int64_t from,
                           int64_t to) {
  const int64_t step = p->kernels->panels * PANEL;
  if (p->layout == MER__ROWS && p->kernels->packs_rows)
    for (; from + step <= to; from += step)
      multiply_panels(p, k,
                      &(panels){.b = packed->words[0],
                                .b_panel = BLOCK_WORDS * PANEL,
                                .to_pack = packed->words[0],
                                .column = from,
                                .n_columns = step,
                                .next = from + step},
                      to);
  for (int64_t first = from; first < to; first += PANELS_AT_ONCE * PANEL)
    multiply_some(p, k, packed, first, mer__min(to, first + PANELS_AT_ONCE * PANEL), to);
}

static void begin(const mer__panel_kernels *kernels) {
  if (kernels->begin) kernels->begin();
}

static void end(const mer__panel_kernels *kernels) {
  if (kernels->end) kernels->end();
}

/* Elements of the sums of a block of `rows` rows. Panels that lie in memory are best read as a
 * whole: where the next block is elsewhere, nothing of it has been fetched. */
static int64_t block_size(const product *p, int64_t rows) {
  return in_place(p) ? BLOCK_ROWS * p->kernels->block / rows / IN_PLACE_UNIT * IN_PLACE_UNIT
                     : p->kernels->block;
}

/* How a product is cut: blocks of `rows` rows, and shares of the columns. */
typedef struct parts {
  int64_t rows, n_blocks, n_shares;
  mer__part_queue queue;
} parts;

static parts parts_of(const product *p, int64_t n_threads) {
  const int64_t n_blocks = (p->m + BLOCK_ROWS - 1) / BLOCK_ROWS;
  const int64_t rows = mer__round_up((p->m + n_blocks - 1) / n_blocks, p->kernels->tile);
  const int64_t n_shares = mer__min(n_threads, (p->n + PANEL - 1) / PANEL);
  return (parts){rows, n_blocks, n_shares, mer__part_queue_begin(n_threads)};
}

/* The columns of a share, of the block of rows that begins with row i. */
static void multiply_part(const product *p, const parts *all, int64_t i, int64_t share,
                          workspace *w) {
  const int64_t n_panels = (p->n + PANEL - 1) / PANEL;
  const int64_t from = n_panels * share / all->n_shares * PANEL;
  const int64_t to = mer__min(n_panels * (share + 1) / all->n_shares * PANEL, p->n);
  const int64_t size = block_size(p, all->rows);
  for (int64_t j = 0; j < p->k; j += size) {
    block k = {.row = i, .n_rows = mer__min(all->rows, p->m - i), .from = j, .a = w->a};
    k.size = mer__min(size, p->k - j);
    k.n_words = mer__panel_words(p->kernels, k.size);
    pack_a(p, &k);
    multiply_block(p, &k, &w->b, from, to);
  }
}

/* The parts of thread `thread` of a team. */
static void multiply_parts(const product *p, parts *all, int64_t thread, int64_t team) {
  const int64_t n_parts = all->n_blocks * all->n_shares;
  if (thread >= n_parts) return;
  workspace *w = mer__scratch_take();
  begin(p->kernels);
  for (int64_t i = thread; i < n_parts; i = mer__part_queue_next(&all->queue, i, team))
    multiply_part(p, all, i / all->n_shares * all->rows, i % all->n_shares, w);
  end(p->kernels);
  mer__scratch_give(w);
}

void mer__panels_multiply(float *y, float *activated, const float *a, const float *b,
                          mer__panel_layout layout, const float *bias, int64_t m, int64_t n,
                          int64_t k, mer__product_dtype dtype) {
  mer__panels_multiply_rows(y, n, activated, a, k, b, layout, bias, m, n, k, dtype);
}

void mer__panels_multiply_rows(float *y, int64_t y_row, float *activated, const float *a,
                               int64_t a_row, const float *b, mer__panel_layout layout,
                               const float *bias, int64_t m, int64_t n, int64_t k,
                               mer__product_dtype dtype) {
  const product p = {y, activated, a, b,     bias,  layout,
                     m, n,         k, y_row, a_row, mer__panel_kernels_of(dtype)};
  if (m == 0) return;
  const bool shared = mer__shared(m * n * k >= MER__PRODUCTS_PARALLEL_MIN);
  parts all = parts_of(&p, shared ? omp_get_max_threads() : 1);
  if (!shared) {
    multiply_parts(&p, &all, 0, 1);
    return;
  }
#pragma omp parallel
  multiply_parts(&p, &all, omp_get_thread_num(), omp_get_num_threads());
}

/* Replaces a panel of b, 16 k floats, by its transpose; `columns` of it before: k or 16. */
static void transpose_panel(float *b, float *copy, int64_t k, int64_t columns) {
  const int64_t rows = PANEL * k / columns;
  memcpy(copy, b, (size_t)(PANEL * k) * sizeof *copy);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < columns; c++) b[c * rows + r] = copy[r * columns + c];
}

/* All panels, on all threads. */
static bool transpose_panels(float *b, int64_t n, int64_t k, int64_t columns) {
  const bool shared = mer__shared(n * k >= MER__PRODUCTS_PARALLEL_MIN);
  const int64_t size = PANEL * k, n_threads = shared ? omp_get_max_threads() : 1;
  float *copies = mer__malloc((size_t)n_threads, (size_t)size * sizeof *copies);
  if (!copies) return false;
#pragma omp parallel for schedule(static) if (shared)
  for (int64_t j = 0; j < n / PANEL; j++)
    transpose_panel(b + j * size, copies + omp_get_thread_num() * size, k, columns);
  mer__free(copies);
  return true;
}

bool mer__panels_pack(float *b, int64_t n, int64_t k) { return transpose_panels(b, n, k, k); }
bool mer__panels_unpack(float *b, int64_t n, int64_t k) { return transpose_panels(b, n, k, PANEL); }

int64_t mer__panels_tile(mer__product_dtype dtype) { return mer__panel_kernels_of(dtype)->tile; }

/* Floats that `columns` columns of k elements take, in tiles or panels of any dtype. */
static int64_t packed_size(int64_t columns, int64_t k) {
  const int64_t f32 = mer__panel_words(mer__panel_kernels_of(MER__PRODUCT_F32_MANY), k),
                bf16 = mer__panel_words(mer__panel_kernels_of(MER__PRODUCT_BF16), k);
  return (columns + MER__PANEL_MAX_TILE) * (f32 > bf16 ? f32 : bf16);
}

/* Where b lies in the scratch, after a. */
static int64_t place_of_b(int64_t m, int64_t k) { return mer__round_up(packed_size(m, k), PANEL); }

int64_t mer__panels_outer_scratch(int64_t m, int64_t n, int64_t k) {
  return place_of_b(m, k) + packed_size(n, k);
}

/* The operands of a product a^T b, of which each thread packs a share. */
typedef struct outer {
  float *scratch;
  const float *a, *b;
  int64_t a_row, b_row, m, n, k;
  const mer__panel_kernels *kernels;
} outer;

/* A share of the columns of x [k, columns], rows of `row` floats. */
static void pack_operand(float *to, const mer__panel_kernels *kernels, mer__panel_operand operand,
                         const float *x, int64_t row, int64_t columns, int64_t k, int64_t thread,
                         int64_t team) {
  const int64_t n_words = mer__panel_words(kernels, k);
  const int64_t width = operand == MER__PANEL_LEFT ? kernels->tile : PANEL;
  const int64_t n = (columns + width - 1) / width, end = n * (thread + 1) / team * width;
  for (int64_t j = n * thread / team * width; j < mer__min(end, columns); j += width)
    kernels->pack_columns(to + j * n_words, operand, x + j, row, k, mer__min(width, columns - j));
}

static void pack_share(const outer *o, int64_t thread, int64_t team) {
  pack_operand(o->scratch, o->kernels, MER__PANEL_LEFT, o->a, o->a_row, o->m, o->k, thread, team);
  pack_operand(o->scratch + place_of_b(o->m, o->k), o->kernels, MER__PANEL_RIGHT, o->b, o->b_row,
               o->n, o->k, thread, team);
}

void mer__panels_outer_pack(float *scratch, const float *a, const float *b, int64_t m, int64_t n,
                            int64_t k, mer__product_dtype dtype) {
  mer__panels_outer_pack_rows(scratch, a, m, b, n, m, n, k, dtype);
}

void mer__panels_outer_pack_rows(float *scratch, const float *a, int64_t a_row, const float *b,
                                 int64_t b_row, int64_t m, int64_t n, int64_t k,
                                 mer__product_dtype dtype) {
  const outer o = {scratch, a, b, a_row, b_row, m, n, k, mer__panel_kernels_of(dtype)};
  if (!mer__shared((m + n) * k >= MER__PARALLEL_MIN)) {
    pack_share(&o, 0, 1);
    return;
  }
#pragma omp parallel
  pack_share(&o, omp_get_thread_num(), omp_get_num_threads());
}

void mer__panels_outer_rows(float *y, const float *scratch, int64_t m, int64_t n, int64_t k,
                            int64_t first, int64_t n_rows, bool accumulate,
                            mer__product_dtype dtype) {
  static const float zeros[MER__PANEL_MAX_PANELS * PANEL];
  const mer__panel_kernels *kernels = mer__panel_kernels_of(dtype);
  const int64_t n_words = mer__panel_words(kernels, k);
  const int64_t step = kernels->panels * PANEL;
  const float *b = scratch + place_of_b(m, k);
  begin(kernels);
  for (int64_t j = 0; j < n; j += step)
    kernels->multiply(&(mer__panel_block){.y = y + j,
                                          .y_row = n,
                                          .a = scratch + first * n_words,
                                          .b = b + j * n_words,
                                          .b_panel = PANEL * n_words,
                                          .bias = accumulate ? NULL : zeros,
                                          .rows = n_rows,
                                          .n_columns = mer__min(step, n - j),
                                          .n_words = n_words});
  end(kernels);
}
