/* audio.c: any sound as one array of mono samples. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "media/audio_source.h"
#include "media/resample.h"

static const mer_audio_options default_options = {.size = sizeof default_options, .rate_hz = 16000};

void mer_audio_options_init(mer_audio_options *options, size_t size) {
  mer__options_init(options, size, &default_options, sizeof default_options);
}

static mer_status append(void *user, const float *samples, size_t n, mer_error *err) {
  return mer__samples_append(user, samples, n, err);
}

static mer_status collect(mer_audio *audio, const mer__audio_source *source,
                          const mer_audio_options *options, mer_error *err) {
  mer_audio_options used = default_options;
  mer__samples samples = {0};
  mer_status status = mer__options_read(&used, sizeof used, options, "mer_audio_options", err);
  if (status == MER_OK) status = mer__audio_stream(audio, source, &used, append, &samples, err);
  if (status == MER_OK) {
    audio->samples = samples.data;
    return MER_OK;
  }
  mer__samples_clear(&samples);
  *audio = (mer_audio){0};
  return status;
}

mer_status mer_audio_decode(mer_audio *audio, const char *path, const mer_audio_options *options,
                            mer_error *err) {
  return collect(audio, &(mer__audio_source){.path = path}, options, err);
}

mer_status mer_audio_decode_memory(mer_audio *audio, const void *data, size_t size,
                                   const char *name, const mer_audio_options *options,
                                   mer_error *err) {
  const mer__audio_source source = {
      .path = name ? name : "sound in memory", .bytes = data ? data : "", .n_bytes = size};
  return collect(audio, &source, options, err);
}

mer_status mer_audio_resample(mer_audio *audio, const float *samples, int64_t n_samples,
                              int n_channels, int rate_hz, const mer_audio_options *options,
                              mer_error *err) {
  static const float none;
  if (n_samples < 0 || (!samples && n_samples > 0)) {
    *audio = (mer_audio){0};
    return mer__fail(err, MER_STATUS_INVALID, "expected samples, found %s",
                     n_samples < 0 ? "a negative number of them" : "none");
  }
  const mer__audio_source source = {.path = "samples",
                                    .samples = samples ? samples : &none,
                                    .n_samples = n_samples,
                                    .n_channels = n_channels,
                                    .rate_hz = rate_hz};
  return collect(audio, &source, options, err);
}

void mer_audio_clear(mer_audio *audio) {
  mer__free(audio->samples);
  *audio = (mer_audio){0};
}
