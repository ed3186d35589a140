/* extractor.h: the inside of a feature extractor. */
#ifndef MER_SPEECH_EXTRACTOR_H
#define MER_SPEECH_EXTRACTOR_H

#include "mer/speech.h"
#include "speech/spectrum.h"

struct mer_feature_extractor {
  mer_feature_options options;
  mer__fft fft;
  mer__bank bank;
  float *window;  /* [n_fft], halved as mer__fft_power wants it */
  float *cosines; /* of mer__cosines_fill */
};

/** Whether they are within their limits; MER_STATUS_INVALID. */
mer_status mer__feature_options_check(const mer_feature_options *options, mer_error *err);

#endif
