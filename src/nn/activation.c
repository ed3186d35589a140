/* activation.c: threads share chunks of the elements. */
#include "nn/activation.h"

#include <math.h>

#include "nn/activation_kernels.h"
#include "nn/parallel.h"

/* GELU takes about a nanosecond an element: threads pay off earlier than for what only moves data.
 */
enum { GELU_CHUNK = 1024, GELU_PARALLEL_MIN = 8192 };

void mer__gelu_forward(float *y, const float *x, int64_t n) {
  const mer__activation_kernels *kernels = MER__CHOSEN(mer__activation);
#pragma omp parallel for schedule(static) if (n >= GELU_PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += GELU_CHUNK)
    kernels->gelu_forward(y + i, x + i, mer__chunk_size(n, i, GELU_CHUNK));
}

void mer__gelu_backward(float *dx, const float *dy, const float *x, int64_t n) {
  const mer__activation_kernels *kernels = MER__CHOSEN(mer__activation);
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    kernels->gelu_backward(dx + i, dy + i, x + i, mer__chunk_size(n, i, MER__CHUNK));
}

void mer__relu_forward(float *y, const float *x, int64_t n) {
  const mer__activation_kernels *kernels = MER__CHOSEN(mer__activation);
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    kernels->relu_forward(y + i, x + i, mer__chunk_size(n, i, MER__CHUNK));
}

void mer__relu_backward(float *dx, const float *dy, const float *y, int64_t n) {
  const mer__activation_kernels *kernels = MER__CHOSEN(mer__activation);
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    kernels->relu_backward(dx + i, dy + i, y + i, mer__chunk_size(n, i, MER__CHUNK));
}

void mer__gelu_tanh_forward(float *y, const float *x, int64_t n) {
  const mer__activation_kernels *kernels = MER__CHOSEN(mer__activation);
#pragma omp parallel for schedule(static) if (n >= GELU_PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += GELU_CHUNK)
    kernels->gelu_tanh_forward(y + i, x + i, mer__chunk_size(n, i, GELU_CHUNK));
}

void mer__gelu_tanh_backward(float *dx, const float *dy, const float *x, int64_t n) {
  const mer__activation_kernels *kernels = MER__CHOSEN(mer__activation);
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    kernels->gelu_tanh_backward(dx + i, dy + i, x + i, mer__chunk_size(n, i, MER__CHUNK));
}

void mer__gelu_rows(float *y, const float *x, int64_t row, int64_t rows, int64_t columns) {
  MER__CHOSEN(mer__activation)->gelu_rows(y, x, row, rows, columns);
}

void mer__activation_forward(mer__activation_kind kind, float *y, const float *x, int64_t n) {
  if (kind == MER__GELU) mer__gelu_forward(y, x, n);
  else if (kind == MER__GELU_TANH) mer__gelu_tanh_forward(y, x, n);
  else mer__relu_forward(y, x, n);
}

void mer__activation_backward(mer__activation_kind kind, float *dx, const float *dy, const float *x,
                              int64_t n) {
  if (kind == MER__GELU) mer__gelu_backward(dx, dy, x, n);
  else if (kind == MER__GELU_TANH) mer__gelu_tanh_backward(dx, dy, x, n);
  else mer__relu_backward(dx, dy, x, n);
}

void mer__tanh_forward(float *y, const float *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = tanhf(x[i]);
}

void mer__tanh_backward(float *dx, const float *dy, const float *y, int64_t n) {
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}
