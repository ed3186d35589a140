/* conv.h: convolutions over time (PyTorch's nn.Conv1d) of one utterance's frames, each a row of
 * channels. What an output frame reads lies together, and the next one's begins `stride` frames
 * later: so a convolution is a product of overlapping rows with the weight, by the kernels of the
 * Linear layers. Padding is a part of the input that the caller has zeroed. */
#ifndef MER_LAYERS_CONV_H
#define MER_LAYERS_CONV_H

#include "layers/pass.h"

typedef struct mer__conv {
  int64_t weight, bias; /* parameters; bias -1: none */
  int64_t in, out;      /* channels */
  int64_t kernel, stride;
} mer__conv;

/** Declares `name`.weight and, with `has_bias`, `name`.bias; an index is -1 if that fails. The
 * other members are set before. With `role` MER__VECTOR the weight stays f32. */
void mer__conv_declare(mer__conv *conv, mer__params *params, mer__param_role role, bool has_bias,
                       const char *name);

/** Frames of the output for `n` of the input, padding included; 0 if they are fewer than the
 * kernel. */
int64_t mer__conv_frames(const mer__conv *conv, int64_t n);

/** y[t] = W x[t * stride .. t * stride + kernel - 1] + b, and activated = GELU(y), which may be y,
 * unless it is NULL. y: [n_frames, out], x: [.., in]. */
void mer__conv_forward(float *y, float *activated, const float *x, const mer__pass *pass,
                       const mer__conv *conv, int64_t n_frames);

/** Floats of scratch of the backward pass. */
int64_t mer__conv_scratch(const mer__conv *conv);
/** Adds the gradients of W and b for dy [n_frames, out], and that of x to dx, which has the input's
 * padding too, unless it is NULL. */
void mer__conv_backward(float *dx, const float *dy, const float *x, const mer__pass *pass,
                        const mer__conv *conv, int64_t n_frames, float *scratch);

#endif
