/* int8_embedding.c: sums of rows of int8 tables. */
#include "nn/int8_embedding.h"

#include <stddef.h>

#include "nn/parallel.h"
#include "nn/rows_kernels.h"

static mer__int8_row row_of(const mer__int8_matrix *table, int64_t i) {
  return (mer__int8_row){table->values + i * table->columns, table->scales[i]};
}

void mer__int8_embedding_forward(float *y, const mer__embedding_ids *ids,
                                 const mer__int8_matrix *word, const mer__int8_matrix *position,
                                 const mer__int8_matrix *type) {
  const int64_t hidden = word->columns;
  const mer__int8_row none = {0};
  const mer__rows_kernels *kernels = MER__CHOSEN(mer__rows);
#pragma omp parallel for schedule(static) if (ids->n * hidden >= MER__PARALLEL_MIN)
  for (int64_t t = 0; t < ids->n; t++)
    kernels->add_int8(y + t * hidden, row_of(word, ids->words[t]),
                      row_of(position, ids->positions[t]),
                      type ? row_of(type, ids->types ? ids->types[t] : 0) : none, hidden);
}
