/* embedding.c: sums of table rows, and their gradients. */
#include "nn/embedding.h"

#include <stddef.h>

#include "nn/parallel.h"
#include "nn/rows_kernels.h"

static int64_t type_of(const int32_t *type_ids, int64_t t) { return type_ids ? type_ids[t] : 0; }

void mer__embedding_forward(float *y, const int32_t *ids, const int32_t *type_ids,
                            const mer__packing *packing, const float *word, const float *position,
                            const float *type, int64_t hidden) {
  const int32_t *offsets = packing->offsets;
  const int64_t n = (offsets[packing->n_utterances] - offsets[0]) * hidden;
  const mer__rows_kernels *kernels = MER__CHOSEN(mer__rows);
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int32_t b = 0; b < packing->n_utterances; b++)
    for (int64_t t = offsets[b]; t < offsets[b + 1]; t++)
      kernels->add(y + t * hidden, word + ids[t] * hidden, position + (t - offsets[b]) * hidden,
                   type + type_of(type_ids, t) * hidden, hidden);
}

void mer__embedding_backward(float *dword, float *dposition, float *dtype, const float *dy,
                             const int32_t *ids, const int32_t *type_ids,
                             const mer__packing *packing, int64_t hidden) {
  const int32_t *offsets = packing->offsets;
  const int64_t n = (offsets[packing->n_utterances] - offsets[0]) * hidden;
  const mer__rows_kernels *kernels = MER__CHOSEN(mer__rows);
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t j = 0; j < hidden; j += MER__COLUMN_TILE) {
    int64_t size = mer__chunk_size(hidden, j, MER__COLUMN_TILE);
    for (int32_t b = 0; b < packing->n_utterances; b++)
      for (int64_t t = offsets[b]; t < offsets[b + 1]; t++)
        kernels->add_to(dword + ids[t] * hidden + j, dposition + (t - offsets[b]) * hidden + j,
                        dtype + type_of(type_ids, t) * hidden + j, dy + t * hidden + j, size);
  }
}
