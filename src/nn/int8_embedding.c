/* int8_embedding.c: sums of rows of int8 tables. */
#include "nn/int8_embedding.h"

#include <stddef.h>

#include "nn/parallel.h"
#include "nn/rows_kernels.h"

static mer__int8_row row_of(const mer__int8_matrix *table, int64_t i) {
  return (mer__int8_row){table->values + i * table->columns, table->scales[i]};
}

void mer__int8_embedding_forward(float *y, const int32_t *ids, const int32_t *type_ids,
                                 const mer__packing *packing, const mer__int8_matrix *word,
                                 const mer__int8_matrix *position, const mer__int8_matrix *type) {
  const int32_t *offsets = packing->offsets;
  const int64_t hidden = word->columns;
  const int64_t n = (offsets[packing->n_utterances] - offsets[0]) * hidden;
  const mer__rows_kernels *kernels = MER__CHOSEN(mer__rows);
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int32_t b = 0; b < packing->n_utterances; b++)
    for (int64_t t = offsets[b]; t < offsets[b + 1]; t++)
      kernels->add_int8(y + t * hidden, row_of(word, ids[t]), row_of(position, t - offsets[b]),
                        row_of(type, type_ids ? type_ids[t] : 0), hidden);
}
