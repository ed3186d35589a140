/* joint.h: several models of one modality each, which answer together: the geometric mean of
 * their probabilities. Each has its own temperature, so that these mean what they say; a modality
 * that is missing takes no part. */
#ifndef MER_MODEL_JOINT_H
#define MER_MODEL_JOINT_H

#include "model/model_state.h"

/** The models `parts` [n] as one of the kind "fusion", which owns them from then on; on failure
 * they stay the caller's. It answers with the labels of the first, in their order. What it answers
 * for is as of any model; it cannot be trained or written. MER_STATUS_INVALID (a part of several
 * modalities, or not of one label each; two of the same modality; other labels),
 * MER_STATUS_NO_MEMORY. */
mer_status mer__model_join(mer_model **out, mer_model *const *parts, int n, mer_error *err);

/** mer__model_logits of a joint model: the means of the parts' logarithms of probabilities. */
mer_status mer__joint_logits(float *logits, const mer_model *model, const mer__source *source,
                             bool without, mer__pool *arenas, mer_error *err);

#endif
