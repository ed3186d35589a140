/* whisper_stem.h: what stands before Whisper's layers: log-mel frames -> convolution, GELU ->
 * convolution of every second frame, GELU -> plus the embedding of the position. */
#ifndef MER_ENCODER_WHISPER_STEM_H
#define MER_ENCODER_WHISPER_STEM_H

#include "encoder/spec_augment.h"
#include "encoder/speech_stack.h"
#include "layers/conv.h"

typedef struct mer__whisper_stem {
  int64_t n_bands, hidden, n_positions; /* set before declare */
  bool band_major;                      /* set: the input is [bands, frames], as padded sound is */
  mer__spec_augment augment;            /* set: while training, masked frames and bands are zeros */
  bool changes;    /* set: training changes sound at random (mel_augment.h), frame by frame */
  double noise;    /* set with it: the share of clips that get loud noise */
  double top_hz;   /* set with it: of the last band */
  double window_s; /* set with it: of a frame */
  mer__conv first, second;
  int64_t positions; /* parameter [n_positions, hidden], which is not trained */
  mer__speech_stem functions;
} mer__whisper_stem;

/** Declares the parameters, and fills `functions`, whose `self` is the stem. */
mer_status mer__whisper_stem_declare(mer__whisper_stem *stem, mer__params *params, mer_error *err);

#endif
