/* crnn.h: an encoder of sound that is trained from nothing: log-mel, convolutions, an LSTM in both
 * directions, pooling by attention (as sound events and emotions are recognized, for instance by
 * Cakir et al., "Convolutional recurrent neural networks for polyphonic sound event detection",
 * 2017). Clips of any length. */
#ifndef MER_ENCODER_CRNN_H
#define MER_ENCODER_CRNN_H

#include "encoder/modality.h"

extern const mer__encoder_type mer__encoder_crnn;

#endif
