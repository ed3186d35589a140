/* resample.h: change of sampling rate by a windowed sinc, equal to torchaudio.functional.resample
 * with its defaults (sinc_interp_hann, lowpass_filter_width 6, rolloff 0.99; torchaudio 2.11): the
 * features of other programs are computed from its output. libswresample's filters differ from it
 * by up to 5 dB in the highest mel bands (its best fit is Kaiser, beta 6, filter_size 12). */
#ifndef MER_MEDIA_RESAMPLE_H
#define MER_MEDIA_RESAMPLE_H

#include "mer/base.h"

/** A growing array of samples. Zero-initialize. */
typedef struct mer__samples {
  float *data;
  size_t n, capacity;
} mer__samples;

/** Appends `n` samples; `data` NULL appends zeros. MER_STATUS_NO_MEMORY. */
mer_status mer__samples_append(mer__samples *samples, const float *data, size_t n, mer_error *err);
/** Frees the array; accepts a zeroed one. */
void mer__samples_clear(mer__samples *samples);

/** Rates the resampler accepts. */
enum { MER__RATE_MIN_HZ = 100, MER__RATE_MAX_HZ = 768000 };

/** A stream of samples from one rate to another. Zero-initialize. */
typedef struct mer__resampler {
  int orig, new;       /* the rates, divided by their greatest common divisor */
  int width, taps;     /* zeros before the first sample; filter length */
  int *offsets;        /* [new]: where phase p's filter begins in its block */
  float *kernels;      /* [new, taps] */
  mer__samples in;     /* not yet used input, beginning `width` samples before a block */
  mer__samples out;    /* the result; the caller may take it and set out.n to 0 at any time */
  int64_t n_in, n_out; /* samples pushed and made */
} mer__resampler;

/** MER_STATUS_NO_MEMORY. Rates within MER__RATE_MIN_HZ .. MER__RATE_MAX_HZ. */
mer_status mer__resampler_init(mer__resampler *resampler, int from_hz, int to_hz, mer_error *err);
/** Adds `n` samples of the stream. */
mer_status mer__resampler_push(mer__resampler *resampler, const float *samples, size_t n,
                               mer_error *err);
/** Ends the stream: the whole result then has ceil(n_in * to_hz / from_hz) samples. */
mer_status mer__resampler_finish(mer__resampler *resampler, mer_error *err);
/** Frees everything; accepts a zeroed resampler. */
void mer__resampler_clear(mer__resampler *resampler);

#endif
