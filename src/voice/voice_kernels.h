/* voice_kernels.h: what the network of voice activity does beside products. */
#ifndef MER_VOICE_VOICE_KERNELS_H
#define MER_VOICE_VOICE_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

typedef struct mer__voice_kernels {
  /** y[j] = sqrt(real[j]^2 + imaginary[j]^2). */
  void (*magnitudes)(float *y, const float *real, const float *imaginary, int64_t n);
  /** y[i, j] = max(y[i, j] + bias[j], 0). */
  void (*bias_relu)(float *y, const float *bias, int64_t rows, int64_t columns);
} mer__voice_kernels;

MER__DECLARE_VERSIONS(mer__voice_kernels, mer__voice);

#endif
