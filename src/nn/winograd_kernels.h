/* winograd_kernels.h: the transforms of winograd.h of one square of pixels. */
#ifndef MER_NN_WINOGRAD_KERNELS_H
#define MER_NN_WINOGRAD_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

enum {
  MER__WINOGRAD_OUT = 4,     /* a square of the result has 4 x 4 pixels */
  MER__WINOGRAD_IN = 6,      /* the square that it is made of has 6 x 6 */
  MER__WINOGRAD_POINTS = 36, /* numbers of a transformed square */
  MER__WINOGRAD_LANES = 16,  /* channels are a multiple of it */
};

typedef struct mer__winograd_kernels {
  /** Point p of the transform of the square at x, whose rows are `row` floats apart, to `to` +
   * p * step, each [channels]. */
  void (*input)(float *to, int64_t step, const float *x, int64_t row, int64_t channels);
  /** The upper left height x width pixels of the result to y, whose rows are `row` floats apart, of
   * its points, which are `step` floats apart. */
  void (*output)(float *y, int64_t row, int64_t height, int64_t width, const float *from,
                 int64_t step, int64_t channels);
} mer__winograd_kernels;

MER__DECLARE_VERSIONS(mer__winograd_kernels, mer__winograd);

#endif
