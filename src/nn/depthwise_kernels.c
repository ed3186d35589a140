/* depthwise_kernels.c: the sums of a pixel, channels side by side. */
#include "nn/depthwise_kernels.h"

static void pixel(float *restrict y, const float *const *taps, const float *restrict weight,
                  const float *restrict bias, int64_t channels) {
  const float *restrict a = taps[0], *restrict b = taps[1], *restrict c = taps[2];
  const float *restrict d = taps[3], *restrict e = taps[4], *restrict f = taps[5];
  const float *restrict g = taps[6], *restrict h = taps[7], *restrict i = taps[8];
#pragma omp simd
  for (int64_t k = 0; k < channels; k++) {
    const float *w = weight + k;
    float sum = bias[k];
    sum += a[k] * w[0] + b[k] * w[channels] + c[k] * w[2 * channels];
    sum += d[k] * w[3 * channels] + e[k] * w[4 * channels] + f[k] * w[5 * channels];
    sum += g[k] * w[6 * channels] + h[k] * w[7 * channels] + i[k] * w[8 * channels];
    y[k] = sum > 0 ? sum : 0;
  }
}

const mer__depthwise_kernels MER__VERSION(mer__depthwise) = {pixel};
