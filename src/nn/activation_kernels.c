/* activation_kernels.c: GELU (Hendrycks and Gimpel, 2016) in its exact form and by tanh, and ReLU.
 */
#include "nn/activation_kernels.h"

#include "nn/vector_math.h"

/* The normal distribution function; from the tail, so that it is precise for x << 0. */
MER__INLINE float normal_cdf(float x) {
  float tail = 0.5f * mer__erfc(fabsf(x) * 0.707106781f);
  return x < 0 ? tail : 1.0f - tail;
}

MER__INLINE void gelu(float *y, const float *x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * normal_cdf(x[i]);
}

static void gelu_forward(float *y, const float *x, int64_t n) { gelu(y, x, n); }

static void gelu_rows(float *y, const float *x, int64_t row, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; i++) gelu(y + i * row, x + i * row, columns);
}

static void gelu_backward(float *dx, const float *dy, const float *x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    float density = 0.398942280f * mer__exp(-0.5f * x[i] * x[i]);
    dx[i] = dy[i] * (normal_cdf(x[i]) + x[i] * density);
  }
}

/* (1 + tanh(u)) / 2, as the logistic function of 2u = x (A + B x^2). */
static const float A = 1.59576912f, B = 0.0713548163f;

MER__INLINE float tanh_cdf(float x) { return 1.0f / (1.0f + mer__exp(-x * (A + B * x * x))); }

static void gelu_tanh_forward(float *y, const float *x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * tanh_cdf(x[i]);
}

static void gelu_tanh_backward(float *dx, const float *dy, const float *x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    float s = tanh_cdf(x[i]), slope = s * (1.0f - s) * (A + 3.0f * B * x[i] * x[i]);
    dx[i] = dy[i] * (s + x[i] * slope);
  }
}

static void relu_forward(float *y, const float *x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0.0f : x[i];
}

static void relu_backward(float *dx, const float *dy, const float *y, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0.0f;
}

const mer__activation_kernels MER__VERSION(mer__activation) = {
    gelu_forward,       gelu_rows,    gelu_backward, gelu_tanh_forward,
    gelu_tanh_backward, relu_forward, relu_backward};
