/* fuzz_speech.c: probabilities, a byte each or, after FF, four as an f32; what is found of them
 * must be in order, within the sound, and no longer than it may be. */
#include "fuzz.h"
#include "mer/voice.h"

enum { FRAME = MER_VOICE_FRAME_SAMPLES, LONGEST = 32, PADDING = 1600, LAG = 768 };

static int64_t check(const mer_speech_segment *segments, int64_t n, int64_t last, int64_t end) {
  for (int64_t i = 0; i < n; i++) {
    FUZZ_REQUIRE(segments[i].start >= last && segments[i].end > segments[i].start);
    FUZZ_REQUIRE(segments[i].end <= end);
    FUZZ_REQUIRE(segments[i].end - segments[i].start <= LONGEST * FRAME + 2 * PADDING + LAG);
    last = segments[i].end;
  }
  return last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const mer_speech_segment *segments;
  mer_speech_finder *finder;
  mer_speech_options options;
  mer_error err = {0};
  int64_t n, n_frames = 0, last = 0;
  mer_speech_options_init(&options, sizeof options);
  options.longest_s = LONGEST * (double)FRAME / MER_VOICE_RATE_HZ;
  options.padding_s = PADDING / (double)MER_VOICE_RATE_HZ;
  FUZZ_REQUIRE(mer_speech_finder_create(&finder, &options, &err) == MER_OK);
  for (size_t i = 0; i < size; n_frames++) {
    float prob = (float)data[i] / 254;
    if (data[i++] == 0xFF && size - i >= sizeof prob) {
      memcpy(&prob, data + i, sizeof prob);
      i += sizeof prob;
    }
    const int64_t needed = mer_speech_finder_needs(finder);
    FUZZ_REQUIRE(mer_speech_finder_push(&segments, &n, finder, &prob, 1, &err) == MER_OK);
    last = check(segments, n, needed > last ? needed : last, (n_frames + 1) * FRAME);
  }
  FUZZ_REQUIRE(mer_speech_finder_finish(&segments, &n, finder, n_frames * FRAME, &err) == MER_OK);
  check(segments, n, last, n_frames * FRAME);
  mer_speech_finder_free(finder);
  return 0;
}
