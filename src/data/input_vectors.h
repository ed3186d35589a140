/* input_vectors.h: the vectors that a frozen encoder gives for the rows of a split. */
#ifndef MER_DATA_INPUT_VECTORS_H
#define MER_DATA_INPUT_VECTORS_H

#include "data/inputs.h"

/** Computes the vectors of modality `m` for all rows given that have it, and lets the rows have
 * them. Statuses as mer__model_embed. */
mer_status mer__inputs_embed(mer__inputs *inputs, const mer_model *model, int m,
                             const mer_monitor *monitor, mer_error *err);
/** The same for those modalities whose turns are read by their vectors: so that each turn's is
 * computed once, and not with each of the rows after it. */
mer_status mer__inputs_embed_turns(mer__inputs *inputs, const mer_model *model,
                                   const mer_monitor *monitor, mer_error *err);

#endif
