/* attention_fusion.h: attention over the modalities that are present: a weight for each part of an
 * utterance, by what it says itself; the joint vector is the sum (layers/attention_pool.h). */
#ifndef MER_FUSION_ATTENTION_FUSION_H
#define MER_FUSION_ATTENTION_FUSION_H

#include "fusion/fusion.h"

extern const mer__fusion_type mer__fusion_attention;

#endif
