/* vit.h: the vision transformer (Dosovitskiy et al., 2021) of a directory as Hugging Face lays it
 * out: patches of an image, pre-norm layers, the class token's row as the vector. */
#ifndef MER_ENCODER_VIT_H
#define MER_ENCODER_VIT_H

#include "encoder/modality.h"

extern const mer__encoder_type mer__encoder_vit;

#endif
