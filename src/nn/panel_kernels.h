/* panel_kernels.h: the inner part of matrix products: tiles of 12 rows by panels of 16 columns,
 * both packed so that what is multiplied next lies next.
 *
 * The unit along the summed dimension is a word of 32 bits: one f32, or two bfloat16. */
#ifndef MER_NN_PANEL_KERNELS_H
#define MER_NN_PANEL_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

enum {
  MER__PANEL = 16,
  MER__PANEL_TILE = 12,
  MER__PANEL_MAX_WORDS = 256,
  MER__PANEL_MAX_KERNELS = 4
};

/** What is multiplied; sums are f32 in any case. */
typedef enum mer__product_dtype {
  MER__PRODUCT_F32,
  MER__PRODUCT_BF16, /* both operands rounded to bfloat16, to the nearest, ties to even */
} mer__product_dtype;

/** y = a b + bias, or y += a b, for one panel. */
typedef struct mer__panel_block {
  float *y; /* [rows, n_columns], rows of `y_row` floats */
  int64_t y_row;
  const float
      *a; /* words; word j of row r of tile t: a[t * a_tile + j * a_step + r]; whole tiles */
  int64_t a_tile, a_step;
  const float *b;    /* words [n_words, 16] */
  const float *bias; /* [16]; NULL: add to y */
  int64_t rows, n_columns, n_words;
} mer__panel_block;

/** Functions of one dtype, the fastest of this processor. */
typedef struct mer__panel_kernels {
  int64_t word; /* elements of a word: 1 or 2 */
  void (*multiply)(const mer__panel_block *block);
  /** Words of up to `width` rows, zeros behind them: to [n_words, width]; from [n_rows, n], rows of
   * `from_row` floats. Words are made of neighbours in a row; an odd last one is paired with 0.
   * `width` is a multiple of 4, at most 16; n_words at most MER__PANEL_MAX_WORDS. */
  void (*words_of_rows)(float *to, int64_t width, const float *from, int64_t from_row,
                        int64_t n_rows, int64_t n);
  /** Words of up to `width` columns: from [n, n_columns]. Words are made of elements on top of each
   * other. n is not limited. */
  void (*words_of_columns)(float *to, int64_t width, const float *from, int64_t from_row, int64_t n,
                           int64_t n_columns);
} mer__panel_kernels;

const mer__panel_kernels *mer__panel_kernels_of(mer__product_dtype dtype);

/** All that this processor can use, the fastest first: their number. `kernels` has room for
 * MER__PANEL_MAX_KERNELS. */
int mer__panel_kernels_list(const mer__panel_kernels **kernels, mer__product_dtype dtype);

#endif
