/* winograd.h: convolutions of 3 x 3 pixels, one apart, with fewer products (Lavin and Gray, "Fast
 * algorithms for convolutional neural networks", 2016). A square of 6 x 6 pixels is transformed to
 * 36 points; at each of them the channels of all squares are a matrix that is multiplied by the
 * weight's; 4 x 4 pixels of the result are made of the products: 36 products where the convolution
 * itself has 144. The sums are rounded otherwise, with an error some times as large. */
#ifndef MER_NN_WINOGRAD_H
#define MER_NN_WINOGRAD_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/patches.h"
#include "nn/scale_shift.h"

typedef struct mer__winograd_conv {
  mer__map in;
  int64_t channels, out, padding;
  const float *weights;              /* by mer__winograd_weights */
  const mer__channel_finish *finish; /* or NULL */
} mer__winograd_conv;

/** Whether a convolution of these channels is computed so: whole panels, and weights, which are
 * four times as many, that are not too large. */
bool mer__winograd_fits(int64_t channels, int64_t out);
/** Whether it pays for a map: a smaller one has too few pixels in a square. */
bool mer__winograd_pays(mer__map in);
/** Whether it pays while training, where the weights are transformed at each step: with up to 512
 * channels in whole panels on both sides, a padding of at most 2, 64 squares or more, and at most
 * three quarters of the products of the convolution itself. */
bool mer__winograd_trains(mer__map in, int64_t channels, int64_t out, int64_t padding);

/** Floats between points: at powers of two all points would want one place of the cache. */
enum { MER__WINOGRAD_APART = 16 };
/** Floats from one point of the transformed weights to the next. */
static inline int64_t mer__winograd_point(int64_t channels, int64_t out) {
  return channels * out + MER__WINOGRAD_APART;
}
/** Floats of the transformed weights. */
int64_t mer__winograd_size(int64_t channels, int64_t out);
/** Transforms w [out, 3, 3, channels], and packs it. */
void mer__winograd_weights(float *to, const float *w, int64_t channels, int64_t out);
/** The same of the weights that make the gradient of a convolution's x out of that of its y:
 * w [channels, 3, 3, out], turned by half a turn. The convolution with these has the padding 2 -
 * p, where p is that of the other. */
void mer__winograd_turned_weights(float *to, const float *w, int64_t channels, int64_t out);

/** Floats of scratch. */
int64_t mer__winograd_scratch(int64_t channels, int64_t out);
/** y [pixels of the result, out] of x [pixels of in, channels]: the result of an image does not
 * depend on the others. Uses all threads. */
void mer__winograd_forward(float *y, const float *x, const mer__winograd_conv *conv,
                           float *scratch);

/** Floats of scratch for mer__winograd_weight_gradient. */
int64_t mer__winograd_gradient_scratch(const mer__winograd_conv *conv);
/** Adds to dw [out, 3, 3, channels] the gradient for dy, that of the result. `weights` and `finish`
 * of the convolution are not used. Uses all threads, however many with the same bits. */
void mer__winograd_weight_gradient(float *dw, const float *dy, const float *x,
                                   const mer__winograd_conv *conv, float *scratch);

#endif
