/* whisper.h: the encoder of Whisper (Radford et al., "Robust speech recognition via large-scale
 * weak supervision", 2023), from a directory as Hugging Face lays it out: log-mel, two convolutions
 * over time, sinusoidal positions and pre-norm layers. */
#ifndef MER_ENCODER_WHISPER_H
#define MER_ENCODER_WHISPER_H

#include "encoder/modality.h"

extern const mer__encoder_type mer__encoder_whisper;

#endif
