/* wav2vec_stem.h: what stands before the layers of wav2vec 2.0, HuBERT and WavLM: samples, which
 * may be standardized -> convolutions (wav2vec_features.h) -> layer norm and Linear -> plus
 * positions by a convolution (while training of frames of which some are masked) -> layer norm,
 * unless that stands after the layers. */
#ifndef MER_ENCODER_WAV2VEC_STEM_H
#define MER_ENCODER_WAV2VEC_STEM_H

#include "encoder/spec_augment.h"
#include "encoder/speech_stack.h"
#include "encoder/wav2vec_features.h"
#include "layers/position_conv.h"

enum { MER__WAV2VEC_WINDOW = 30 * 16000 }; /* samples that are heard at a time */

typedef struct mer__wav2vec_stem {
  /* set before declare */
  mer__wav2vec_features features;
  mer__position_conv positions;
  int64_t hidden;
  bool standardize;     /* the samples of a window to mean 0 and variance 1 */
  bool projection_norm; /* before the projection */
  bool output_norm;     /* at the end: of post-norm layers */
  double epsilon, projection_dropout;
  mer__spec_augment augment;
  bool has_mask_embedding;

  int64_t projection_gamma, projection_beta, weight, bias; /* of norm and Linear */
  int64_t gamma, beta;                                     /* of the norm at the end */
  int64_t mask_embedding; /* in the place of frames that are masked */
  mer__speech_stem functions;
} mer__wav2vec_stem;

/** Declares the parameters, and fills `functions`, whose `self` is the stem. MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__wav2vec_stem_declare(mer__wav2vec_stem *stem, mer__params *params, mer_error *err);

#endif
