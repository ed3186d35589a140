/* fft_kernels.h: the passes of the transform. */
#ifndef MER_SPEECH_FFT_KERNELS_H
#define MER_SPEECH_FFT_KERNELS_H

#include "base/dispatch.h"
#include "speech/fft.h"

typedef struct mer__fft_kernels {
  /** As mer__fft_power. */
  void (*power)(float *power, float *work, const mer__fft *fft);
} mer__fft_kernels;

MER__DECLARE_VERSIONS(mer__fft_kernels, mer__fft);

#endif
