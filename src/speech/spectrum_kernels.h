/* spectrum_kernels.h: the functions of spectrum.h. */
#ifndef MER_SPEECH_SPECTRUM_KERNELS_H
#define MER_SPEECH_SPECTRUM_KERNELS_H

#include "base/dispatch.h"
#include "speech/spectrum.h"

typedef struct mer__spectrum_kernels {
  void (*window)(float *out, const float *const frames[MER__LANES], const float *window, int n);
  float (*mel)(float *mel, const float *power, const mer__bank *bank);
  void (*decibel)(float *x, size_t n, float floor_db);
  void (*cosines)(float *out, const float *x, const float *cosines, int n_rows, int n_bands,
                  size_t stride, int n_lanes);
} mer__spectrum_kernels;

MER__DECLARE_VERSIONS(mer__spectrum_kernels, mer__spectrum);

#endif
