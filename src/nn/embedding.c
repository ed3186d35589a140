/* embedding.c: sums of table rows, and their gradients. */
#include "nn/embedding.h"

#include <stddef.h>

#include "nn/parallel.h"
#include "nn/rows_kernels.h"

/* The row of the type's table, or NULL. */
static const float *type_row(const float *type, const mer__embedding_ids *ids, int64_t t,
                             int64_t hidden) {
  return type ? type + (ids->types ? ids->types[t] : 0) * hidden : NULL;
}

void mer__embedding_forward(float *y, const mer__embedding_ids *ids, const float *word,
                            const float *position, const float *type, int64_t hidden) {
  const mer__rows_kernels *kernels = MER__CHOSEN(mer__rows);
#pragma omp parallel for schedule(static) if (ids->n * hidden >= MER__PARALLEL_MIN)
  for (int64_t t = 0; t < ids->n; t++)
    kernels->add(y + t * hidden, word + ids->words[t] * hidden,
                 position + ids->positions[t] * hidden, type_row(type, ids, t, hidden), hidden);
}

void mer__embedding_backward(float *dword, float *dposition, float *dtype, const float *dy,
                             const mer__embedding_ids *ids, int64_t hidden) {
  const mer__rows_kernels *kernels = MER__CHOSEN(mer__rows);
#pragma omp parallel for schedule(static) if (ids->n * hidden >= MER__PARALLEL_MIN)
  for (int64_t j = 0; j < hidden; j += MER__COLUMN_TILE) {
    const int64_t size = mer__chunk_size(hidden, j, MER__COLUMN_TILE);
    for (int64_t t = 0; t < ids->n; t++) {
      float *type = dtype ? dtype + (ids->types ? ids->types[t] : 0) * hidden + j : NULL;
      kernels->add_to(dword + ids->words[t] * hidden + j,
                      dposition + ids->positions[t] * hidden + j, type, dy + t * hidden + j, size);
    }
  }
}
