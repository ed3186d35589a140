/* mel_block.h: what the convolutional part of a CRNN is made of: a convolution of 3 x 3 over time
 * and bands, batch norm, ReLU, max pooling; over packed clips. Its weights stay f32. */
#ifndef MER_LAYERS_MEL_BLOCK_H
#define MER_LAYERS_MEL_BLOCK_H

#include "layers/batch_norm.h"
#include "layers/pass.h"
#include "nn/mel_conv.h"
#include "nn/norm_pool.h"

typedef struct mer__mel_block {
  /* set before declare */
  int64_t n_bands, in, out; /* F, a multiple of n_pooled_bands, and channels */
  bool of_frames;           /* x are frames [T, F], and `in` is 1; else a map (nn/mel_conv.h) */
  int64_t n_times, n_pooled_bands; /* of a window of the pooling */
  bool makes_map;                  /* the result is a map, else rows [T', F' O] */

  int64_t weight;
  mer__batch_norm norm;
} mer__mel_block;

/** What forward keeps for backward. */
typedef struct mer__mel_block_state {
  const mer__packing *clips, *pooled;
  const float *map; /* of the convolution's input */
  float *sums;      /* [T, F, out]: its result */
  float *mean, *rstd;
  int32_t *which;
  float *y; /* the block's result; if it is a map, its first frame */
} mer__mel_block_state;

/** Declares `name`.conv.weight, in files [out, in, 3 (time), 3 (bands)], and `name`.norm.
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__mel_block_declare(mer__mel_block *block, mer__params *params, const char *name,
                                  mer_error *err);
/** Weights as He et al. (2015) initialize them for ReLU, uniform. */
void mer__mel_block_init(const mer__mel_block *block, mer__params *params, mer__rng *rng);

/** Makes state->y, in the arena, of x; `pooled`: the clips' frames in it, mer__pooled_frames of
 * each clip's. MER_STATUS_NO_MEMORY. */
mer_status mer__mel_block_forward(mer__mel_block_state *state, const mer__mel_block *block,
                                  const float *x, const mer__packing *clips,
                                  const mer__packing *pooled, const mer__pass *pass,
                                  mer_error *err);
/** Adds the parameters' gradients for dy [T', F', out]; dx [T, F, in], unless it is NULL, becomes
 * that of x. MER_STATUS_NO_MEMORY. */
mer_status mer__mel_block_backward(float *dx, const float *dy, const mer__mel_block_state *state,
                                   const mer__mel_block *block, const mer__pass *pass,
                                   mer_error *err);

#endif
