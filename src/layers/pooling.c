/* pooling.c: means and deviations over the rows of utterances. */
#include "layers/pooling.h"

#include <math.h>
#include <string.h>

#include "nn/rows.h"

static const float epsilon = 1e-6f; /* of a variance */

static const char *const names[] = {[MER__POOL_MEAN] = "mean",
                                    [MER__POOL_MEAN_STD] = "mean-std",
                                    [MER__POOL_ATTENTION] = "attention"};

const char *mer__pool_name(mer__pool_kind kind) { return names[kind]; }

bool mer__pool_find(mer__pool_kind *kind, const char *name) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(name, names[i]) == 0) {
      *kind = (mer__pool_kind)i;
      return true;
    }
  return false;
}

int64_t mer__pool_width(mer__pool_kind kind, int64_t hidden) {
  return kind == MER__POOL_MEAN_STD ? 2 * hidden : hidden;
}

static void add_squares(float *sums, const float *x, const float *mean, int64_t n, int64_t hidden) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < hidden; j++) {
      const float d = x[i * hidden + j] - mean[j];
      sums[j] += d * d;
    }
}

void mer__pool_forward(float *y, int64_t y_stride, mer__pool_kind kind, const float *x,
                       const mer__packing *packing, int64_t hidden) {
  const int64_t width = mer__pool_width(kind, hidden);
  for (int32_t b = 0; b < packing->n_utterances; b++) {
    const int64_t first = packing->offsets[b], n = packing->offsets[b + 1] - first;
    float *mean = y + b * y_stride, *deviation = mean + hidden;
    memset(mean, 0, (size_t)width * sizeof *mean);
    if (n == 0) continue;
    mer__rows_sum_add(mean, x + first * hidden, n, hidden);
    for (int64_t j = 0; j < hidden; j++) mean[j] /= (float)n;
    if (kind == MER__POOL_MEAN) continue;
    add_squares(deviation, x + first * hidden, mean, n, hidden);
    for (int64_t j = 0; j < hidden; j++) deviation[j] = sqrtf(deviation[j] / (float)n + epsilon);
  }
}

static void deviation_backward(float *dx, const float *dy, const float *y, const float *x,
                               int64_t n, int64_t hidden) {
  const float *ddeviation = dy + hidden, *mean = y, *deviation = y + hidden;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < hidden; j++)
      dx[i * hidden + j] +=
          ddeviation[j] * (x[i * hidden + j] - mean[j]) / ((float)n * deviation[j]);
}

void mer__pool_backward(float *dx, const float *dy, const float *y, int64_t y_stride,
                        mer__pool_kind kind, const float *x, const mer__packing *packing,
                        int64_t hidden) {
  for (int32_t b = 0; b < packing->n_utterances; b++) {
    const int64_t first = packing->offsets[b], n = packing->offsets[b + 1] - first;
    for (int64_t i = first; i < first + n; i++)
      mer__rows_scale_add(dx + i * hidden, dy + b * y_stride, 1 / (float)n, hidden);
    if (kind == MER__POOL_MEAN_STD)
      deviation_backward(dx + first * hidden, dy + b * y_stride, y + b * y_stride,
                         x + first * hidden, n, hidden);
  }
}

void mer__pool_merge(float *y, int64_t n, const float *more, int64_t n_more, mer__pool_kind kind,
                     int64_t hidden) {
  const float part = (float)n_more / (float)(n + n_more);
  for (int64_t j = 0; j < hidden; j++) {
    const float d = more[j] - y[j];
    y[j] += part * d;
    if (kind == MER__POOL_MEAN) continue;
    const float own = y[hidden + j], other = more[hidden + j];
    y[hidden + j] =
        sqrtf((1 - part) * own * own + part * other * other + part * (1 - part) * d * d);
  }
}
