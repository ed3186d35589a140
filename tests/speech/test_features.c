/* test_features.c: MFCC and log-mel against torchaudio's (golden/make_mfcc.py), and what no
 * reference shows: silence, the shortest sounds, hostile samples, settings out of range. */
#include <float.h>

#include "mer/media.h"
#include "mer/speech.h"
#include "mer/tensor.h"
#include "speech/feature_stream.h"
#include "test_support.h"

static const double PI = 3.14159265358979323846;

/* Seen: 8e-4 with AVX2, 7e-4 without, in "tones", whose quiet bands hold only rounding. */
static const double TOLERANCE = 2e-3;

static mer_feature_extractor *create(const mer_feature_options *options) {
  mer_feature_extractor *extractor;
  mer_error err = {0};
  assert_ok(mer_feature_extractor_create(&extractor, options, &err));
  return extractor;
}

/* Compares `out` [rows, n_frames] with a golden [rows, F]: equal for the first F, 0 after them. */
static void compare(const char *name, const float *out, int n_frames, const mer_tensor *golden) {
  mer_error err = {0};
  float *expected = malloc((size_t)golden->n_elements * sizeof *expected);
  assert_ok(mer_tensor_to_f32(expected, golden, &err));
  int64_t wide = golden->shape[1], n = wide < n_frames ? wide : n_frames;
  for (int64_t row = 0; row < golden->shape[0]; row++) {
    double d = max_difference(out + row * n_frames, expected + row * wide, (size_t)n);
    if (d > TOLERANCE) fail_msg("%s, row %d: off by %g", name, (int)row, d);
    for (int64_t i = n; i < n_frames; i++) assert_near(out[row * n_frames + i], 0, 0);
  }
  free(expected);
}

static void check_clip(const mer_safetensors *golden, const char *tensor_name, const char *clip,
                       mer_feature_kind kind) {
  char path[4096];
  mer_audio audio;
  mer_error err = {0};
  const mer_tensor *expected = mer_safetensors_find(golden, tensor_name);
  if (!expected) {
    fail_msg("no golden tensor %s", tensor_name);
    return;
  }
  snprintf(path, sizeof path, GOLDEN "mfcc/%s", clip);
  assert_ok(mer_audio_decode(&audio, path, NULL, &err));
  mer_feature_options options;
  mer_feature_options_init(&options, sizeof options, kind);
  mer_feature_extractor *extractor = create(&options);
  int rows = mer_feature_rows(extractor), frames = mer_feature_frames(extractor);
  assert_int_equal(rows, expected->shape[0]);
  assert_int_equal(mer_feature_natural_frames(extractor, audio.n_samples), expected->shape[1]);
  float *out = malloc((size_t)(rows * frames) * sizeof *out);
  assert_ok(mer_feature_compute(out, extractor, audio.samples, audio.n_samples, &err));
  compare(tensor_name, out, frames, expected);
  free(out);
  mer_feature_extractor_free(extractor);
  mer_audio_clear(&audio);
}

static void features_equal_torchaudio(void **state) {
  (void)state;
  const char *names[] = {"chirp",   "impulse", "tones", "onset", "short",
                         "silence", "loud",    "n400",  "n399",  "n201"};
  mer_safetensors *golden;
  mer_error err = {0};
  char clip[64];
  assert_ok(mer_safetensors_open(&golden, GOLDEN "mfcc/mfcc.safetensors", &err));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(clip, sizeof clip, "%s.wav", names[i]);
    check_clip(golden, names[i], clip, MER_FEATURE_MFCC);
  }
  check_clip(golden, "long", "long.flac", MER_FEATURE_MFCC);
  check_clip(golden, "logmel.chirp", "chirp.wav", MER_FEATURE_LOGMEL);
  mer_safetensors_close(golden);
}

/* Seen: 3e-5 at all levels. */
static const double WHISPER_TOLERANCE = 1e-4;

/* Features of a clip as Whisper takes them, against golden [bands, F]; of `n_frames`, or of the
 * natural length. */
