/* position_conv.h: positions as a grouped convolution over time (Baevski et al., "wav2vec 2.0",
 * 2020, section 2): y = GELU(conv(x)), as long as x, with weights that are normed
 * (nn/weight_norm.h). For prediction the normed weight is computed once (mer__weights_pack). */
#ifndef MER_LAYERS_POSITION_CONV_H
#define MER_LAYERS_POSITION_CONV_H

#include "layers/pass.h"

typedef struct mer__position_conv {
  int64_t channels, groups, kernel; /* set before declare */
  int64_t magnitudes, directions,
      bias; /* parameters [kernel], [channels, kernel, width], [channels] */
} mer__position_conv;

/** Declares `name`.parametrizations.weight.original0 and 1, as newer releases of PyTorch call them
 * (older ones: weight_g, weight_v), and `name`.bias; an index is -1 if that fails. */
void mer__position_conv_declare(mer__position_conv *conv, mer__params *params, const char *name);

/** What all inputs of a pass share, in its arena. */
typedef struct mer__position_weights {
  const float *weight; /* [groups] of [width, kernel * width], by rows or packed */
  bool packed;
  float *norms, *dweight; /* of the backward pass */
} mer__position_weights;
/** MER_STATUS_NO_MEMORY. */
mer_status mer__position_conv_begin(mer__position_weights *weights, const mer__position_conv *conv,
                                    const mer__pass *pass, mer_error *err);

/** y = x + GELU(conv(x)). x, y: [n_frames, channels]. `before` [n_frames, channels], the value
 * before GELU, is kept for backward; or NULL. Scratch lives in the arena. MER_STATUS_NO_MEMORY. */
mer_status mer__position_conv_forward(float *y, float *before, const float *x,
                                      const mer__position_weights *weights,
                                      const mer__position_conv *conv, int64_t n_frames,
                                      const mer__pass *pass, mer_error *err);

/** dx = dy + what comes through the convolution; adds to the gradients of the bias, and to
 * weights->dweight. MER_STATUS_NO_MEMORY. */
mer_status mer__position_conv_backward(float *dx, const float *dy, const float *before,
                                       const float *x, const mer__position_weights *weights,
                                       const mer__position_conv *conv, int64_t n_frames,
                                       const mer__pass *pass, mer_error *err);
/** After the last input: adds the gradients of magnitudes and directions. */
void mer__position_conv_end(const mer__position_weights *weights, const mer__position_conv *conv,
                            const mer__pass *pass);

#endif
