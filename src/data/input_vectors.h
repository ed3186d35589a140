/* input_vectors.h: the vectors that a frozen encoder gives for the rows of a split. */
#ifndef MER_DATA_INPUT_VECTORS_H
#define MER_DATA_INPUT_VECTORS_H

#include "data/inputs.h"

/** Of images that attention joins, whose encoder is frozen: says where the vectors of the images of
 * each row will stand. To be called before they are computed or taken. MER_STATUS_NO_MEMORY. */
mer_status mer__inputs_place_vectors(mer__inputs *inputs, const mer_model *model, int m,
                                     mer_error *err);
/** Computes the vectors of modality `m` for all rows given that have it, and lets the rows have
 * them. Statuses as mer__model_embed. */
mer_status mer__inputs_embed(mer__inputs *inputs, const mer_model *model, int m,
                             const mer_monitor *monitor, mer_error *err);
/** The same for those modalities whose turns are read by their vectors: so that each turn's is
 * computed once, and not with each of the rows after it. */
mer_status mer__inputs_embed_turns(mer__inputs *inputs, const mer_model *model,
                                   const mer_monitor *monitor, mer_error *err);
/** Computes the vectors of those modalities that are standardized by speakers, and takes what is
 * particular to each out of them (mer__speakers_adapt). MER_STATUS_INVALID (there is
 * no such modality, or no row says who speaks), or as mer__model_embed. */
mer_status mer__inputs_embed_speakers(mer__inputs *inputs, const mer_model *model,
                                      const mer_monitor *monitor, mer_error *err);
/** Whether a modality is standardized by speakers, and any row says who speaks. */
bool mer__inputs_have_speakers(const mer__inputs *inputs);
/** Fits mean and deviation of all speakers to the vectors of modality `m` of the training split. */
mer_status mer__inputs_fit_speakers(const mer__inputs *inputs, const mer_model *model, int m,
                                    mer_error *err);
/** Takes out of the vectors of modality `m` what is particular to their speakers
 * (mer__speakers_adapt). */
mer_status mer__inputs_adapt_speakers(mer__inputs *inputs, const mer_model *model, int m,
                                      mer_error *err);

#endif
