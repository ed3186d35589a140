/* small_kernels.c: products of a strided matrix by tiles of 4 x 16 sums, with AVX2 of 6 x 16, with
 * AVX-512 of 8 x 32; and of few rows with the rows of a weight, as dot products. */
#include "nn/small_kernels.h"

#include <stddef.h>
#include <string.h>

#include "nn/f32x8.h"

#define TILE tile8
#define VECTOR mer__f32_part
#define LOAD MER__LOAD_PART
#if defined(__AVX2__)
#define MOST 6
#else
#define MOST 4
#endif
#define WIDTH 16
#include "nn/small_tile_template.h"

#if defined(__AVX512F__)
#define TILE tile16
#define VECTOR mer__f32x16
#define LOAD MER__LOAD16
#define MOST 8
#define WIDTH 32
#include "nn/small_tile_template.h"
enum { WIDEST = 32 };
#else
enum { WIDEST = 16 };
#endif

enum {
  COPY = 3584,           /* floats of b side by side: on the stack and in the first cache */
  BLOCK = COPY / WIDEST, /* elements of a sum that are added up at a time */
  PACKED_FROM = 32,      /* rows from which it pays to copy the columns of b side by side */
};

/* Columns j .. of y, `columns` of them, for rows first .. first + rows - 1; both counts are
 * constants at each call. b: from column j on, rows of `b_row` floats. */
MER__INLINE void multiply_tile(const mer__small_product *p, int64_t first, int64_t j,
                               const float *b, int64_t b_row, int64_t a_column, const int rows,
                               const int columns) {
  float *y = p->y + first * p->y_row + j;
  const mer__strided a = {p->a.data + first * p->a.row, p->a.row, a_column};
#if defined(__AVX512F__)
  if (columns > 8) {
    tile16(y, p->y_row, a, b, b_row, p->k, p->accumulate, rows, columns);
    return;
  }
#endif
  tile8(y, p->y_row, a, b, b_row, p->k, p->accumulate, rows, columns);
}

/* The same for all rows. a_column is p->a.column, given by itself so that a caller can make it a
 * constant. */
MER__INLINE void multiply_rows(const mer__small_product *p, int64_t j, const float *b,
                               int64_t b_row, int64_t a_column, const int columns) {
  int64_t i = 0;
#if defined(__AVX512F__)
  for (; columns > 8 && i + 8 <= p->m; i += 8)
    multiply_tile(p, i, j, b, b_row, a_column, 8, columns);
#endif
#if defined(__AVX2__)
  for (; i + 6 <= p->m; i += 6) multiply_tile(p, i, j, b, b_row, a_column, 6, columns);
#endif
  for (; i + 4 <= p->m; i += 4) multiply_tile(p, i, j, b, b_row, a_column, 4, columns);
  for (; i + 2 <= p->m; i += 2) multiply_tile(p, i, j, b, b_row, a_column, 2, columns);
  if (i < p->m) multiply_tile(p, i, j, b, b_row, a_column, 1, columns);
}

/* If rows are many, the columns of b are copied: without it, rows of b that are a multiple of some
 * KB apart would all need the same few places of the first cache. */
MER__INLINE void multiply_columns(const mer__small_product *p, int64_t j, const int columns) {
  _Alignas(64) float copy[COPY];
  const float *b = p->b + j;
  if (p->m < PACKED_FROM) {
    multiply_rows(p, j, b, p->b_row, p->a.column, columns);
    return;
  }
  for (int64_t q = 0; q < p->k; q++)
    memcpy(copy + q * columns, b + q * p->b_row, (size_t)columns * sizeof *copy);
  if (p->a.column == 1) multiply_rows(p, j, copy, columns, 1, columns);
  else multiply_rows(p, j, copy, columns, p->a.column, columns);
}

/* The last columns, from column `first` on. */
MER__INLINE void last_columns(const mer__small_product *p, int64_t first) {
  for (int64_t i = 0; i < p->m; i++)
    for (int64_t j = first; j < p->n; j++) {
      const float *a = p->a.data + i * p->a.row;
      float sum = p->accumulate ? p->y[i * p->y_row + j] : 0.0f;
      for (int64_t q = 0; q < p->k; q++) sum += a[q * p->a.column] * p->b[q * p->b_row + j];
      p->y[i * p->y_row + j] = sum;
    }
}

