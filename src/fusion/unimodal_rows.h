/* unimodal_rows.h: rows for unimodal losses: each utterance stands in a training's batch with all
 * that it has, and once more with each of its modalities alone. So the fusion and the head go over
 * all of these rows at once, while the encoders work once. */
#ifndef MER_FUSION_UNIMODAL_ROWS_H
#define MER_FUSION_UNIMODAL_ROWS_H

#include "fusion/fusion.h"

/** The rows first to first + n - 1, with one modality alone. */
typedef struct mer__unimodal_rows {
  int64_t n, first;
  const int32_t *of; /* [n]: the utterance of each, by its own row in the batch; they ascend */
} mer__unimodal_rows;

/** Appends to the `*n` rows of a batch those with each modality alone, `unimodal` [n_modalities].
 * Branch m has its vectors [n_present, widths[m]] twice then, the second time for these rows.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__unimodal_rows_append(mer__unimodal_rows *unimodal, mer__branch *branches,
                                     int64_t *n, const mer__fusion *fusion, mer__arena *arena,
                                     mer_error *err);
/** Adds the gradients of the second vectors of a branch to those of the first; `dvectors`
 * [2 * unimodal->n, width]. */
void mer__unimodal_rows_backward(float *dvectors, const mer__unimodal_rows *unimodal,
                                 int64_t width);

#endif
