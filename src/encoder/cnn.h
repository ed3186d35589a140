/* cnn.h: an encoder of small images that is trained from nothing: blocks of convolutions of 3 x 3
 * with batch norm, in the manner of VGG (Simonyan and Zisserman, 2015; for faces Barsoum et al.,
 * "Training deep networks for facial expression recognition with crowd-sourced label distribution",
 * 2016). */
#ifndef MER_ENCODER_CNN_H
#define MER_ENCODER_CNN_H

#include "encoder/modality.h"

extern const mer__encoder_type mer__encoder_cnn;

#endif
