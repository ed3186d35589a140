/* resnet_stack.h: a residual network from images to vectors: a convolution, of 7 x 7 pixels
 * but for small images, the largest of each 3 x 3, stages of residual layers, and the mean over all
 * pixels. Version 1.5: of a layer of three convolutions the one of 3 x 3 makes the map smaller. */
#ifndef MER_ENCODER_RESNET_STACK_H
#define MER_ENCODER_RESNET_STACK_H

#include "layers/residual.h"

enum {
  MER__RESNET_MAX_STAGES = 8,
  MER__RESNET_MAX_LAYERS = 512, /* of a stage */
  MER__RESNET_MAX_CHANNELS = 16384,
  MER__RESNET_REDUCTION = 4, /* of channels, within a layer of three convolutions */
};

typedef struct mer__resnet_config {
  int64_t n_channels, embedding_size, n_stages; /* of the image, after the first convolution */
  int64_t hidden_sizes[MER__RESNET_MAX_STAGES], depths[MER__RESNET_MAX_STAGES];
  int64_t stem_kernel, stem_stride; /* of the first convolution: 7 and 2 in transformers */
  bool stem_pooling;                /* true in transformers */
  bool bottleneck; /* layers of three convolutions, the inner ones with fewer channels */
  bool downsample_in_first_stage, downsample_in_bottleneck; /* by the first of three convolutions */
} mer__resnet_config;

/** Zero-initialize. */
typedef struct mer__resnet_stack {
  mer__resnet_config config; /* set before declare */
  mer__conv_norm stem;
  mer__residual *layers;           /* [n_layers] */
  int64_t n_layers, first_trained; /* no layer before that one is trained */
  bool stem_trained;
} mer__resnet_stack;

typedef struct mer__resnet_state mer__resnet_state;

/** Declares the parameters, by the names that transformers has. MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__resnet_stack_declare(mer__resnet_stack *stack, mer__params *params, mer_error *err);
/** Values before a training from nothing. */
void mer__resnet_stack_init(const mer__resnet_stack *stack, mer__params *params, mer__rng *rng);
void mer__resnet_stack_clear(mer__resnet_stack *stack);

/** Floats of a vector: the channels of the last stage. */
int64_t mer__resnet_stack_width(const mer__resnet_stack *stack);
/** The last map, of images of the size of `in`; of at least one pixel each. */
mer__map mer__resnet_stack_map(const mer__resnet_stack *stack, mer__map in);

/** vectors [in.n, width] of images [in.n], each [n_channels, height, width]. `*state`, in the
 * arena, is for backward. MER_STATUS_NO_MEMORY. */
mer_status mer__resnet_stack_forward(float *vectors, mer__resnet_state **state,
                                     const mer__resnet_stack *stack, const float *const *images,
                                     mer__map in, const mer__pass *pass, mer_error *err);
/** Adds the parameters' gradients for dvectors. MER_STATUS_NO_MEMORY. */
mer_status mer__resnet_stack_backward(const mer__resnet_stack *stack,
                                      const mer__resnet_state *state, const float *dvectors,
                                      const mer__pass *pass, mer_error *err);

#endif