static void check_whisper(const mer_safetensors *golden, const char *name, const char *clip,
                          int n_bands, int n_frames) {
  char path[4096];
  mer_audio audio;
  mer_error err = {0};
  const mer_tensor *expected = mer_safetensors_find(golden, name);
  const float *values = expected->data;
  mer_feature_options options;
  mer_feature_options_init(&options, sizeof options, MER_FEATURE_WHISPER);
  options.n_mels = n_bands;
  options.n_frames = n_frames;
  snprintf(path, sizeof path, GOLDEN "mfcc/%s.wav", clip);
  assert_ok(mer_audio_decode(&audio, path, NULL, &err));
  mer_feature_extractor *extractor = create(&options);
  const int64_t natural = mer_feature_natural_frames(extractor, audio.n_samples);
  const int64_t n = n_frames ? n_frames : natural, n_expected = expected->shape[1];
  float *out = malloc((size_t)(n * n_bands) * sizeof *out);
  assert_ok(mer_feature_compute(out, extractor, audio.samples, audio.n_samples, &err));
  assert_int_equal(n_bands, expected->shape[0]);
  if (!n_frames) assert_int_equal(natural, n_expected);
  for (int64_t f = 0; f < n; f++)
    for (int64_t m = 0; m < n_bands; m++) {
      const float found = n_frames ? out[m * n + f] : out[f * n_bands + m];
      const int64_t at = f < n_expected ? f : n_expected - 1;
      if (fabs(found - values[m * n_expected + at]) > WHISPER_TOLERANCE)
        fail_msg("%s, frame %d, band %d: %g, expected %g", name, (int)f, (int)m, (double)found,
                 (double)values[m * n_expected + at]);
    }
  free(out);
  mer_feature_extractor_free(extractor);
  mer_audio_clear(&audio);
}

static void whisper_equals_transformers(void **state) {
  (void)state;
  const char *names[] = {"chirp",   "impulse", "tones", "onset", "short",
                         "silence", "loud",    "n400",  "n399",  "n201"};
  mer_safetensors *golden;
  mer_error err = {0};
  assert_ok(mer_safetensors_open(&golden, GOLDEN "mfcc/whisper.safetensors", &err));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    check_whisper(golden, names[i], names[i], 80, 0);
  check_whisper(golden, "bands128.chirp", "chirp", 128, 0);
  check_whisper(golden, "padded.chirp", "chirp", 80, 3000);
  check_whisper(golden, "padded.onset", "onset", 80, 3000);
  mer_safetensors_close(golden);
}

static void samples_are_the_sound(void **state) {
  (void)state;
  const float samples[5] = {1, -2, 3, -4, 5};
  float out[7];
  mer_feature_options options;
  mer_error err = {0};
  mer_feature_options_init(&options, sizeof options, MER_FEATURE_SAMPLES);
  mer_feature_extractor *natural = create(&options);
  assert_int_equal(mer_feature_rows(natural), 1);
  assert_int_equal(mer_feature_natural_frames(natural, 5), 5);
  assert_ok(mer_feature_compute(out, natural, samples, 5, &err));
  assert_memory_equal(out, samples, sizeof samples);
  options.n_frames = 7;
  mer_feature_extractor *longer = create(&options);
  assert_ok(mer_feature_compute(out, longer, samples, 5, &err));
  assert_memory_equal(out, samples, sizeof samples);
  assert_true(out[5] == 0 && out[6] == 0);
  mer_feature_extractor_free(natural);
  mer_feature_extractor_free(longer);
}

static void sine_peaks_in_its_band(void **state) {
  (void)state;
  enum { N = 8000, FRAMES = 20 };
  mer_feature_options options;
  mer_feature_options_init(&options, sizeof options, MER_FEATURE_LOGMEL);
  options.n_frames = FRAMES;
  mer_feature_extractor *extractor = create(&options);
  mer_error err = {0};
  float samples[N], out[64 * FRAMES];
  const double mel_step = 2595 * log10(1 + 8000 / 700.0) / 65;
  for (int hz = 500; hz < 7500; hz += 517) {
    for (int i = 0; i < N; i++) samples[i] = (float)sin(2 * PI * hz * i / 16000);
    assert_ok(mer_feature_compute(out, extractor, samples, N, &err));
    int best = 0;
    for (int m = 1; m < 64; m++)
      if (out[m * FRAMES + 10] > out[best * FRAMES + 10]) best = m;
    /* Band m has its peak at (m + 1) steps. */
    assert_near(best, 2595 * log10(1 + hz / 700.0) / mel_step - 1, 1);
  }
  mer_feature_extractor_free(extractor);
}

