/* sound_features.c: what encoders of sound have in common. */
#include "encoder/sound_features.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"
#include "speech/extractor.h"

/* The settings that are whole numbers. */
static const struct {
  const char *key;
  size_t offset;
} integers[] = {
    {"rate_hz", offsetof(mer_feature_options, rate_hz)},
    {"n_fft", offsetof(mer_feature_options, n_fft)},
    {"hop", offsetof(mer_feature_options, hop)},
    {"n_mels", offsetof(mer_feature_options, n_mels)},
    {"n_coefficients", offsetof(mer_feature_options, n_coefficients)},
};
enum { N_INTEGERS = sizeof integers / sizeof integers[0], MAX_SETTING = 1 << 20 };

static const char *const kinds[] = {[MER_FEATURE_MFCC] = "mfcc",
                                    [MER_FEATURE_LOGMEL] = "logmel",
                                    [MER_FEATURE_WHISPER] = "whisper",
                                    [MER_FEATURE_SAMPLES] = "samples"};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

int mer__sound_features_describe(json_t *object, const mer_feature_options *f) {
  json_t *features = json_pack("{s:s}", "kind", kinds[f->kind]);
  int failed = 0;
  for (int i = 0; i < N_INTEGERS; i++) {
    const int *value = (const int *)(const void *)((const char *)f + integers[i].offset);
    failed |= json_object_set_new(features, integers[i].key, json_integer(*value));
  }
  failed |= json_object_set_new(features, "top_db", json_real(f->top_db));
  failed |= json_object_set_new(features, "n_frames", json_integer(f->n_frames));
  return failed | json_object_set_new(object, "features", features);
}

mer_status mer__sound_features_parse(mer_feature_options *f, const json_t *object, const char *path,
                                     mer_error *err) {
  const char *kind;
  mer_status status = mer__config_string(&kind, object, "kind", true, path, err);
  if (status != MER_OK) return status;
  int index = 0;
  while (index < N_KINDS && strcmp(kind, kinds[index]) != 0) index++;
  if (index == N_KINDS)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: features of the unknown kind '%s'", path,
                     kind);
  mer_feature_options_init(f, sizeof *f, (mer_feature_kind)index);
  for (int i = 0; i < N_INTEGERS && status == MER_OK; i++) {
    int *setting = (int *)(void *)((char *)f + integers[i].offset);
    int64_t value = *setting;
    status = mer__config_integer(&value, object, integers[i].key, true, 1, MAX_SETTING, path, err);
    *setting = (int)value;
  }
  int64_t n_frames = f->n_frames;
  if (status == MER_OK)
    status = mer__config_integer(&n_frames, object, "n_frames", true, 0, MAX_SETTING, path, err);
  f->n_frames = (int)n_frames;
  if (status == MER_OK) status = mer__config_real(&f->top_db, object, "top_db", 0, 1000, path, err);
  return status == MER_OK ? mer__sound_features_check(f, path, err) : status;
}

mer_status mer__sound_features_check(const mer_feature_options *f, const char *path,
                                     mer_error *err) {
  mer_error detail = {0};
  if (mer__feature_options_check(f, &detail) == MER_OK) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: %s", path, detail.message);
}

mer_status mer__sound_features_accept(mer__modality *modality, int64_t n_values, bool precomputed,
                                      mer_error *err) {
  (void)n_values;
  if (!precomputed) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "'%s' is heard by an encoder of sound, and cannot be precomputed",
                   modality->name);
}
