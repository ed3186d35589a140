/* depthwise.h: convolutions over images in which each channel is filtered by itself (PyTorch's
 * nn.Conv2d with as many groups as channels) of 3 x 3 pixels, with one pixel of zeros around the
 * image, for prediction. Source: Howard et al. 2017, arXiv:1704.04861, section 3.1. */
#ifndef MER_NN_DEPTHWISE_H
#define MER_NN_DEPTHWISE_H

#include "nn/patches.h"

/** Pixels of a filter. */
enum { MER__DEPTHWISE_TAPS = 9 };

/** y = max(x * weight + bias, 0): y [pixels of the window's map, channels], x [pixels of in,
 * channels], weight [9, channels], bias [channels]; `zeros` [channels]. The stride is 1 or 2. Uses
 * all threads. */
void mer__depthwise_forward(float *y, const float *x, mer__map in, int64_t channels, int64_t stride,
                            const float *weight, const float *bias, const float *zeros);

#endif
