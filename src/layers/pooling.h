/* pooling.h: from the rows (tokens, frames) of an utterance to one vector: their mean, or their
 * mean and deviation (statistics pooling: Snyder et al., 2017). The kinds have one more, which has
 * parameters, so that it is computed elsewhere (attention_pool.h). */
#ifndef MER_LAYERS_POOLING_H
#define MER_LAYERS_POOLING_H

#include <stdbool.h>

#include "nn/packing.h"

typedef enum mer__pool_kind {
  MER__POOL_MEAN,      /* [H] */
  MER__POOL_MEAN_STD,  /* [2H]: the mean, then sqrt(variance + 1e-6) */
  MER__POOL_ATTENTION, /* [H]: a sum with learned weights */
} mer__pool_kind;

/** "mean", "mean-std" or "attention", and which of them a name is; false: none. */
const char *mer__pool_name(mer__pool_kind kind);
bool mer__pool_find(mer__pool_kind *kind, const char *name);

/** Floats that rows of `hidden` are pooled to. */
int64_t mer__pool_width(mer__pool_kind kind, int64_t hidden);

/* The others are of means, and of means and deviations. */

/** y [B, width] of x [T, H]; zeros for an utterance without rows. Row b of y begins at
 * y + b * y_stride. */
void mer__pool_forward(float *y, int64_t y_stride, mer__pool_kind kind, const float *x,
                       const mer__packing *packing, int64_t hidden);
/** Adds to dx [T, H], for dy, which lies as y does:
 * dx = dmean / n + ddeviation (x - mean) / (n deviation). Of MER__POOL_MEAN, y and x may be NULL.
 */
void mer__pool_backward(float *dx, const float *dy, const float *y, int64_t y_stride,
                        mer__pool_kind kind, const float *x, const mer__packing *packing,
                        int64_t hidden);
/** Makes y [width], pooled of n rows, that of n_more rows, too, which were pooled to `more`. */
void mer__pool_merge(float *y, int64_t n, const float *more, int64_t n_more, mer__pool_kind kind,
                     int64_t hidden);

#endif
