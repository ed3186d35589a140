/* noisy_sound.c: a clip is decoded as a whole, gets noise, and is heard as samples are. */
#include "data/noisy_sound.h"

#include <math.h>

static void add_noise(mer_audio *audio, mer__row_noise *noise) {
  double power = 0;
  for (int64_t i = 0; i < audio->n_samples; i++)
    power += (double)audio->samples[i] * (double)audio->samples[i];
  const double deviation = sqrt(power / (double)audio->n_samples);
  for (int64_t i = 0; i < audio->n_samples; i++)
    audio->samples[i] = (float)mer__row_noise_add(noise, (double)audio->samples[i], 0, deviation);
}

static mer__clip_result hear(mer__floats *out, const mer__sound_settings *settings,
                             const mer_audio *audio, const char *path, mer_error *err) {
  const mer__audio_source source = {.path = path,
                                    .samples = audio->samples,
                                    .n_samples = audio->n_samples,
                                    .n_channels = 1,
                                    .rate_hz = mer_feature_rate_hz(settings->extractor)};
  mer__clip_result result =
      mer__sound_features(out, settings->extractor, &source, 0, settings->monitor, err);
  result.n_errors = audio->n_errors;
  result.n_bad_samples = audio->n_bad_samples;
  return result;
}

mer__clip_result mer__noisy_sound(mer__floats *out, const mer__sound_settings *settings,
                                  const mer__white_noise *noise, int64_t row, const char *path,
                                  mer_error *err) {
  mer_audio audio;
  mer_audio_options options;
  mer__clip_result result = {.state = mer__clip_examine(path, err)};
  if (result.state != MER_CLIP_OK) return result;
  mer_audio_options_init(&options, sizeof options);
  options.rate_hz = mer_feature_rate_hz(settings->extractor);
  options.max_duration_s = settings->max_duration_s;
  options.monitor = settings->monitor;
  const mer_status status = mer_audio_decode(&audio, path, &options, err);
  if (status != MER_OK) return (mer__clip_result){.state = mer__sound_state(status)};
  if (audio.peak < MER__SILENCE) {
    result = mer__sound_of_file(out, settings, path, err); /* which says what it lacks */
  } else {
    mer__row_noise own = mer__white_noise_of_row(noise, row);
    add_noise(&audio, &own);
    result = hear(out, settings, &audio, path, err);
  }
  mer_audio_clear(&audio);
  return result;
}
