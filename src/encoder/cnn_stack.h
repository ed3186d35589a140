/* cnn_stack.h: the network of a CNN: blocks of convolutions of 3 x 3 with batch norm and ReLU, the
 * largest of each 2 x 2 pixels after each block, dropout, and the mean over all pixels. */
#ifndef MER_ENCODER_CNN_STACK_H
#define MER_ENCODER_CNN_STACK_H

#include "layers/conv_norm.h"

enum {
  MER__CNN_MAX_BLOCKS = 6,
  MER__CNN_MAX_UNITS = 4, /* of a block */
  MER__CNN_MAX_CHANNELS = 4096,
};

/** Set before declare. */
typedef struct mer__cnn_config {
  int64_t n_channels; /* of the image */
  int64_t n_blocks;
  int64_t depths[MER__CNN_MAX_BLOCKS], hidden_sizes[MER__CNN_MAX_BLOCKS];
  double dropout; /* after each block */
} mer__cnn_config;

typedef struct mer__cnn_stack {
  mer__cnn_config config;
  mer__conv_norm units[MER__CNN_MAX_BLOCKS][MER__CNN_MAX_UNITS];
  int64_t first_trained; /* no block before that one is trained */
} mer__cnn_stack;

typedef struct mer__cnn_state mer__cnn_state;

/** MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; MER_STATUS_INVALID: adapters are asked for. */
mer_status mer__cnn_stack_declare(mer__cnn_stack *stack, mer__params *params, mer_error *err);
void mer__cnn_stack_init(const mer__cnn_stack *stack, mer__params *params, mer__rng *rng);

/** Floats of a vector: the channels of the last block. */
int64_t mer__cnn_stack_width(const mer__cnn_stack *stack);
/** The last map, of images of the size of `in`; of no pixel, if these are too small. */
mer__map mer__cnn_stack_map(const mer__cnn_stack *stack, mer__map in);

/** vectors [in.n, width] of images [in.n], each [n_channels, height, width]. `*state`, in the
 * arena, is for backward. MER_STATUS_NO_MEMORY. */
mer_status mer__cnn_stack_forward(float *vectors, mer__cnn_state **state,
                                  const mer__cnn_stack *stack, const float *const *images,
                                  mer__map in, const mer__pass *pass, mer_error *err);
/** Adds the parameters' gradients for dvectors. MER_STATUS_NO_MEMORY. */
mer_status mer__cnn_stack_backward(const mer__cnn_stack *stack, const mer__cnn_state *state,
                                   const float *dvectors, const mer__pass *pass, mer_error *err);

#endif
