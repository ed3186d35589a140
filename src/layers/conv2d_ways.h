/* conv2d_ways.h: how a convolution over a map is computed, for conv2d.c and conv2d_backward.c. */
#ifndef MER_LAYERS_CONV2D_WAYS_H
#define MER_LAYERS_CONV2D_WAYS_H

#include "layers/conv2d.h"
#include "nn/panel_conv.h"
#include "nn/parallel.h"
#include "nn/winograd.h"

typedef enum mer__conv2d_way {
  MER__CONV2D_GATHERED, /* products of rows that are gathered some at a time */
  MER__CONV2D_INT8,
  /* Trainings alone: a prediction has so few rows that packing the weights would cost more than
   * AMX gains. */
  MER__CONV2D_AMX,
  MER__CONV2D_WINOGRAD, /* fewer products: nn/winograd.h */
} mer__conv2d_way;

mer__conv2d_way mer__conv2d_way_of(const mer__conv2d *conv, mer__map in, const mer__pass *pass);

static inline mer__panel_conv mer__conv2d_panels(const mer__conv2d *conv, mer__map in,
                                                 const mer__pass *pass) {
  return (mer__panel_conv){mer__conv_kernels_of(mer__pass_products(pass)), in, conv->in, conv->out,
                           conv->window};
}

/** Without weights. */
static inline mer__winograd_conv mer__conv2d_winograd(const mer__conv2d *conv, mer__map in) {
  return (mer__winograd_conv){
      .in = in, .channels = conv->in, .out = conv->out, .padding = conv->window.padding};
}

/** Whether the pixels of x are the rows themselves. */
static inline bool mer__conv2d_is_dense(const mer__conv2d *conv) {
  return conv->window.kernel == 1 && conv->window.stride == 1 && conv->window.padding == 0;
}

/** Whether threads share the products of some rows. */
static inline bool mer__conv2d_is_shared(const mer__conv2d *conv, int64_t n_rows) {
  return mer__shared(n_rows * conv->product.in * conv->out >= MER__PRODUCTS_PARALLEL_MIN);
}

/* Least rows of a chunk: with fewer, reading the weights costs more than the products. */
enum { MER__CONV2D_MIN_CHUNK = 64 };
/** Most rows that a thread gathers at a time, and floats of these of all threads. */
int64_t mer__conv2d_chunk(const mer__conv2d *conv);
int64_t mer__conv2d_gathered_scratch(const mer__conv2d *conv);

#endif
