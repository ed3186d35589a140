/* wav2vec_features.h: the convolutions by which wav2vec 2.0 and its kin make frames of samples
 * (Baevski et al., 2020, section 2). The first layer's channels are normed over time ("group": the
 * base models), or each layer's frames over the channels ("layer": the large ones); then GELU. */
#ifndef MER_ENCODER_WAV2VEC_FEATURES_H
#define MER_ENCODER_WAV2VEC_FEATURES_H

#include "layers/conv.h"

enum { MER__WAV2VEC_MAX_CONVS = 16 };

typedef struct mer__wav2vec_features {
  int n_layers;                            /* all of this is set before declare */
  mer__conv convs[MER__WAV2VEC_MAX_CONVS]; /* in, out, kernel, stride */
  bool has_bias;
  bool layer_norm; /* else the channels of the first layer */
  int64_t gammas[MER__WAV2VEC_MAX_CONVS], betas[MER__WAV2VEC_MAX_CONVS]; /* of those with a norm */
} mer__wav2vec_features;

/** Declares the parameters; false if that fails. */
bool mer__wav2vec_features_declare(mer__wav2vec_features *features, mer__params *params);

/** Samples of which the first frame is made, or a number above `most`; with sizes of the
 * convolutions below 2^16 and `most` below 2^32 it does not overflow. */
int64_t mer__wav2vec_features_least(const mer__wav2vec_features *features, int64_t most);
/** Frames of n samples. */
int64_t mer__wav2vec_features_frames(const mer__wav2vec_features *features, int64_t n_samples);

/** What forward keeps for backward. */
typedef struct mer__wav2vec_features_state {
  int64_t n_frames[MER__WAV2VEC_MAX_CONVS];
  const float *inputs[MER__WAV2VEC_MAX_CONVS]; /* of each layer */
  float *sums[MER__WAV2VEC_MAX_CONVS];         /* after the convolution */
  float *means[MER__WAV2VEC_MAX_CONVS], *rstds[MER__WAV2VEC_MAX_CONVS];
} mer__wav2vec_features_state;

/** `*out` [frames, channels of the last layer], in the arena, of samples [n_samples], at least
 * `least` of them. MER_STATUS_NO_MEMORY. */
mer_status mer__wav2vec_features_forward(const float **out, mer__wav2vec_features_state *state,
                                         const mer__wav2vec_features *features,
                                         const float *samples, int64_t n_samples,
                                         const mer__pass *pass, mer_error *err);
/** Adds the parameters' gradients for dout, which is overwritten. MER_STATUS_NO_MEMORY. */
mer_status mer__wav2vec_features_backward(float *dout, const mer__wav2vec_features_state *state,
                                          const mer__wav2vec_features *features,
                                          const mer__pass *pass, mer_error *err);

#endif
