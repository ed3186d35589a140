/* fft.h: power spectra of MER__LANES real frames at a time, one in each lane of the vectors. A
 * library's transform of one frame after the other takes longer than all of the MFCC here (KissFFT:
 * 0.68 ms for the 401 frames of 5 s; this, with AVX2: 0.08 ms). Frames are interleaved: element i
 * of lane l is at [i * MER__LANES + l]. */
#ifndef MER_SPEECH_FFT_H
#define MER_SPEECH_FFT_H

#include "mer/base.h"

/** Frames side by side. Eight are a vector of AVX2, and the work on them stays in the first-level
 * cache; sixteen are not faster. */
enum { MER__LANES = 8 };

/** A whole turn. */
#define MER__TAU 6.28318530717958647693

enum { MER__FFT_MAX_SIZE = 8192, MER__FFT_MAX_STAGES = 13 };

/** One pass of the transform: `n_groups` butterflies of `radix` points, each over `stride` columns.
 */
typedef struct mer__fft_stage {
  int radix, n_groups, stride;
  const float *twiddles; /* [n_groups, radix - 1, 2] */
  const float *roots;    /* [radix, 2]: the roots of unity */
} mer__fft_stage;

/** Tables for one size. Immutable; many threads may use one. */
typedef struct mer__fft {
  int size, half; /* real points, complex points */
  int n_stages;
  mer__fft_stage stages[MER__FFT_MAX_STAGES];
  float *tables;
  const float *real_twiddles; /* [half / 2 + 1, 2] */
} mer__fft;

/** Even sizes from 2 to MER__FFT_MAX_SIZE. MER_STATUS_NO_MEMORY. */
mer_status mer__fft_init(mer__fft *fft, int size, mer_error *err);
/** Accepts a zeroed struct. */
void mer__fft_clear(mer__fft *fft);

/** Floats of `work` for mer__fft_power. */
size_t mer__fft_work_size(const mer__fft *fft);
/** power[k] = |sum_i frames[i] exp(-2 pi j i k / size)|^2 for k = 0 .. size/2.
 * power: [size/2 + 1, LANES], work: [mer__fft_work_size]; its first size * LANES floats hold the
 * frames: even samples [size/2, LANES], then odd ones; they are overwritten. The frames are half of
 * what is to be transformed (the caller's window carries the factor). */
void mer__fft_power(float *power, float *work, const mer__fft *fft);

#endif
