/* gated.h: a gate for each number of each modality's part: the joint vector is the sum of the
 * parts, each weighted by a softmax over the modalities that are present, number by number (after
 * Arevalo et al., "Gated multimodal units for information fusion", 2017, for any number of
 * modalities). */
#ifndef MER_FUSION_GATED_H
#define MER_FUSION_GATED_H

#include "fusion/fusion.h"

extern const mer__fusion_type mer__fusion_gated;

#endif
