/* mel_conv.h: convolutions of 3 x 3 over time and bands of packed clips (PyTorch's nn.Conv2d with
 * padding 1 and no bias, over each clip).
 *
 * A map [T, F + 1, C] has after the F pixels of each frame one of zeros, and another before the
 * first frame. So what a pixel of the result reads of one frame are 3 C numbers that lie together,
 * and nothing is gathered: the convolution is, frame by frame, a product of overlapping rows. */
#ifndef MER_NN_MEL_CONV_H
#define MER_NN_MEL_CONV_H

#include "nn/packing.h"

typedef struct mer__mel_conv {
  int64_t n_bands; /* F */
  int64_t in, out; /* channels, C and O */
  int64_t n_times; /* frames that the kernel spans: 3, or 1 for a map by mer__mel_map_of_frames */
} mer__mel_conv;

/** Floats of a map of T frames, the zeros before the first one included. Pointers to a map point to
 * its first frame, C floats after its beginning. */
int64_t mer__mel_map_size(int64_t n_frames, int64_t n_bands, int64_t channels);
/** Writes the zeros of a map; the rest is the caller's. */
void mer__mel_map_pad(float *map, int64_t n_frames, int64_t n_bands, int64_t channels);
/** Of frames [T, F], a map of three channels: the frame before in its clip, the frame itself, and
 * the next one; zeros where there is none. Then 3 x 3 is a kernel that spans one frame. */
void mer__mel_map_of_frames(float *map, const float *frames, const mer__packing *clips,
                            int64_t n_bands);

/** Floats of a weight. */
static inline int64_t mer__mel_conv_weights(const mer__mel_conv *conv) {
  return conv->n_times * 3 * conv->in * conv->out;
}
/** to [n_times, 3, C, O] of weight [O, n_times, 3, C], as forward takes it. */
void mer__mel_conv_transpose(float *to, const float *weight, const mer__mel_conv *conv);
/** to [n_times, 3, O, C]: with it and exchanged channels forward makes the input's gradient of a
 * map of the result's. */
void mer__mel_conv_flip(float *to, const float *weight, const mer__mel_conv *conv);

/** y [T, F, O] of the map x. Uses all threads. */
void mer__mel_conv_forward(float *y, const float *x, const float *transposed,
                           const mer__packing *clips, const mer__mel_conv *conv);

/** Floats of scratch of the weight's gradient. */
int64_t mer__mel_conv_scratch(const mer__mel_conv *conv);
/** Adds to dweight [O, n_times, 3, C]; dy is a map. Threads share parts of the frames, whose number
 * does not depend on that of the threads. */
void mer__mel_conv_weight_gradient(float *dweight, const float *dy, const float *x,
                                   const mer__packing *clips, const mer__mel_conv *conv,
                                   float *scratch);

#endif
