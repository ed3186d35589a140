/* max_pool.h: the largest value of each channel in each square of a map (PyTorch's nn.MaxPool2d).
 */
#ifndef MER_NN_MAX_POOL_H
#define MER_NN_MAX_POOL_H

#include "nn/patches.h"

/** y: [pixels of mer__window2d_map, channels]; which [as many]: the number of the pixel of x that
 * was the first largest, for backward, or NULL. Padding is smaller than any value; NaN is larger.
 * The padding is smaller than the kernel. Uses all threads. */
void mer__max_pool_forward(float *y, int32_t *which, const float *x, mer__map in, int64_t channels,
                           mer__window2d window);

/** dx[which, c] += dy; dx is zeroed before. */
void mer__max_pool_backward(float *dx, const float *dy, const int32_t *which, mer__map in,
                            int64_t channels, mer__window2d window);

#endif
