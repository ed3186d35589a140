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
  MER__WINOGRAD_KERNEL = 9,  /* weights of a square */
};

typedef struct mer__winograd_kernels {
  /** Point p of the transform of the square at x, whose rows are `row` floats apart, to `to` +
   * p * step, each [channels]. */
  void (*input)(float *to, int64_t step, const float *x, int64_t row, int64_t channels);
  /** The upper left height x width pixels of the result to y, whose rows are `row` floats apart, of
   * its points, which are `step` floats apart. */
  void (*output)(float *y, int64_t row, int64_t height, int64_t width, const float *from,
                 int64_t step, int64_t channels);
  /** The points of 16 squares of weights, of which w + k * step has number k of each, to `to` + p *
   * point, each [16]. */
  void (*weights)(float *to, int64_t point, const float *w, int64_t step);
  /** The transpose of `output`: point p of the square of gradients at dy, of which the upper left
   * height x width pixels are in the map and the others are 0, to `to` + p * step. */
  void (*output_gradient)(float *to, int64_t step, const float *dy, int64_t row, int64_t height,
                          int64_t width, int64_t channels);
  /** The transpose of `weights`, of `channels` squares: adds to dw [9, channels] the gradient of
   * the weights whose points have the gradients from + p * step, each [channels]. */
  void (*weights_gradient)(float *dw, const float *from, int64_t step, int64_t channels);
} mer__winograd_kernels;

MER__DECLARE_VERSIONS(mer__winograd_kernels, mer__winograd);

#endif
