/* wav2vec.h: encoders that hear samples, from directories as Hugging Face lays them out:
 * wav2vec 2.0 (Baevski et al., 2020), HuBERT (Hsu et al., 2021) and WavLM (Chen et al., 2022), in
 * their base and large kinds. */
#ifndef MER_ENCODER_WAV2VEC_H
#define MER_ENCODER_WAV2VEC_H

#include "encoder/modality.h"

extern const mer__encoder_type mer__encoder_wav2vec2, mer__encoder_hubert, mer__encoder_wavlm;

#endif
