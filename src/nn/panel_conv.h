/* panel_conv.h: convolutions over images whose operands are bfloat16 (nn/panel_kernels.h): one for
 * each number, or three whose sum is the number of f32. A map is rounded once, with its padding
 * around it, and the weights are packed once, for all threads; the rows of the products are then
 * copies of what lies in the map, line by line.
 *
 * Where the processor has no such kernels, layers/conv2d.c does it in another way. */
#ifndef MER_NN_PANEL_CONV_H
#define MER_NN_PANEL_CONV_H

#include "nn/panel_kernels.h"
#include "nn/patches.h"
#include "nn/scale_shift.h"

enum { MER__CONV_LINE = 32 }; /* numbers of a step of the products: 64 bytes of each part */

/** y = a b, or y += a b, for tiles of rows that lie together and neighbouring panels. */
typedef struct mer__conv_product {
  float *y; /* [rows, n_columns], rows of `y_row` floats */
  int64_t y_row;
  const float *a, *b;      /* tiles and panels: lines, one after the other */
  int64_t a_tile, b_panel; /* floats from one to the next */
  int64_t rows, n_columns, n_lines;
  bool accumulate;
} mer__conv_product;

typedef struct mer__conv_kernels {
  const mer__panel_kernels *panels;
  int64_t parts; /* bfloat16 of a number */
  int64_t block; /* elements that are multiplied at a time */
  /** The parts of n numbers, from one part to the next `part` apart. */
  void (*round)(uint16_t *to, int64_t part, const float *from, int64_t n);
  void (*multiply)(const mer__conv_product *product);
  /** Copies n_lines lines, to every `step` floats. */
  void (*place)(float *to, int64_t step, const uint16_t *from, int64_t n_lines);
  /** Words of two rows, of which each line makes 16 of one panel and 16 of the next, `panel` floats
   * apart. */
  void (*pair)(float *to, int64_t panel, const uint16_t *upper, const uint16_t *lower,
               int64_t n_lines);
} mer__conv_kernels;

/** Those of the level in use, or NULL. */
const mer__conv_kernels *mer__conv_kernels_of(mer__product_dtype dtype);

/** A convolution without a bias: weight [out, kernel, kernel, channels]. */
typedef struct mer__panel_conv {
  const mer__conv_kernels *kernels;
  mer__map in;
  int64_t channels, out;
  mer__window2d window;
} mer__panel_conv;

/** Whether the gradient of x can be made so: the channels of the result are whole lines. */
static inline bool mer__panel_conv_has_input_gradient(const mer__panel_conv *conv) {
  return conv->out % MER__CONV_LINE == 0;
}

/** Floats of scratch: of the forward pass alone, and of every pass. */
int64_t mer__panel_conv_scratch(const mer__panel_conv *conv);
int64_t mer__panel_conv_backward_scratch(const mer__panel_conv *conv);

/** y [pixels, out] of x [pixels of in, channels]; `finish` may be NULL. Uses all threads. */
void mer__panel_conv_forward(float *y, const float *x, const float *weight,
                             const mer__channel_finish *finish, const mer__panel_conv *conv,
                             float *scratch);
/** dx, overwritten, for dy. */
void mer__panel_conv_input_gradient(float *dx, const float *dy, const float *weight,
                                    const mer__panel_conv *conv, float *scratch);
/** Adds to dweight. */
void mer__panel_conv_weight_gradient(float *dweight, const float *dy, const float *x,
                                     const mer__panel_conv *conv, float *scratch);

#endif
