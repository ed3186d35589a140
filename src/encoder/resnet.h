/* resnet.h: residual networks (He et al., 2016) of a directory as Hugging Face lays it out: the
 * vector is the mean of the last map over all pixels. */
#ifndef MER_ENCODER_RESNET_H
#define MER_ENCODER_RESNET_H

#include "encoder/modality.h"

extern const mer__encoder_type mer__encoder_resnet;

#endif
