/* int8_conv.h: convolutions over images with int8 weights. A map is rounded to bytes once, with one
 * scale and one zero point for each image, and has its padding around it then: what the rows of the
 * product are made of are copies of its bytes. */
#ifndef MER_NN_INT8_CONV_H
#define MER_NN_INT8_CONV_H

#include "nn/int8_weights.h"
#include "nn/patches.h"
#include "nn/scale_shift.h"

typedef struct mer__int8_conv {
  mer__map in;
  int64_t channels;
  mer__window2d window;
  const mer__int8_matrix *weight;    /* [out, kernel * kernel * channels], in panels */
  const mer__channel_finish *finish; /* NULL: nothing is done with the result */
  const int16_t *winograd;           /* the weight by mer__int8_winograd_weights; or NULL */
} mer__int8_conv;

/** Bytes of scratch for up to omp_get_max_threads() threads. */
int64_t mer__int8_conv_scratch(mer__map in, int64_t channels, mer__window2d window);

/** y [pixels of mer__window2d_map(window, in), out] of x [pixels of in, channels]. An image with a
 * value that is not finite, or with a range that is not, becomes NaN. The result does not depend on
 * threads, on the other images or on the processor, but for what `finish` adds. Uses all threads.
 */
void mer__int8_conv_forward(float *y, const float *x, const mer__int8_conv *conv, void *scratch);

#endif
