/* pooling.c: means over the rows of utterances. */
#include "layers/pooling.h"

#include <string.h>

#include "nn/rows.h"

void mer__mean_pool_forward(float *y, const float *x, const mer__packing *packing, int64_t hidden) {
  memset(y, 0, (size_t)(packing->n_utterances * hidden) * sizeof *y);
  for (int32_t b = 0; b < packing->n_utterances; b++) {
    const int64_t first = packing->offsets[b], n = packing->offsets[b + 1] - first;
    float *mean = y + b * hidden;
    if (n == 0) continue;
    mer__rows_sum_add(mean, x + first * hidden, n, hidden);
    for (int64_t j = 0; j < hidden; j++) mean[j] /= (float)n;
  }
}

void mer__mean_pool_backward(float *dx, const float *dy, const mer__packing *packing,
                             int64_t hidden) {
  for (int32_t b = 0; b < packing->n_utterances; b++) {
    const int64_t first = packing->offsets[b], n = packing->offsets[b + 1] - first;
    for (int64_t i = first; i < first + n; i++)
      for (int64_t j = 0; j < hidden; j++) dx[i * hidden + j] = dy[b * hidden + j] / (float)n;
  }
}
