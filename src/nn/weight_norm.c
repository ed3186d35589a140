/* weight_norm.c: threads share the taps. */
#include "nn/weight_norm.h"

#include <math.h>

#include "nn/parallel.h"

/* The sum of a b over the rows of one tap, in double precision. */
static double dot_tap(const float *a, const float *b, int64_t rows, int64_t row, int64_t width) {
  double sum = 0;
  for (int64_t i = 0; i < rows; i++) {
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (int64_t c = 0; c < width; c++) part += a[i * row + c] * b[i * row + c];
    sum += part;
  }
  return sum;
}

void mer__weight_norm_forward(float *w, float *norms, const float *v, const float *g, int64_t rows,
                              int64_t taps, int64_t width) {
  const int64_t row = taps * width;
#pragma omp parallel for schedule(static) if (mer__shared(rows * row >= MER__PARALLEL_MIN))
  for (int64_t t = 0; t < taps; t++) {
    const float *tap = v + t * width;
    norms[t] = (float)sqrt(dot_tap(tap, tap, rows, row, width));
    const float factor = norms[t] > 0 ? g[t] / norms[t] : 0;
    for (int64_t i = 0; i < rows; i++)
#pragma omp simd
      for (int64_t c = 0; c < width; c++) w[t * width + i * row + c] = factor * tap[i * row + c];
  }
}

void mer__weight_norm_backward(float *dv, float *dg, const float *dw, const float *v,
                               const float *g, const float *norms, int64_t rows, int64_t taps,
                               int64_t width) {
  const int64_t row = taps * width;
#pragma omp parallel for schedule(static) if (mer__shared(rows * row >= MER__PARALLEL_MIN))
  for (int64_t t = 0; t < taps; t++) {
    const int64_t at = t * width;
    if (!(norms[t] > 0)) continue;
    const float p = (float)(dot_tap(dw + at, v + at, rows, row, width) / norms[t]);
    const float factor = g[t] / norms[t], along = p / norms[t];
    dg[t] += p;
    for (int64_t i = 0; i < rows; i++)
#pragma omp simd
      for (int64_t c = 0; c < width; c++) {
        const int64_t j = at + i * row + c;
        dv[j] += factor * (dw[j] - along * v[j]);
      }
  }
}
