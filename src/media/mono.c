/* mono.c: sample formats and downmix. The downmix is the plain mean (torchaudio's users write
 * `waveform.mean(0)`), summed channel by channel in f32, as libswresample sums. */
#include "media/mono.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* Bytes of a sample and whether each channel has an array of its own; 0 for an unknown format. */
static size_t describe(bool *is_planar, int format) {
  *is_planar = format >= AV_SAMPLE_FMT_U8P && format != AV_SAMPLE_FMT_S64;
  switch (format) {
    case AV_SAMPLE_FMT_U8:
    case AV_SAMPLE_FMT_U8P: return 1;
    case AV_SAMPLE_FMT_S16:
    case AV_SAMPLE_FMT_S16P: return 2;
    case AV_SAMPLE_FMT_S32:
    case AV_SAMPLE_FMT_S32P:
    case AV_SAMPLE_FMT_FLT:
    case AV_SAMPLE_FMT_FLTP: return 4;
    case AV_SAMPLE_FMT_DBL:
    case AV_SAMPLE_FMT_DBLP:
    case AV_SAMPLE_FMT_S64:
    case AV_SAMPLE_FMT_S64P: return 8;
    default: return 0;
  }
}

/* One channel as f32: values of the type at `data`, `step` of them apart. */
#define READ_AS(type, value)                          \
  for (size_t i = 0; i < n; i++) {                    \
    type x;                                           \
    memcpy(&x, data + i * step * sizeof x, sizeof x); \
    out[i] = (float)(value);                          \
  }                                                   \
  break

static void read_channel(float *out, const uint8_t *data, int format, size_t step, size_t n) {
  switch (format) {
    case AV_SAMPLE_FMT_U8:
    case AV_SAMPLE_FMT_U8P: READ_AS(uint8_t, (float)(x - 0x80) * 0x1p-7f);
    case AV_SAMPLE_FMT_S16:
    case AV_SAMPLE_FMT_S16P: READ_AS(int16_t, (float)x * 0x1p-15f);
    case AV_SAMPLE_FMT_S32:
    case AV_SAMPLE_FMT_S32P: READ_AS(int32_t, (float)x * 0x1p-31f);
    case AV_SAMPLE_FMT_S64:
    case AV_SAMPLE_FMT_S64P: READ_AS(int64_t, (float)x * 0x1p-63f);
    case AV_SAMPLE_FMT_FLT:
    case AV_SAMPLE_FMT_FLTP: READ_AS(float, x);
    default: READ_AS(double, x);
  }
}
#undef READ_AS

/* Largest magnitude of the finite values, and the number of the others. */
static float peak_of(int64_t *n_bad, const float *x, size_t n) {
  float peak = 0;
  int64_t bad = 0;
#pragma omp simd reduction(max : peak) reduction(+ : bad)
  for (size_t i = 0; i < n; i++) {
    float magnitude = fabsf(x[i]);
    bool finite = magnitude <= 3.402823466e38f; /* false for NaN too */
    bad += !finite;
    peak = finite && magnitude > peak ? magnitude : peak;
  }
  *n_bad += bad;
  return peak;
}

/* Where the channels of `planes` are. */
typedef struct layout {
  const uint8_t *const *planes;
  int format, n_channels;
  size_t n_bytes; /* of a sample */
  bool is_planar;
} layout;

static void read_layout(float *out, const layout *l, int channel, size_t n) {
  const uint8_t *data =
      l->is_planar ? l->planes[channel] : l->planes[0] + (size_t)channel * l->n_bytes;
  read_channel(out, data, l->format, l->is_planar ? 1 : (size_t)l->n_channels, n);
}

/* Mean of the finite values of sample `i`. */
static float mean_of_finite(const layout *l, size_t i) {
  float sum = 0, x;
  int n = 0;
  for (int c = 0; c < l->n_channels; c++) {
    const uint8_t *data = l->is_planar
                              ? l->planes[c] + i * l->n_bytes
                              : l->planes[0] + (i * (size_t)l->n_channels + (size_t)c) * l->n_bytes;
    read_channel(&x, data, l->format, 1, 1);
    if (!isfinite(x)) continue;
    sum += x;
    n++;
  }
  return n && isfinite(sum) ? sum / (float)n : 0;
}

static void mix(mer__mono *mono, const layout *l, size_t n) {
  const float weight = (float)(1.0 / l->n_channels);
  const int64_t n_bad = mono->n_bad;
  for (int c = 0; c < l->n_channels; c++) {
    float *channel = c ? mono->channel : mono->samples;
    read_layout(channel, l, c, n);
    float peak = peak_of(&mono->n_bad, channel, n);
    if (peak > mono->channel_peak) mono->channel_peak = peak;
    if (c)
      for (size_t i = 0; i < n; i++) mono->samples[i] += channel[i] * weight;
    else if (l->n_channels > 1)
      for (size_t i = 0; i < n; i++) channel[i] *= weight;
  }
  if (mono->n_bad > n_bad)
    for (size_t i = 0; i < n; i++)
      if (!isfinite(mono->samples[i])) mono->samples[i] = mean_of_finite(l, i);
  int64_t none = 0;
  float peak = peak_of(&none, mono->samples, n);
  if (peak > mono->peak) mono->peak = peak;
}

/* Fills the layout and makes room for two channels of `n` samples. */
static mer_status prepare(layout *l, mer__mono *mono, const uint8_t *const *planes, int format,
                          int n_channels, size_t n, mer_error *err) {
  *l = (layout){.planes = planes, .format = format, .n_channels = n_channels};
  if (n_channels < 1 || n_channels > MER__MAX_CHANNELS)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%d channels, not 1 to %d", n_channels,
                     MER__MAX_CHANNELS);
  l->n_bytes = describe(&l->is_planar, format);
  if (!l->n_bytes) return mer__fail(err, MER_STATUS_UNSUPPORTED, "sample format %d", format);
  if (mer__grow(&mono->samples, &mono->capacity, 2 * n, sizeof(float)) != 0)
    return mer__fail_memory(err);
  mono->channel = mono->samples + n;
  return MER_OK;
}

mer_status mer__mono_mix(mer__mono *mono, const uint8_t *const *planes, int format, int n_channels,
                         size_t n, mer_error *err) {
  layout l;
  mer_status status = prepare(&l, mono, planes, format, n_channels, n, err);
  if (status == MER_OK) mix(mono, &l, n);
  return status;
}

mer_status mer__mono_pick(mer__mono *mono, const uint8_t *const *planes, int format, int n_channels,
                          int channel, size_t n, mer_error *err) {
  layout l;
  mer_status status = prepare(&l, mono, planes, format, n_channels, n, err);
  if (status != MER_OK) return status;
  read_layout(mono->samples, &l, channel, n);
  const int64_t n_bad = mono->n_bad;
  const float peak = peak_of(&mono->n_bad, mono->samples, n);
  if (peak > mono->channel_peak) mono->channel_peak = peak;
  if (peak > mono->peak) mono->peak = peak;
  if (mono->n_bad > n_bad)
    for (size_t i = 0; i < n; i++)
      if (!isfinite(mono->samples[i])) mono->samples[i] = 0;
  return MER_OK;
}

void mer__mono_clear(mer__mono *mono) {
  mer__free(mono->samples);
  *mono = (mer__mono){0};
}
