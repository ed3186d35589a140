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

/** y [channels]: the largest value of each channel in the rows first .. first + n - 1 of x, n >= 1;
 * which [channels]: the number of its row, the first one of several. NaN is larger. By this thread.
 */
void mer__max_rows(float *y, int32_t *which, const float *x, int64_t first, int64_t n,
                   int64_t channels);

#endif
