/* depthwise_kernels.h: one pixel of a convolution of each channel by itself. */
#ifndef MER_NN_DEPTHWISE_KERNELS_H
#define MER_NN_DEPTHWISE_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

typedef struct mer__depthwise_kernels {
  /** y[c] = max(bias[c] + sum over t of taps[t][c] * weight[t, c], 0); taps [9]. */
  void (*pixel)(float *y, const float *const *taps, const float *weight, const float *bias,
                int64_t channels);
} mer__depthwise_kernels;

MER__DECLARE_VERSIONS(mer__depthwise_kernels, mer__depthwise);

#endif
