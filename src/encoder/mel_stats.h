/* mel_stats.h: a small encoder of sound that is trained from nothing: the mean and the deviation of
 * each log-mel band over time, then a Linear layer and ReLU. Clips of any length. */
#ifndef MER_ENCODER_MEL_STATS_H
#define MER_ENCODER_MEL_STATS_H

#include "encoder/modality.h"

extern const mer__encoder_type mer__encoder_mel_stats;

#endif