static void silence_is_constant(void **state) {
  (void)state;
  static const float samples[16000];
  static float out[13 * 401];
  mer_feature_extractor *extractor = create(NULL);
  mer_error err = {0};
  assert_ok(mer_feature_compute(out, extractor, samples, 16000, &err));
  for (int i = 0; i < 13 * 401; i++) /* all bands at 1e-10, -100 dB */
    assert_near(out[i], i < 81 ? -100 * sqrt(128) : 0, 3e-3);
  mer_feature_extractor_free(extractor);
}

/* Sounds that reflection cannot pad are those with zeros after them. */
static void short_sounds_are_extended(void **state) {
  (void)state;
  static float out[13 * 401], extended[13 * 401];
  mer_feature_extractor *extractor = create(NULL);
  mer_error err = {0};
  for (int n = 1; n <= 201; n += n < 4 || n > 198 ? 1 : 13) {
    float samples[201] = {0};
    for (int i = 0; i < n; i++) samples[i] = (float)((i * 37 + 11) % 64) / 64 - 0.4f;
    assert_ok(mer_feature_compute(out, extractor, samples, n, &err));
    assert_ok(mer_feature_compute(extended, extractor, samples, 201, &err));
    assert_memory_equal(out, extended, sizeof out);
    assert_true(isfinite(out[0]) && out[0] != 0 && out[1] != 0 && out[2] == 0);
  }
  memset(out, 1, sizeof out);
  assert_ok(mer_feature_compute(out, extractor, NULL, 0, &err));
  for (int i = 0; i < 13 * 401; i++) assert_near(out[i], 0, 0);
  mer_feature_extractor_free(extractor);
}

static void hostile_samples_give_finite_features(void **state) {
  (void)state;
  static float samples[4000], out[13 * 401];
  const float values[] = {FLT_MAX, -FLT_MAX, 1e30f, 1e-44f, INFINITY, NAN};
  mer_feature_extractor *extractor = create(NULL);
  mer_error err = {0};
  for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
    for (int i = 0; i < 4000; i++) samples[i] = i % 3 ? values[v] : 0.5f;
    assert_ok(mer_feature_compute(out, extractor, samples, 4000, &err));
    for (int i = 0; i < 13 * 401; i++) assert_true(isfinite(out[i]));
  }
  mer_feature_extractor_free(extractor);
}

/* Frames that are cut off still tell the maximum; any n_frames gives the same columns. */
static void truncation_keeps_the_columns(void **state) {
  (void)state;
  enum { N = 16000, ALL = 81 };
  static float samples[N], all[13 * ALL], cut[13 * ALL];
  mer_error err = {0};
  for (int i = 0; i < N; i++) samples[i] = (i > 12000 ? 0.9f : 1e-6f) * sinf((float)(i * i % 1009));
  mer_feature_options options;
  mer_feature_options_init(&options, sizeof options, MER_FEATURE_MFCC);
  options.n_frames = ALL;
  mer_feature_extractor *extractor = create(&options);
  assert_ok(mer_feature_compute(all, extractor, samples, N, &err));
  mer_feature_extractor_free(extractor);
  for (int frames = 1; frames < ALL; frames += 7) {
    options.n_frames = frames;
    extractor = create(&options);
    assert_ok(mer_feature_compute(cut, extractor, samples, N, &err));
    for (int c = 0; c < 13; c++)
      assert_memory_equal(cut + c * frames, all + c * ALL, (size_t)frames * sizeof *cut);
    mer_feature_extractor_free(extractor);
  }
}

