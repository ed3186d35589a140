/* pooling.h: from the rows (tokens, frames) of an utterance to one vector. */
#ifndef MER_LAYERS_POOLING_H
#define MER_LAYERS_POOLING_H

#include "nn/packing.h"

/** y [B, H]: the mean of each utterance's rows of x [T, H]; zeros for one without rows. */
void mer__mean_pool_forward(float *y, const float *x, const mer__packing *packing, int64_t hidden);
/** dx [T, H], overwritten, of dy [B, H]. */
void mer__mean_pool_backward(float *dx, const float *dy, const mer__packing *packing,
                             int64_t hidden);

#endif
