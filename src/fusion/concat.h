/* concat.h: the fusion of the reference experiment: vectors, each after a Linear layer and ReLU if
 * there is a projection, side by side. A modality that an utterance lacks contributes zeros. */
#ifndef MER_FUSION_CONCAT_H
#define MER_FUSION_CONCAT_H

#include "fusion/fusion.h"

extern const mer__fusion_type mer__fusion_concat;

#endif
