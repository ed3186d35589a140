/* int8_winograd_kernels.h: the steps of int8_winograd.h, where the processor's instructions make
 * them pay. */
#ifndef MER_NN_INT8_WINOGRAD_KERNELS_H
#define MER_NN_INT8_WINOGRAD_KERNELS_H

#include "nn/int8_kernels.h"

enum { MER__INT8_WINOGRAD_LANES = 16 }; /* channels are a multiple of it */

typedef struct mer__int8_winograd_kernel {
  /** Point p of the square of bytes at x, less `zero`, whose rows are `row` bytes apart, to `to` +
   * p * step, each [channels]. */
  void (*input)(int16_t *to, int64_t step, const uint8_t *x, int64_t row, int64_t channels,
                int32_t zero);
  /** sums [n, MER__INT8_PANEL] of x [n, channels] and weights [channels / 2, MER__INT8_PANEL, 2].
   */
  void (*multiply)(int32_t *sums, const int16_t *x, const int16_t *weights, int64_t n,
                   int64_t channels);
  /** The upper left height x width pixels of a square of the result, whose points are `step` sums
   * apart, to p->y + at, in lines of `line` floats; the outputs are a whole panel. */
  void (*output)(const mer__int8_product *p, int64_t at, int64_t line, int64_t height,
                 int64_t width, float x_scale, const int32_t *sums, int64_t step);
} mer__int8_winograd_kernel;

extern const mer__int8_winograd_kernel mer__int8_winograd_avx2;

#endif
