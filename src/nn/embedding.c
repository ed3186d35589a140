/* embedding.c: sums of table rows, and their gradients. */
#include "nn/embedding.h"

#include <stddef.h>

#include "base/dispatch.h"
#include "nn/parallel.h"

MER__KERNEL static void add_rows(float *y, const float *a, const float *b, const float *c,
                                 int64_t n) {
  for (int64_t j = 0; j < n; j++) y[j] = a[j] + b[j] + c[j];
}

/* Not `restrict`: two of the tables may be one. */
MER__KERNEL static void add_to_rows(float *a, float *b, float *c, const float *dy, int64_t n) {
  for (int64_t j = 0; j < n; j++) a[j] += dy[j];
  for (int64_t j = 0; j < n; j++) b[j] += dy[j];
  for (int64_t j = 0; j < n; j++) c[j] += dy[j];
}

static int64_t type_of(const int32_t *type_ids, int64_t t) { return type_ids ? type_ids[t] : 0; }

void mer__embedding_forward(float *y, const int32_t *ids, const int32_t *type_ids,
                            const mer__packing *packing, const float *word, const float *position,
                            const float *type, int64_t hidden) {
  const int32_t *offsets = packing->offsets;
  const int64_t n = (offsets[packing->n_utterances] - offsets[0]) * hidden;
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int32_t b = 0; b < packing->n_utterances; b++)
    for (int64_t t = offsets[b]; t < offsets[b + 1]; t++)
      add_rows(y + t * hidden, word + ids[t] * hidden, position + (t - offsets[b]) * hidden,
               type + type_of(type_ids, t) * hidden, hidden);
}

void mer__embedding_backward(float *dword, float *dposition, float *dtype, const float *dy,
                             const int32_t *ids, const int32_t *type_ids,
                             const mer__packing *packing, int64_t hidden) {
  const int32_t *offsets = packing->offsets;
  const int64_t n = (offsets[packing->n_utterances] - offsets[0]) * hidden;
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t j = 0; j < hidden; j += MER__COLUMN_TILE) {
    int64_t size = mer__chunk_size(hidden, j, MER__COLUMN_TILE);
    for (int32_t b = 0; b < packing->n_utterances; b++)
      for (int64_t t = offsets[b]; t < offsets[b + 1]; t++)
        add_to_rows(dword + ids[t] * hidden + j, dposition + (t - offsets[b]) * hidden + j,
                    dtype + type_of(type_ids, t) * hidden + j, dy + t * hidden + j, size);
  }
}
