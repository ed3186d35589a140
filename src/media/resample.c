/* resample.c: polyphase windowed-sinc resampling, after _get_sinc_resample_kernel and
 * _apply_sinc_resample_kernel of torchaudio 2.11 (functional/functional.py). With both rates
 * divided by their greatest common divisor, output i * new + p is the product of phase p's filter
 * with the input around i * orig. */
#include "media/resample.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "media/resample_kernels.h"

/* lowpass_filter_width and rolloff of torchaudio. */
static const double ZERO_CROSSINGS = 6, ROLLOFF = 0.99;
static const double PI = 3.14159265358979323846;

enum { TAPS_MULTIPLE = 8 };

mer_status mer__samples_append(mer__samples *samples, const float *data, size_t n, mer_error *err) {
  if (!n) return MER_OK;
  if (mer__grow(&samples->data, &samples->capacity, samples->n + n, sizeof *data) != 0)
    return mer__fail_memory(err);
  if (data) memcpy(samples->data + samples->n, data, n * sizeof *data);
  else memset(samples->data + samples->n, 0, n * sizeof *data);
  samples->n += n;
  return MER_OK;
}

void mer__samples_clear(mer__samples *samples) {
  mer__free(samples->data);
  *samples = (mer__samples){0};
}

static int greatest_common_divisor(int a, int b) {
  while (b) {
    int rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* The filter at `t` zero crossings from its centre: sinc under a Hann window. */
static double windowed_sinc(double t) {
  if (fabs(t) >= ZERO_CROSSINGS) return 0;
  double window = cos(t * PI / ZERO_CROSSINGS / 2);
  return (t == 0 ? 1 : sin(PI * t) / (PI * t)) * window * window;
}

/* Filters of all phases. Tap k of phase p lies `offset + k - width` input samples after the start
 * of its block; those outside of the window are zero and left out. */
static void fill_kernels(mer__resampler *r) {
  double cutoff = ROLLOFF * (r->orig < r->new ? r->orig : r->new), scale = cutoff / r->orig;
  double reach = ZERO_CROSSINGS * r->orig / cutoff;
  for (int p = 0; p < r->new; p++) {
    double centre = (double)p * r->orig / r->new + r->width;
    int offset = (int)ceil(centre - reach);
    r->offsets[p] = offset;
    for (int k = 0; k < r->taps; k++) {
      double t = (-(double)p / r->new + (double)(offset + k - r->width) / r->orig) * cutoff;
      r->kernels[(size_t)p * (size_t)r->taps + (size_t)k] = (float)(windowed_sinc(t) * scale);
    }
  }
}

mer_status mer__resampler_init(mer__resampler *resampler, int from_hz, int to_hz, mer_error *err) {
  mer__resampler *r = resampler;
  assert(from_hz >= MER__RATE_MIN_HZ && from_hz <= MER__RATE_MAX_HZ);
  assert(to_hz >= MER__RATE_MIN_HZ && to_hz <= MER__RATE_MAX_HZ);
  int divisor = greatest_common_divisor(from_hz, to_hz);
  *r = (mer__resampler){.orig = from_hz / divisor, .new = to_hz / divisor};
  if (r->orig == r->new) return MER_OK;
  double reach = ZERO_CROSSINGS * r->orig / (ROLLOFF * (r->orig < r->new ? r->orig : r->new));
  r->width = (int)ceil(reach);
  r->taps = (2 * r->width + TAPS_MULTIPLE) / TAPS_MULTIPLE * TAPS_MULTIPLE;
  r->offsets = mer__malloc((size_t)r->new, sizeof *r->offsets);
  r->kernels = mer__malloc((size_t)r->new *(size_t)r->taps, sizeof *r->kernels);
  if (!r->offsets || !r->kernels) {
    mer__resampler_clear(r);
    return mer__fail_memory(err);
  }
  fill_kernels(r);
  return mer__samples_append(&r->in, NULL, (size_t)r->width, err);
}

/* Input a block needs, from its beginning. */
static size_t block_samples(const mer__resampler *r) {
  return (size_t)r->orig + (size_t)r->width + (size_t)r->taps;
}

/* Appends `n` outputs, a whole number of blocks unless the stream ends, and drops what they used.
 */
static mer_status emit(mer__resampler *r, size_t n, mer_error *err) {
  mer_status status = mer__samples_append(&r->out, NULL, n, err);
  if (status != MER_OK || !n) return status;
  r->n_out += (int64_t)n;
  size_t new = (size_t)r->new, used = n / new *(size_t)r->orig;
  MER__CHOSEN(mer__resample)
      ->run_filters(r->out.data + r->out.n - n, r->in.data, r->kernels, r->offsets, n,
                    (size_t)r->orig, new, (size_t)r->taps);
  memmove(r->in.data, r->in.data + used, (r->in.n - used) * sizeof(float));
  r->in.n -= used;
  return MER_OK;
}

mer_status mer__resampler_push(mer__resampler *resampler, const float *samples, size_t n,
                               mer_error *err) {
  mer__resampler *r = resampler;
  r->n_in += (int64_t)n;
  if (r->orig == r->new) return mer__samples_append(&r->out, samples, n, err);
  mer_status status = mer__samples_append(&r->in, samples, n, err);
  if (status != MER_OK || r->in.n < block_samples(r)) return status;
  size_t blocks = (r->in.n - block_samples(r)) / (size_t)r->orig + 1;
  return emit(r, blocks * (size_t)r->new, err);
}

mer_status mer__resampler_finish(mer__resampler *resampler, mer_error *err) {
  mer__resampler *r = resampler;
  if (r->orig == r->new) return MER_OK;
  int64_t blocks = r->n_in / r->orig, rest = r->n_in % r->orig;
  size_t total = (size_t)(blocks * r->new + (rest * r->new + r->orig - 1) / r->orig);
  size_t n = total - (size_t)r->n_out;
  mer_status status = mer__samples_append(&r->in, NULL, block_samples(r) + (size_t)r->orig, err);
  return status == MER_OK ? emit(r, n, err) : status;
}

void mer__resampler_clear(mer__resampler *resampler) {
  mer__samples_clear(&resampler->in);
  mer__samples_clear(&resampler->out);
  mer__free(resampler->offsets);
  mer__free(resampler->kernels);
  *resampler = (mer__resampler){0};
}
