/* late.h: each modality has scores of its own, a Linear layer upon its part, and an utterance's are
 * the sum of those that it has: a product of experts. There is no head after it. */
#ifndef MER_FUSION_LATE_H
#define MER_FUSION_LATE_H

#include "fusion/fusion.h"

extern const mer__fusion_type mer__fusion_late;

#endif