static void expect_invalid(mer_feature_options options, const char *name) {
  mer_feature_extractor *extractor;
  mer_error err = {0};
  assert_int_equal(mer_feature_extractor_create(&extractor, &options, &err), MER_STATUS_INVALID);
  assert_null(extractor);
  if (!strstr(err.message, name)) fail_msg("message without %s: %s", name, err.message);
}

static void settings_out_of_range_are_named(void **state) {
  (void)state;
  mer_feature_options good;
  mer_feature_options_init(&good, sizeof good, MER_FEATURE_MFCC);
  mer_feature_options o;
#define EXPECT_INVALID(member, value) \
  o = good;                           \
  o.member = value;                   \
  expect_invalid(o, #member);
  EXPECT_INVALID(kind, (mer_feature_kind)7)
  EXPECT_INVALID(rate_hz, 0)
  EXPECT_INVALID(n_fft, 0)
  EXPECT_INVALID(n_fft, 401)
  EXPECT_INVALID(n_fft, 1 << 30)
  EXPECT_INVALID(hop, 0)
  EXPECT_INVALID(n_mels, 0)
  EXPECT_INVALID(n_mels, 1 << 20)
  EXPECT_INVALID(n_coefficients, 0)
  EXPECT_INVALID(n_coefficients, 129)
  EXPECT_INVALID(n_frames, -1)
  EXPECT_INVALID(n_frames, INT32_MAX)
  EXPECT_INVALID(top_db, 0)
  EXPECT_INVALID(top_db, NAN)
#undef EXPECT_INVALID
}

/* Settings at the ends of their ranges compute something finite. */
static void unusual_settings_work(void **state) {
  (void)state;
  enum { SIZE = sizeof(mer_feature_options) };
  const mer_feature_options settings[] = {
      {SIZE, MER_FEATURE_LOGMEL, 16000, 2, 1, 1, 0, 80, 5},
      {SIZE, MER_FEATURE_MFCC, 16000, 8192, 8192, 512, 512, 1, 3},
      {SIZE, MER_FEATURE_MFCC, 1000, 6, 7, 512, 9, 1000, 17},
      {SIZE, MER_FEATURE_LOGMEL, 44100, 2 * 1021, 441, 80, 0, 80, 9},
      {SIZE, MER_FEATURE_WHISPER, 8000, 8192, 8192, 512, 0, 8, 3},
      {SIZE, MER_FEATURE_SAMPLES, 768000, 2, 1, 1, 0, 8, 1}};
  static float samples[10000];
  mer_error err = {0};
  for (int i = 0; i < 10000; i++) samples[i] = sinf((float)(i * i % 1009));
  for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
    mer_feature_extractor *extractor = create(&settings[s]);
    int n = mer_feature_rows(extractor) * mer_feature_frames(extractor);
    float *out = malloc((size_t)n * sizeof *out);
    for (int64_t n_samples = 1; n_samples <= 10000; n_samples = n_samples * 3 + 1) {
      assert_ok(mer_feature_compute(out, extractor, samples, n_samples, &err));
      for (int i = 0; i < n; i++) assert_true(isfinite(out[i]));
    }
    free(out);
    mer_feature_extractor_free(extractor);
  }
}

/* A sound that comes in pieces gives the bits of the whole. */
static void check_stream(const mer_feature_options *options, int64_t n_samples, int64_t piece) {
  mer_error err = {0};
  mer_feature_extractor *extractor = create(options);
  int64_t n_frames =
      options->n_frames ? options->n_frames : mer_feature_natural_frames(extractor, n_samples);
  size_t n = (size_t)(mer_feature_rows(extractor) * n_frames);
  float *samples = malloc((size_t)(n_samples + 1) * sizeof *samples);
  float *whole = malloc(n * sizeof *whole), *streamed = malloc(n * sizeof *streamed);
  for (int64_t i = 0; i < n_samples; i++)
    samples[i] = 0.3f * sinf((float)(i * i % 977)) * (i > n_samples * 3 / 4 ? 2.0f : 1.0f);
  assert_ok(mer_feature_compute(whole, extractor, samples, n_samples, &err));
  mer__feature_stream stream = {.extractor = extractor};
  for (int64_t at = 0; at < n_samples; at += piece)
    assert_ok(mer__feature_stream_push(
        &stream, samples + at, (size_t)(at + piece < n_samples ? piece : n_samples - at), &err));
  assert_int_equal(mer__feature_stream_size(&stream), n);
  assert_ok(mer__feature_stream_finish(streamed, &stream, &err));
  if (memcmp(whole, streamed, n * sizeof *whole) != 0)
    fail_msg("%lld samples in pieces of %lld, hop %d", (long long)n_samples, (long long)piece,
             options->hop);
  mer__feature_stream_clear(&stream);
  free(streamed);
  free(whole);
  free(samples);
  mer_feature_extractor_free(extractor);
}

