/* spectrum.c: the kernels that the level in use has. */
#include "speech/spectrum.h"

#include "speech/spectrum_kernels.h"

void mer__frames_window(float *out, const float *const frames[MER__LANES], const float *window,
                        int n) {
  MER__CHOSEN(mer__spectrum)->window(out, frames, window, n);
}

float mer__mel_apply(float *mel, const float *power, const mer__bank *bank) {
  return MER__CHOSEN(mer__spectrum)->mel(mel, power, bank);
}

void mer__decibel(float *x, size_t n, float floor_db) {
  MER__CHOSEN(mer__spectrum)->decibel(x, n, floor_db);
}

void mer__cosines_apply(float *out, const float *x, const float *cosines, int n_rows, int n_bands,
                        size_t stride, int n_lanes) {
  MER__CHOSEN(mer__spectrum)->cosines(out, x, cosines, n_rows, n_bands, stride, n_lanes);
}
