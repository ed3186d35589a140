/* panel_kernels.h: the inner part of matrix products a b: rows of a are packed in tiles, columns of
 * b in panels of 16, so that what is multiplied next lies next.
 *
 * The unit along the summed dimension is a word of 32 bits: one f32, or two bfloat16. A panel has
 * words [n_words, 16]; a tile has as many words for each of its rows. The order of both is the
 * kernel's.
 */
#ifndef MER_NN_PANEL_KERNELS_H
#define MER_NN_PANEL_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

enum {
  MER__PANEL = 16,
  MER__PANEL_MAX_PANELS = 2,  /* most panels that a kernel multiplies at a time */
  MER__PANEL_LINE = 16,       /* floats of a cache line */
  MER__PANEL_MAX_TILE = 16,   /* most rows of a tile */
  MER__PANEL_MAX_WORDS = 384, /* most words of a block */
};

/** What is multiplied; sums are f32 in any case. */
typedef enum mer__product_dtype {
  MER__PRODUCT_F32,
  MER__PRODUCT_F32_MANY, /* f32, for many rows of a: the weights may be packed anew */
  MER__PRODUCT_BF16,     /* both operands rounded to bfloat16, to the nearest, ties to even */
} mer__product_dtype;

/** What is wanted next: rows of some lines of MER__PANEL_LINE floats, `row` floats apart. */
typedef struct mer__panel_ahead {
  const float *from;
  int64_t row, rows, lines;
} mer__panel_ahead;

/** y = a b + bias, or y += a b, for one panel or neighbours. */
typedef struct mer__panel_block {
  float *y; /* [rows, n_columns], rows of `y_row` floats */
  int64_t y_row;
  const float *a; /* tiles, one after the other */
  const float *b; /* panels, from one to the next `b_panel` floats */
  int64_t b_panel;
  /* b before it is packed, or NULL: rows of `unpacked_row` floats, of which the first n_columns
   * belong to the panels. The kernel packs them into `to_pack`, which is b, while it multiplies the
   * first tile. Only if `packs_rows`, and for whole panels. */
  const float *unpacked;
  int64_t unpacked_row;
  float *to_pack;
  const float *bias; /* [n_columns]; NULL: add to y */
  int64_t rows, n_columns, n_words;
  mer__panel_ahead ahead; /* a kernel may fetch it */
} mer__panel_block;

/** Rows of the left operand a are packed in tiles, columns of the right operand b in panels. */
typedef enum mer__panel_operand { MER__PANEL_LEFT, MER__PANEL_RIGHT } mer__panel_operand;

/** Functions of one dtype. Packing makes one tile or one panel, with zeros where there are fewer
 * rows or columns than it holds. */
typedef struct mer__panel_kernels {
  /* A step is what the kernel takes at a time: `words` words, of `elements` elements. A product is
   * made of whole steps; a block of a long sum has `block` elements. */
  int64_t elements, words, block;
  int64_t tile;    /* rows of a tile */
  int64_t panels;  /* most that are multiplied at a time */
  bool packs_rows; /* multiply can pack */
  void (*multiply)(const mer__panel_block *block);
  /** Packs n_rows rows of n elements; `from` has rows of `from_row` floats. Words are made of
   * neighbours in a row. */
  void (*pack_rows)(float *to, mer__panel_operand operand, const float *from, int64_t from_row,
                    int64_t n_rows, int64_t n);
  /** Packs n_columns columns of n elements. Words are made of elements on top of each other. */
  void (*pack_columns)(float *to, mer__panel_operand operand, const float *from, int64_t from_row,
                       int64_t n, int64_t n_columns);
  /** Called by each thread before and after its products; NULL: nothing to do. */
  void (*begin)(void);
  void (*end)(void);
} mer__panel_kernels;

/** Words of n elements. */
int64_t mer__panel_words(const mer__panel_kernels *kernels, int64_t n);

/** The fastest of the level in use. */
const mer__panel_kernels *mer__panel_kernels_of(mer__product_dtype dtype);

#endif
