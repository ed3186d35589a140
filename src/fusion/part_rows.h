/* part_rows.h: the parts of an utterance's modalities as rows that lie together: a packed batch,
 * whose utterances have as many rows as modalities are present. */
#ifndef MER_FUSION_PART_ROWS_H
#define MER_FUSION_PART_ROWS_H

#include "fusion/fusion.h"
#include "nn/packing.h"

typedef struct mer__part_rows {
  mer__packing packing;
  int64_t n; /* of all rows */
  int64_t n_present[MER_MAX_MODALITIES];
  int32_t *places[MER_MAX_MODALITIES]; /* [n_present]: the row of each part */
} mer__part_rows;

/** Of n utterances. MER_STATUS_NO_MEMORY. */
mer_status mer__part_rows_take(mer__part_rows *rows, const mer__branch *branches, int n_modalities,
                               int64_t n, mer__arena *arena, mer_error *err);

/** Copies the parts [n_present, width] of modality m to their rows of `to` [n, width], and back. */
void mer__part_rows_scatter(float *to, const mer__part_rows *rows, int m, const float *part,
                            int64_t width);
void mer__part_rows_gather(float *part, const mer__part_rows *rows, int m, const float *from,
                           int64_t width);

#endif
