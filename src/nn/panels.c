/* panels.c: blocks of both operands are packed where the second-level cache keeps them. */
#include "nn/panels.h"

#include <omp.h>
#include <string.h>

#include "base/alloc.h"
#include "nn/parallel.h"

enum {
  PANEL = MER__PANEL,
  TILE = MER__PANEL_TILE,
  BLOCK_ROWS = 20 * TILE,             /* most rows of a block of a */
  BLOCK_WORDS = MER__PANEL_MAX_WORDS, /* most words of a block */
  PANELS_AT_ONCE = 4,                 /* that are packed together: neighbours in memory */
  PARALLEL_MIN = 1 << 18,             /* multiplications from which threads pay off */
};

static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

/* A product y [m, n] = a b + bias. */
typedef struct product {
  float *y;
  const float *a, *b, *bias;
  mer__panel_layout layout;
  int64_t m, n, k;
  const mer__panel_kernels *kernels;
} product;

/* Rows of y and elements of the sums that are worked on. */
typedef struct block {
  int64_t row, n_rows, from, size, n_words;
  float *a; /* packed: [n_rows / 12, n_words, 12] */
} block;

static void pack_a(const product *p, const block *k) {
  for (int64_t i = 0; i < k->n_rows; i += TILE)
    p->kernels->words_of_rows(k->a + i * k->n_words, TILE, p->a + (k->row + i) * p->k + k->from,
                              p->k, k->n_rows - i, k->size);
}

/* Packs the columns that begin at j, up to 16, of the block's words; or finds them packed. */
static const float *pack_b(float *to, const product *p, const block *k, int64_t j) {
  const int64_t n = min64(PANEL, p->n - j);
  if (p->layout == MER__PANELS) return p->b + j * p->k + k->from * PANEL;
  if (p->layout == MER__ROWS)
    p->kernels->words_of_columns(to, PANEL, p->b + k->from * p->n + j, p->n, k->size, n);
  else p->kernels->words_of_rows(to, PANEL, p->b + j * p->k + k->from, p->k, n, k->size);
  return to;
}

static void multiply_panel(const product *p, const block *k, const float *b, int64_t j) {
  float bias[PANEL] = {0};
  mer__panel_block panel = {.y = p->y + k->row * p->n + j,
                            .y_row = p->n,
                            .a = k->a,
                            .a_tile = TILE * k->n_words,
                            .a_step = TILE,
                            .b = b,
                            .bias = k->from == 0 ? bias : NULL,
                            .rows = k->n_rows,
                            .n_columns = min64(PANEL, p->n - j),
                            .n_words = k->n_words};
  if (p->bias) memcpy(bias, p->bias + j, (size_t)panel.n_columns * sizeof *bias);
  p->kernels->multiply(&panel);
}

/* The columns from .. to - 1 of a block of y. */
static void multiply_block(const product *p, const block *k, int64_t from, int64_t to) {
  _Alignas(64) float packed[PANELS_AT_ONCE][PANEL * BLOCK_WORDS];
  const float *b[PANELS_AT_ONCE];
  for (int64_t j = from; j < to; j += PANELS_AT_ONCE * PANEL) {
    const int64_t end = min64(to, j + PANELS_AT_ONCE * PANEL);
    for (int64_t i = j; i < end; i += PANEL)
      b[(i - j) / PANEL] = pack_b(packed[(i - j) / PANEL], p, k, i);
    for (int64_t i = j; i < end; i += PANEL) multiply_panel(p, k, b[(i - j) / PANEL], i);
  }
}

/* The columns of one thread, in blocks of rows of about equal size. */
static void multiply_share(const product *p, int64_t thread, int64_t n_threads) {
  _Alignas(64) float a[BLOCK_ROWS * BLOCK_WORDS];
  const int64_t n_panels = (p->n + PANEL - 1) / PANEL;
  const int64_t from = n_panels * thread / n_threads * PANEL;
  const int64_t to = min64(n_panels * (thread + 1) / n_threads * PANEL, p->n);
  const int64_t n_blocks = (p->m + BLOCK_ROWS - 1) / BLOCK_ROWS;
  const int64_t rows = round_up((p->m + n_blocks - 1) / n_blocks, TILE);
  const int64_t size = BLOCK_WORDS * p->kernels->word;
  if (from >= to) return;
  for (int64_t i = 0; i < p->m; i += rows)
    for (int64_t j = 0; j < p->k; j += size) {
      block k = {.row = i, .n_rows = min64(rows, p->m - i), .from = j, .a = a};
      k.size = min64(size, p->k - j);
      k.n_words = (k.size + p->kernels->word - 1) / p->kernels->word;
      pack_a(p, &k);
      multiply_block(p, &k, from, to);
    }
}

