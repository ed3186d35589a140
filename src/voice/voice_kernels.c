/* voice_kernels.c: element-wise parts of the network of voice activity. */
#include "voice/voice_kernels.h"

#include <math.h>

static void magnitudes(float *y, const float *real, const float *imaginary, int64_t n) {
#pragma omp simd
  for (int64_t j = 0; j < n; j++) y[j] = sqrtf(real[j] * real[j] + imaginary[j] * imaginary[j]);
}

static void bias_relu(float *y, const float *bias, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; i++, y += columns)
#pragma omp simd
    for (int64_t j = 0; j < columns; j++) {
      const float x = y[j] + bias[j];
      y[j] = x > 0 ? x : 0;
    }
}

const mer__voice_kernels MER__VERSION(mer__voice) = {magnitudes, bias_relu};
