/* A program that stands on an installed libmer, as C and as C++: the features of a tone. */
#include <math.h>
#include <mer/experimental.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  static float samples[16000];
  mer_error err;
  mer_feature_options options;
  mer_feature_extractor *extractor;
  memset(&err, 0, sizeof err);
  for (int i = 0; i < 16000; i++) samples[i] = (float)sin(i * 0.1);

  mer_feature_options_init(&options, sizeof options, MER_FEATURE_LOGMEL);
  options.n_frames = 81;
  if (mer_feature_extractor_create(&extractor, &options, &err) != MER_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  size_t n = (size_t)mer_feature_rows(extractor) * (size_t)mer_feature_frames(extractor);
  float *features = (float *)malloc(n * sizeof *features);
  mer_status status = features ? mer_feature_compute(features, extractor, samples, 16000, &err)
                               : MER_STATUS_NO_MEMORY;
  mer_feature_extractor_free(extractor);
  free(features);

  printf("%s %d %s %s %d\n", mer_version(), mer_version_number(), mer_status_text(status),
         mer_emotion_name(0), (int)n);
  return mer_version_number() != MER_VERSION_NUMBER || strcmp(mer_version(), MER_VERSION) != 0;
}