void mer__panels_multiply(float *y, const float *a, const float *b, mer__panel_layout layout,
                          const float *bias, int64_t m, int64_t n, int64_t k,
                          mer__product_dtype dtype) {
  const product p = {y, a, b, bias, layout, m, n, k, mer__panel_kernels_of(dtype)};
  if (m == 0) return;
#pragma omp parallel if (m * n * k >= PARALLEL_MIN)
  multiply_share(&p, omp_get_thread_num(), omp_get_num_threads());
}

/* Replaces each panel of b, 16 k floats, by its transpose; `columns` of it before: k or 16. */
static bool transpose_panels(float *b, int64_t n, int64_t k, int64_t columns) {
  const int64_t rows = PANEL * k / columns;
  const size_t size = (size_t)(PANEL * k);
  float *panel = mer__malloc(size, sizeof *panel);
  if (!panel) return false;
  for (int64_t j = 0; j < n; j += PANEL, b += size) {
    memcpy(panel, b, size * sizeof *panel);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < columns; c++) b[c * rows + r] = panel[r * columns + c];
  }
  mer__free(panel);
  return true;
}

bool mer__panels_pack(float *b, int64_t n, int64_t k) { return transpose_panels(b, n, k, k); }
bool mer__panels_unpack(float *b, int64_t n, int64_t k) { return transpose_panels(b, n, k, PANEL); }

/* Floats that `columns` columns of k elements take, in units of `width`. */
static int64_t packed_size(int64_t columns, int64_t width, int64_t k) {
  return round_up(round_up(columns, width) * k, PANEL);
}

int64_t mer__panels_outer_scratch(int64_t m, int64_t n, int64_t k) {
  return packed_size(m, TILE, k) + packed_size(n, PANEL, k);
}

/* Packs the columns of x [k, columns] in units of `width`, within a parallel region. */
static void pack_columns(float *to, int64_t width, const float *x, int64_t columns, int64_t k,
                         const mer__panel_kernels *kernels) {
  const int64_t n_words = (k + kernels->word - 1) / kernels->word;
#pragma omp for schedule(static) nowait
  for (int64_t j = 0; j < columns; j += width)
    kernels->words_of_columns(to + j * n_words, width, x + j, columns, k,
                              min64(width, columns - j));
}

void mer__panels_outer_pack(float *scratch, const float *a, const float *b, int64_t m, int64_t n,
                            int64_t k, mer__product_dtype dtype) {
  const mer__panel_kernels *kernels = mer__panel_kernels_of(dtype);
#pragma omp parallel if ((m + n) * k >= MER__PARALLEL_MIN)
  {
    pack_columns(scratch, TILE, a, m, k, kernels);
    pack_columns(scratch + packed_size(m, TILE, k), PANEL, b, n, k, kernels);
  }
}

void mer__panels_outer_rows(float *y, const float *scratch, int64_t m, int64_t n, int64_t k,
                            int64_t first, int64_t n_rows, bool accumulate,
                            mer__product_dtype dtype) {
  static const float zeros[PANEL];
  const mer__panel_kernels *kernels = mer__panel_kernels_of(dtype);
  const int64_t n_words = (k + kernels->word - 1) / kernels->word;
  const float *b = scratch + packed_size(m, TILE, k);
  for (int64_t j = 0; j < n; j += PANEL)
    kernels->multiply(&(mer__panel_block){.y = y + j,
                                          .y_row = n,
                                          .a = scratch + first * n_words,
                                          .a_tile = TILE * n_words,
                                          .a_step = TILE,
                                          .b = b + j * n_words,
                                          .bias = accumulate ? NULL : zeros,
                                          .rows = n_rows,
                                          .n_columns = min64(PANEL, n - j),
                                          .n_words = n_words});
}