/* A product whose sums have at most BLOCK elements. */
static void multiply_block(const mer__small_product *p) {
  int64_t j = 0;
#if defined(__AVX512F__)
  for (; j + 32 <= p->n; j += 32) multiply_columns(p, j, 32);
#endif
  for (; j + 16 <= p->n; j += 16) multiply_columns(p, j, 16);
  for (; j + 8 <= p->n; j += 8) multiply_columns(p, j, 8);
  last_columns(p, j);
}

static void multiply(const mer__small_product *product) {
  mer__small_product p = *product;
  int64_t left = p.k;
  do {
    p.k = left < BLOCK ? left : BLOCK;
    multiply_block(&p);
    p.a.data += p.k * p.a.column;
    p.b += p.k * p.b_row;
    p.accumulate = true;
    left -= p.k;
  } while (left > 0);
}

/* 4 rows of x by 3 rows of W: the 12 sums of eight lanes and what they are made of fill the 16
 * registers of AVX2, and the 32 of NEON. */
enum { ROWS = 4, OUTPUTS = MER__FEW_ROWS_OUTPUTS, PARTS = MER__PARTS8, LANES = 8 };

/* Adds the products of eight elements of each row of x with those of each row of w. */
MER__INLINE void add_products(mer__f32_part sums[ROWS][OUTPUTS][PARTS], const float *x,
                              int64_t x_row, const float *w, int64_t w_row, const int rows,
                              const int outputs) {
#pragma GCC unroll 2
  for (int part = 0; part < PARTS; part++) {
    const int64_t first = part * MER__PART_LANES;
    mer__f32_part weights[OUTPUTS];
#pragma GCC unroll 4
    for (int c = 0; c < outputs; c++) weights[c] = MER__LOAD_PART_ONCE(w + c * w_row + first);
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
      const mer__f32_part elements = MER__LOAD_PART_ONCE(x + r * x_row + first);
#pragma GCC unroll 4
      for (int c = 0; c < outputs; c++) sums[r][c][part] += elements * weights[c];
    }
  }
}

/* The same of the last `n` elements, fewer than eight, beside zeros. One by one they could be added
 * with other roundings for four rows than for one: a compiler may or may not fuse a product with
 * its sum. */
MER__INLINE void add_last_products(mer__f32_part sums[ROWS][OUTPUTS][PARTS], const float *x,
                                   int64_t x_row, const float *w, int64_t w_row, int64_t n,
                                   const int rows, const int outputs) {
  float last_x[ROWS][LANES] = {0}, last_w[OUTPUTS][LANES] = {0};
  for (int r = 0; r < rows; r++) memcpy(last_x[r], x + r * x_row, (size_t)n * sizeof *x);
  for (int c = 0; c < outputs; c++) memcpy(last_w[c], w + c * w_row, (size_t)n * sizeof *w);
  add_products(sums, last_x[0], LANES, last_w[0], LANES, rows, outputs);
}

/* Rows i .. i + rows - 1 of outputs j .. j + outputs - 1; both counts are constants at each call.
 */
MER__INLINE void dot_products(const mer__few_rows_layer *l, int64_t i, int64_t j, const int rows,
                              const int outputs) {
  const float *x = l->x + i * l->in, *w = l->weight + j * l->in;
  mer__f32_part sums[ROWS][OUTPUTS][PARTS] = {0};
  int64_t k = 0;
  for (; k + LANES <= l->in; k += LANES)
    add_products(sums, x + k, l->in, w + k, l->in, rows, outputs);
  if (k < l->in) add_last_products(sums, x + k, l->in, w + k, l->in, l->in - k, rows, outputs);
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int c = 0; c < outputs; c++) {
      const float bias = l->bias ? l->bias[j + c] : 0.0f;
      l->y[(i + r) * l->out + j + c] = mer__total8(sums[r][c]) + bias;
    }
}

MER__INLINE void outputs_of_all_rows(const mer__few_rows_layer *l, int64_t j, const int outputs) {
  int64_t i = 0;
  for (; i + 4 <= l->rows; i += 4) dot_products(l, i, j, 4, outputs);
  for (; i + 2 <= l->rows; i += 2) dot_products(l, i, j, 2, outputs);
  if (i < l->rows) dot_products(l, i, j, 1, outputs);
}

static void few_rows(const mer__few_rows_layer *l, int64_t j, int64_t n) {
  if (n == OUTPUTS) outputs_of_all_rows(l, j, OUTPUTS);
  else
    for (int64_t c = 0; c < n; c++) outputs_of_all_rows(l, j + c, 1);
}

const mer__small_kernels MER__VERSION(mer__small) = {multiply, few_rows};
