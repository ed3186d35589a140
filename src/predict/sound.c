/* sound.c: a recording of an utterance to the features that a model takes. */
#include "data/clip_features.h"
#include "predict/predictor.h"

const char *mer__hear(mer__floats *features, const mer_feature_extractor *extractor,
                      const mer_sound *sound, double most_s, const mer_monitor *monitor,
                      mer_error *err) {
  mer__audio_source source = {.path = sound->path};
  mer__clip_result result = {.state = MER_CLIP_OK};
  if (sound->path) result.state = mer__clip_examine(sound->path, err);
  else
    source = (mer__audio_source){.path = "sound in memory",
                                 .bytes = sound->bytes,
                                 .n_bytes = sound->n_bytes,
                                 .samples = sound->samples,
                                 .n_samples = sound->n_samples,
                                 .n_channels = sound->n_channels,
                                 .rate_hz = sound->rate_hz};
  source.most_s = most_s;
  if (result.state == MER_CLIP_OK)
    result = mer__sound_features(features, extractor, &source, 0, monitor, err);
  if (result.state != MER_CLIP_OK) return mer_clip_state_name(result.state);
  mer__clip_damage(err, source.path, &result);
  return NULL;
}
