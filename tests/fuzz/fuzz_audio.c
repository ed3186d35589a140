/* fuzz_audio.c: a media file of at most two seconds, and the features of its sound. */
#include <math.h>

#include "fuzz.h"
#include "mer/media.h"
#include "mer/speech.h"

static void compute(const mer_audio *audio) {
  static mer_feature_extractor *extractor;
  static float *out;
  mer_error err = {0};
  if (!extractor) FUZZ_REQUIRE(mer_feature_extractor_create(&extractor, NULL, &err) == MER_OK);
  int64_t n = (int64_t)mer_feature_rows(extractor) * mer_feature_frames(extractor);
  if (!out) out = malloc(sizeof *out * (size_t)n);
  if (!out) abort();
  FUZZ_REQUIRE(mer_feature_compute(out, extractor, audio->samples, audio->n_samples, &err) ==
               MER_OK);
  for (int64_t i = 0; i < n; i++) FUZZ_REQUIRE(isfinite(out[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mer_audio audio = {0};
  mer_error err = {0};
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  options.max_duration_s = 2;
  mer_status status = mer_audio_decode_memory(&audio, data, size, NULL, &options, &err);
  fuzz_check_status(status, &err);
  for (int64_t i = 0; i < audio.n_samples; i++) FUZZ_REQUIRE(fabsf(audio.samples[i]) <= audio.peak);
  if (status == MER_OK) compute(&audio);
  mer_audio_clear(&audio);
  return 0;
}
