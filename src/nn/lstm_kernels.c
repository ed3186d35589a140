/* lstm_kernels.c: gates and states of one row, all in one pass. */
#include "nn/lstm_kernels.h"

#include <stddef.h>

#include "nn/vector_math.h"

MER__INLINE float logistic(float x) { return 1.0f / (1.0f + mer__exp(-x)); }

/* Within 2e-7; at both ends it is exactly 1 and -1. */
MER__INLINE float hyperbolic_tangent(float x) { return 1.0f - 2.0f / (1.0f + mer__exp(2.0f * x)); }

static void add(float *gates, const float *recurrent, int64_t n) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) gates[j] += recurrent[j];
}

static void step(const mer__lstm_row *row, int64_t n) {
  float *input = row->gates, *forget = input + n, *candidate = input + 2 * n;
  float *output = input + 3 * n, *hidden = row->hidden, *cell = row->cell;
  if (row->recurrent) add(row->gates, row->recurrent, 4 * n);
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const float i = logistic(input[j]), f = logistic(forget[j]);
    const float g = hyperbolic_tangent(candidate[j]), o = logistic(output[j]);
    const float c = f * cell[j] + i * g;
    input[j] = i;
    forget[j] = f;
    candidate[j] = g;
    output[j] = o;
    cell[j] = c;
    hidden[j] = o * hyperbolic_tangent(c);
  }
}

static void step_backward(const mer__lstm_row_gradient *row, int64_t n) {
  float *gates = row->gates, *copy = row->copy, *dcell = row->dcell;
  const float *cell = row->cell, *dy = row->dy, *dhidden = row->dhidden, *before = row->before;
#pragma omp simd
  for (int64_t j = 0; j < n; j++) {
    const float i = gates[j], f = gates[n + j], g = gates[2 * n + j], o = gates[3 * n + j];
    const float t = hyperbolic_tangent(cell[j]), dh = dy[j] + dhidden[j];
    const float dc = dcell[j] + dh * o * (1.0f - t * t);
    copy[j] = dc * g * i * (1.0f - i);
    copy[n + j] = before ? dc * before[j] * f * (1.0f - f) : 0.0f;
    copy[2 * n + j] = dc * i * (1.0f - g * g);
    copy[3 * n + j] = dh * t * o * (1.0f - o);
    dcell[j] = dc * f;
  }
#pragma omp simd
  for (int64_t j = 0; j < 4 * n; j++) gates[j] = copy[j];
}

const mer__lstm_kernels MER__VERSION(mer__lstm) = {step, step_backward};
