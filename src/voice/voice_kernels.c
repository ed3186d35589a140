/* voice_kernels.c: element-wise parts of the network of voice activity. */
#include "voice/voice_kernels.h"

#include <math.h>

#include "speech/fft.h"
#include "voice/voice_network.h"

static void magnitudes(float *y, float *power) {
  enum { BINS = MER__VOICE_BINS, LANES = MER__LANES };
#pragma omp simd
  for (int i = 0; i < BINS * LANES; i++) power[i] = sqrtf(power[i]);
  for (int k = 0; k < BINS; k++)
    for (int l = 0; l < LANES; l++) y[l * BINS + k] = power[k * LANES + l];
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
