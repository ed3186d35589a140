/* spectrum.h: the kernels between samples and coefficients, on MER__LANES frames side by side
 * (element i of lane l at [i * MER__LANES + l]). None of them allocates. */
#ifndef MER_SPEECH_SPECTRUM_H
#define MER_SPEECH_SPECTRUM_H

#include "speech/bank.h"
#include "speech/fft.h"

/** Interleaves and windows frames: out[i / 2, l] (even i), out[n / 2 + i / 2, l] (odd i) =
 * frames[l][i] * window[i], i < n. frames: LANES pointers to n samples. */
void mer__frames_window(float *out, const float *const frames[MER__LANES], const float *window,
                        int n);

/** mel[m, l] = sum_k weights[m, k] power[k, l], m < n_bands. Returns the largest of mel. */
float mer__mel_apply(float *mel, const float *power, const mer__bank *bank);

/** In place: x = max(10 log10(max(x, 1e-10)), floor_db), n values from 0, within 2e-7 of itself and
 * 1e-6 dB. Infinity and NaN count as the largest f32. */
void mer__decibel(float *x, size_t n, float floor_db);

/** out[c, l] = sum_m cosines[c / ROWS, m, c % ROWS] x[m, l], c < n_rows; rows of `out` are `stride`
 * apart, and only the first `n_lanes` lanes are written. */
void mer__cosines_apply(float *out, const float *x, const float *cosines, int n_rows, int n_bands,
                        size_t stride, int n_lanes);

#endif
