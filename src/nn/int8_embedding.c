/* int8_embedding.c: sums of rows of int8 tables. */
#include "nn/int8_embedding.h"

#include <stddef.h>

#include "base/dispatch.h"
#include "nn/parallel.h"

/* A row of a table. */
typedef struct row {
  const int8_t *values;
  float scale;
} row;

static row row_of(const mer__int8_matrix *table, int64_t i) {
  return (row){table->values + i * table->columns, table->scales[i]};
}

MER__KERNEL static void add_rows(float *y, row a, row b, row c, int64_t n) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++)
    y[j] =
        (float)a.values[j] * a.scale + (float)b.values[j] * b.scale + (float)c.values[j] * c.scale;
}

void mer__int8_embedding_forward(float *y, const int32_t *ids, const int32_t *type_ids,
                                 const mer__packing *packing, const mer__int8_matrix *word,
                                 const mer__int8_matrix *position, const mer__int8_matrix *type) {
  const int32_t *offsets = packing->offsets;
  const int64_t hidden = word->columns;
  const int64_t n = (offsets[packing->n_utterances] - offsets[0]) * hidden;
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int32_t b = 0; b < packing->n_utterances; b++)
    for (int64_t t = offsets[b]; t < offsets[b + 1]; t++)
      add_rows(y + t * hidden, row_of(word, ids[t]), row_of(position, t - offsets[b]),
               row_of(type, type_ids ? type_ids[t] : 0), hidden);
}
