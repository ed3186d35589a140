/* activation.c: threads share chunks of the elements. */
#include "nn/activation.h"

#include <math.h>

#include "nn/activation_kernels.h"
#include "nn/parallel.h"

/* GELU takes about a nanosecond an element: threads pay off earlier than for what only moves data.
 */
enum { GELU_CHUNK = 1024, GELU_PARALLEL_MIN = 8192 };

typedef void forward_kernel(float *y, const float *x, int64_t n);
typedef void backward_kernel(float *dx, const float *dy, const float *x, int64_t n);

static void forward(forward_kernel *kernel, float *y, const float *x, int64_t n, int64_t chunk,
                    int64_t parallel_min) {
#pragma omp parallel for schedule(static) if (n >= parallel_min)
  for (int64_t i = 0; i < n; i += chunk) kernel(y + i, x + i, mer__chunk_size(n, i, chunk));
}

static void backward(backward_kernel *kernel, float *dx, const float *dy, const float *x,
                     int64_t n) {
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    kernel(dx + i, dy + i, x + i, mer__chunk_size(n, i, MER__CHUNK));
}

void mer__gelu_forward(float *y, const float *x, int64_t n) {
  forward(MER__CHOSEN(mer__activation)->gelu_forward, y, x, n, GELU_CHUNK, GELU_PARALLEL_MIN);
}

void mer__gelu_backward(float *dx, const float *dy, const float *x, int64_t n) {
  backward(MER__CHOSEN(mer__activation)->gelu_backward, dx, dy, x, n);
}

void mer__relu_forward(float *y, const float *x, int64_t n) {
  forward(MER__CHOSEN(mer__activation)->relu_forward, y, x, n, MER__CHUNK, MER__PARALLEL_MIN);
}

void mer__relu_backward(float *dx, const float *dy, const float *y, int64_t n) {
  backward(MER__CHOSEN(mer__activation)->relu_backward, dx, dy, y, n);
}

void mer__gelu_tanh_forward(float *y, const float *x, int64_t n) {
  forward(MER__CHOSEN(mer__activation)->gelu_tanh_forward, y, x, n, GELU_CHUNK, GELU_PARALLEL_MIN);
}

void mer__gelu_tanh_backward(float *dx, const float *dy, const float *x, int64_t n) {
  backward(MER__CHOSEN(mer__activation)->gelu_tanh_backward, dx, dy, x, n);
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
