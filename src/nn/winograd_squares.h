/* winograd_squares.h: how Winograd's algorithm divides a result into squares of 4 x 4 pixels. */
#ifndef MER_NN_WINOGRAD_SQUARES_H
#define MER_NN_WINOGRAD_SQUARES_H

#include "nn/patches.h"
#include "nn/winograd_kernels.h"

static inline int64_t mer__squares_along(int64_t pixels) {
  return (pixels + MER__WINOGRAD_OUT - 1) / MER__WINOGRAD_OUT;
}

/** The squares of a result, as a map that has a pixel for each. */
static inline mer__map mer__squares_of(mer__map out) {
  return (mer__map){out.n, mer__squares_along(out.height), mer__squares_along(out.width)};
}

/** Where a square begins in the map of the result. */
typedef struct mer__square_place {
  int64_t image, y, x;
} mer__square_place;

/** Of square number i of mer__squares_of. */
static inline mer__square_place mer__square_place_of(mer__map squares, int64_t i) {
  const int64_t row = i / squares.width;
  return (mer__square_place){row / squares.height, row % squares.height * MER__WINOGRAD_OUT,
                             i % squares.width * MER__WINOGRAD_OUT};
}

/** A map that is divided so. */
typedef struct mer__square_source {
  const float *x; /* [pixels of in, channels] */
  mer__map in;
  int64_t channels, padding;
} mer__square_source;

/** Point p of the square of 6 x 6 pixels that the square of the result at `place` is made of, with
 * zeros around the map, to `to` + p * step, each [channels]. `edge`: scratch [36, channels]. */
void mer__square_points(float *to, int64_t step, const mer__square_source *from,
                        mer__square_place place, float *edge);

#endif
