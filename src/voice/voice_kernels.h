/* voice_kernels.h: what the network of voice activity does beside products. */
#ifndef MER_VOICE_VOICE_KERNELS_H
#define MER_VOICE_VOICE_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

typedef struct mer__voice_kernels {
  /** y[l, k] = sqrt(power[k, l]) for the MER__VOICE_BINS bins k of MER__LANES spectra l; power
   * becomes the same. */
  void (*magnitudes)(float *y, float *power);
  /** y[i, j] = max(y[i, j] + bias[j], 0). */
  void (*bias_relu)(float *y, const float *bias, int64_t rows, int64_t columns);
} mer__voice_kernels;

MER__DECLARE_VERSIONS(mer__voice_kernels, mer__voice);

#endif
