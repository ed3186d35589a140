/* patches.h: what a convolution over an image reads for each pixel of its result, as a row: the
 * convolution is then a product of rows with the weight. Images are maps [n, height, width,
 * channels], so that the channels of a pixel, and of its neighbours, lie together. */
#ifndef MER_NN_PATCHES_H
#define MER_NN_PATCHES_H

#include <stdint.h>

/** Images of one size, whose number of channels stands elsewhere. */
typedef struct mer__map {
  int64_t n, height, width;
} mer__map;

static inline int64_t mer__map_pixels(mer__map map) { return map.n * map.height * map.width; }

/** Squares of kernel x kernel pixels, `stride` apart; `padding` pixels of zeros stand around the
 * image. */
typedef struct mer__window2d {
  int64_t kernel, stride, padding;
} mer__window2d;

/** The map of the squares of a map; of 0 pixels, if the image is smaller than one. */
mer__map mer__window2d_map(mer__window2d window, mer__map in);

/** rows [n_rows, kernel, kernel, channels]: the squares number first .. first + n_rows - 1 of x, by
 * this thread. */
void mer__patches_gather(float *rows, const float *x, mer__map in, int64_t channels,
                         mer__window2d window, int64_t first, int64_t n_rows);

/** The gradient of that: adds to dx, by this thread. */
void mer__patches_scatter_add(float *dx, const float *rows, mer__map in, int64_t channels,
                              mer__window2d window, int64_t first, int64_t n_rows);

#endif
