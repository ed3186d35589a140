/* bank.h: the tables of torchaudio's features: window, mel bands, cosines. */
#ifndef MER_SPEECH_BANK_H
#define MER_SPEECH_BANK_H

#include "mer/base.h"

/** One mel band: weights of the spectrum's bins `first` .. `first + n - 1`; n 0 for a band so
 * narrow that no bin lies in it. */
typedef struct mer__band {
  int first, n;
  const float *weights;
} mer__band;

/** All bands. Zero-initialize. */
typedef struct mer__bank {
  int n_bands;
  mer__band *bands;
  float *weights;
} mer__bank;

/** Where bands lie, and how high they are. All are triangular, and equidistant on a mel scale from
 * 0 Hz to half the rate. */
typedef enum mer__bank_scale {
  /* 2595 log10(1 + f / 700), peak 1: torchaudio.functional.melscale_fbanks(norm=None,
   * mel_scale="htk") */
  MER__BANK_HTK,
  /* linear up to 1 kHz, then logarithmic, each of the same area: transformers.audio_utils.
   * mel_filter_bank(norm="slaney", mel_scale="slaney") */
  MER__BANK_SLANEY,
} mer__bank_scale;

/** A frequency on a scale, and back. */
double mer__mel_of_hz(mer__bank_scale scale, double hz);
double mer__hz_of_mel(mer__bank_scale scale, double mel);

/** MER_STATUS_NO_MEMORY. */
mer_status mer__bank_init(mer__bank *bank, mer__bank_scale scale, int n_bands, int n_fft,
                          int rate_hz, mer_error *err);
/** Accepts a zeroed bank. */
void mer__bank_clear(mer__bank *bank);

/** out[i] = scale * (0.5 - 0.5 cos(2 pi i / n)), a periodic Hann window (torch.hann_window). */
void mer__window_fill(float *out, int n, double scale);

/** Rows of the cosine transform that are computed at once. */
enum { MER__COSINE_ROWS = 7 };

/** Floats of mer__cosines_fill's result. */
size_t mer__cosines_size(int n_rows, int n_bands);

/** cos(pi / n_bands (m + 1/2) c) sqrt(2 / n_bands), row 0 / sqrt 2, for row c and band m: the first
 * rows of the orthonormal DCT-II (torchaudio.functional.create_dct(norm="ortho")), at out[c / ROWS,
 * m, c % ROWS]; rows after the last are zero. */
void mer__cosines_fill(float *out, int n_rows, int n_bands);

#endif
