/* activation.c: GELU (Hendrycks and Gimpel, 2016) in its exact form, and ReLU. */
#include "nn/activation.h"

#include "base/dispatch.h"
#include "nn/parallel.h"
#include "nn/vector_math.h"

/* GELU takes about a nanosecond an element: threads pay off earlier than for what only moves data.
 */
enum { GELU_CHUNK = 1024, GELU_PARALLEL_MIN = 8192 };

/* The normal distribution function; from the tail, so that it is precise for x << 0. */
MER__INLINE float normal_cdf(float x) {
  float tail = 0.5f * mer__erfc(fabsf(x) * 0.707106781f);
  return x < 0 ? tail : 1.0f - tail;
}

MER__INLINE void gelu(float *y, const float *x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * normal_cdf(x[i]);
}

MER__KERNEL static void gelu_forward(float *y, const float *x, int64_t n) { gelu(y, x, n); }

MER__KERNEL void mer__gelu_rows(float *y, const float *x, int64_t row, int64_t rows,
                                int64_t columns) {
  for (int64_t i = 0; i < rows; i++) gelu(y + i * row, x + i * row, columns);
}

MER__KERNEL static void gelu_backward(float *dx, const float *dy, const float *x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    float density = 0.398942280f * mer__exp(-0.5f * x[i] * x[i]);
    dx[i] = dy[i] * (normal_cdf(x[i]) + x[i] * density);
  }
}

MER__KERNEL static void relu_forward(float *y, const float *x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0.0f : x[i];
}

MER__KERNEL static void relu_backward(float *dx, const float *dy, const float *y, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0.0f;
}

void mer__gelu_forward(float *y, const float *x, int64_t n) {
#pragma omp parallel for schedule(static) if (n >= GELU_PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += GELU_CHUNK)
    gelu_forward(y + i, x + i, mer__chunk_size(n, i, GELU_CHUNK));
}

void mer__gelu_backward(float *dx, const float *dy, const float *x, int64_t n) {
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    gelu_backward(dx + i, dy + i, x + i, mer__chunk_size(n, i, MER__CHUNK));
}

void mer__relu_forward(float *y, const float *x, int64_t n) {
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    relu_forward(y + i, x + i, mer__chunk_size(n, i, MER__CHUNK));
}

void mer__relu_backward(float *dx, const float *dy, const float *y, int64_t n) {
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    relu_backward(dx + i, dy + i, y + i, mer__chunk_size(n, i, MER__CHUNK));
}
