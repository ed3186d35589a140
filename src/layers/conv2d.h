/* conv2d.h: convolutions over images (PyTorch's nn.Conv2d with square kernels and no bias, as they
 * stand before a batch norm) of maps [n, height, width, channels] (nn/patches.h): the products of
 * the Linear layers on rows that are gathered some at a time, so that they stay in the cache, or
 * another way where there is a faster one (layers/conv2d_ways.h). */
#ifndef MER_LAYERS_CONV2D_H
#define MER_LAYERS_CONV2D_H

#include "layers/conv.h"
#include "nn/patches.h"
#include "nn/scale_shift.h"

typedef struct mer__conv2d {
  int64_t in, out; /* channels */
  mer__window2d window;
  mer__conv product; /* of gathered rows: a convolution over rows with a kernel of one */
} mer__conv2d;

/** Declares `name`.weight; the channels and the window are set before. MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__conv2d_declare(mer__conv2d *conv, mer__params *params, const char *name,
                               mer_error *err);

/** Floats of scratch for a map. A smaller one may need more: it may be computed in another way. */
typedef int64_t mer__conv2d_needs(const mer__conv2d *conv, mer__map in, const mer__pass *pass);
int64_t mer__conv2d_scratch(const mer__conv2d *conv, mer__map in, const mer__pass *pass);
/** y [pixels of mer__window2d_map(conv->window, in), out] of x [pixels of in, in]; `finish`, or
 * NULL, is done with the result of some pixels while it is in the cache. Of int8 weights each
 * image has one scale, or where the result has a pixel for each of x, made of it alone, each
 * pixel. Uses all threads. */
void mer__conv2d_forward(float *y, const float *x, mer__map in, const mer__conv2d *conv,
                         const mer__channel_finish *finish, const mer__pass *pass, float *scratch);

int64_t mer__conv2d_backward_scratch(const mer__conv2d *conv, mer__map in, const mer__pass *pass);
/** Adds the gradient of the weight for dy, and makes dx, unless it is NULL, the gradient of x. */
void mer__conv2d_backward(float *dx, const float *dy, const float *x, mer__map in,
                          const mer__conv2d *conv, const mer__pass *pass, float *scratch);

#endif