static void pieces_give_the_bits_of_the_whole(void **state) {
  (void)state;
  static const struct {
    mer_feature_kind kind;
    int n_fft, hop, n_frames;
  } settings[] = {{MER_FEATURE_MFCC, 400, 200, 401},    {MER_FEATURE_LOGMEL, 400, 200, 5},
                  {MER_FEATURE_MFCC, 16, 100, 9},       {MER_FEATURE_MFCC, 2, 1, 30},
                  {MER_FEATURE_MFCC, 64, 7, 1},         {MER_FEATURE_MFCC, 400, 200, 0},
                  {MER_FEATURE_LOGMEL, 400, 160, 0},    {MER_FEATURE_WHISPER, 400, 160, 0},
                  {MER_FEATURE_WHISPER, 400, 160, 50},  {MER_FEATURE_WHISPER, 16, 100, 9},
                  {MER_FEATURE_SAMPLES, 400, 160, 700}, {MER_FEATURE_SAMPLES, 400, 160, 0}};
  static const int64_t lengths[] = {0, 1, 8, 9, 200, 201, 399, 400, 1600, 1601, 2000, 3201, 12345};
  static const int64_t pieces[] = {1, 7, 400, 1024, 100000};
  for (size_t s = 0; s < sizeof settings / sizeof *settings; s++)
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
      for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        mer_feature_options options;
        mer_feature_options_init(&options, sizeof options, settings[s].kind);
        options.n_fft = settings[s].n_fft;
        options.hop = settings[s].hop;
        options.n_frames = settings[s].n_frames;
        check_stream(&options, lengths[l], pieces[p]);
      }
}

/* An hour takes the memory of a minute. */
static void memory_does_not_grow_with_the_sound(void **state) {
  (void)state;
  enum { PIECE = 4096 };
  static float piece[PIECE], out[13 * 401];
  mer_error err = {0};
  mer_feature_extractor *extractor = create(NULL);
  mer__feature_stream stream = {.extractor = extractor};
  size_t capacity = 0, mel_capacity = 0;
  for (int i = 0; i < PIECE; i++) piece[i] = sinf((float)i);
  for (int i = 0; i < 2000; i++) {
    assert_ok(mer__feature_stream_push(&stream, piece, PIECE, &err));
    if (i == 30) {
      capacity = stream.capacity;
      mel_capacity = stream.mel_capacity;
    }
  }
  assert_int_equal(stream.capacity, capacity);
  assert_int_equal(stream.mel_capacity, mel_capacity);
  assert_ok(mer__feature_stream_finish(out, &stream, &err));
  mer__feature_stream_clear(&stream);
  mer_feature_extractor_free(extractor);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(features_equal_torchaudio),
                                     cmocka_unit_test(whisper_equals_transformers),
                                     cmocka_unit_test(samples_are_the_sound),
                                     cmocka_unit_test(sine_peaks_in_its_band),
                                     cmocka_unit_test(silence_is_constant),
                                     cmocka_unit_test(short_sounds_are_extended),
                                     cmocka_unit_test(hostile_samples_give_finite_features),
                                     cmocka_unit_test(truncation_keeps_the_columns),
                                     cmocka_unit_test(settings_out_of_range_are_named),
                                     cmocka_unit_test(unusual_settings_work),
                                     cmocka_unit_test(pieces_give_the_bits_of_the_whole),
                                     cmocka_unit_test(memory_does_not_grow_with_the_sound)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
