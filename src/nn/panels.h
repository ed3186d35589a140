/* panels.h: matrix products of the Linear layers. A thread packs a part of the weights into panels
 * and multiplies it by all rows at once: for the rows of a batch, packing costs little beside the
 * products, and needs no second copy of the weights. For prediction they can be kept packed. */
#ifndef MER_NN_PANELS_H
#define MER_NN_PANELS_H

#include "nn/panel_kernels.h"

/** A right operand b [k, n]. */
typedef enum mer__panel_layout {
  MER__ROWS_OF_COLUMNS, /* as [n, k], dense: W in x W^T */
  MER__ROWS,            /* as [k, n], dense: W in dy W */
  MER__PANELS,          /* as [n / 16, k, 16], f32: see mer__panels_pack */
} mer__panel_layout;

/** y = a b + bias, and activated = GELU(y), which may be y, unless it is NULL. y: [m, n], a: [m,
 * k], bias: [n] or NULL; dense rows. y overlaps nothing else. Uses all threads. */
void mer__panels_multiply(float *y, float *activated, const float *a, const float *b,
                          mer__panel_layout layout, const float *bias, int64_t m, int64_t n,
                          int64_t k, mer__product_dtype dtype);

/** The same with rows of y (and activated) `y_row` floats apart, and of a `a_row`: rows of a may
 * overlap, as the frames that a convolution reads do. */
void mer__panels_multiply_rows(float *y, int64_t y_row, float *activated, const float *a,
                               int64_t a_row, const float *b, mer__panel_layout layout,
                               const float *bias, int64_t m, int64_t n, int64_t k,
                               mer__product_dtype dtype);

/** Packs b [n, k], n a multiple of 16, in its place as MER__PANELS, and back. False if memory is
 * out; then nothing is changed. */
bool mer__panels_pack(float *b, int64_t n, int64_t k);
bool mer__panels_unpack(float *b, int64_t n, int64_t k);

/** Rows that a kernel of outer products takes at a time, at most MER__PANEL_MAX_TILE. */
int64_t mer__panels_tile(mer__product_dtype dtype);
/** a^T b for a [k, m] and b [k, n]: first both are packed, by all threads, or within a parallel
 * region by this one, into mer__panels_outer_scratch floats; then any rows of the result can be
 * computed. */
int64_t mer__panels_outer_scratch(int64_t m, int64_t n, int64_t k);
void mer__panels_outer_pack(float *scratch, const float *a, const float *b, int64_t m, int64_t n,
                            int64_t k, mer__product_dtype dtype);
/** The same with rows of a and b that are `a_row` and `b_row` floats apart, and may overlap. */
void mer__panels_outer_pack_rows(float *scratch, const float *a, int64_t a_row, const float *b,
                                 int64_t b_row, int64_t m, int64_t n, int64_t k,
                                 mer__product_dtype dtype);
/** Rows first .. first + n_rows - 1 of y = a^T b, or y +=, by this thread. `first` is a multiple of
 * mer__panels_tile. y: [n_rows, n]. */
void mer__panels_outer_rows(float *y, const float *scratch, int64_t m, int64_t n, int64_t k,
                            int64_t first, int64_t n_rows, bool accumulate,
                            mer__product_dtype dtype);

#endif
