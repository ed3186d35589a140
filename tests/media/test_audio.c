/* test_audio.c: sound files that are written here, whole, damaged and hostile, through the decoder.
 */
#include "base/alloc.h"
#include "base/file.h"
#include "base/text_buffer.h"
#include "media/audio_source.h"
#include "media/resample.h"
#include "mer/media.h"
#include "test_support.h"

static const double PI = 3.14159265358979323846;

static char folder[64], path[128];

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/x.wav", folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

enum { PCM = 1, FLOAT = 3 };

typedef struct wav {
  int format, channels, rate_hz, bits;
  const void *data;
  size_t size;        /* bytes of data that are written */
  size_t stated_size; /* 0: size */
} wav;

static void put(mer__text_buffer *b, uint32_t value, size_t n_bytes) {
  mer__text_append(b, (const char *)&value, n_bytes); /* the tests run on little-endian machines */
}

static void write_file(const void *data, size_t size) {
  mer_error err = {0};
  assert_ok(mer__file_write(path, data, size, &err));
}

static void write_wav(wav w) {
  mer__text_buffer b = {0};
  uint32_t stated = (uint32_t)(w.stated_size ? w.stated_size : w.size);
  uint32_t frame = (uint32_t)(w.channels * w.bits / 8);
  mer__text_puts(&b, "RIFF");
  put(&b, 36 + stated, 4);
  mer__text_puts(&b, "WAVEfmt ");
  put(&b, 16, 4);
  put(&b, (uint32_t)w.format, 2);
  put(&b, (uint32_t)w.channels, 2);
  put(&b, (uint32_t)w.rate_hz, 4);
  put(&b, (uint32_t)w.rate_hz * frame, 4);
  put(&b, frame, 2);
  put(&b, (uint32_t)w.bits, 2);
  mer__text_puts(&b, "data");
  put(&b, stated, 4);
  if (w.size) mer__text_append(&b, w.data, w.size);
  write_file(b.data, b.size);
  mer__text_clear(&b);
}

static void expect_failure(mer_status status, const char *part, const mer_audio_options *options) {
  mer_audio audio;
  mer_error err = {0};
  assert_int_equal(mer_audio_decode(&audio, path, options, &err), status);
  assert_int_equal(err.status, status);
  assert_null(audio.samples);
  if (!strstr(err.message, part) || (status != MER_STATUS_INVALID && !strstr(err.message, path)))
    fail_msg("message without '%s': %s", part, err.message);
  mer_audio_clear(&audio);
}

static void pcm_is_scaled(void **state) {
  (void)state;
  const int16_t data[] = {0, 16384, -32768, 32767, 1};
  mer_audio audio;
  mer_error err = {0};
  write_wav((wav){PCM, 1, 16000, 16, data, sizeof data, 0});
  assert_ok(mer_audio_decode(&audio, path, NULL, &err));
  assert_int_equal(audio.n_samples, 5);
  assert_int_equal(audio.rate_hz, 16000);
  assert_int_equal(audio.source_rate_hz, 16000);
  assert_int_equal(audio.source_channels, 1);
  assert_int_equal(audio.n_errors, 0);
  for (int i = 0; i < 5; i++) assert_near(audio.samples[i], data[i] / 32768.0, 0);
  mer_audio_clear(&audio);
  mer_audio_clear(&audio);
}

/* Every number of channels: channel c holds c + 1, of which the mean is known. */
static void channels_are_averaged(void **state) {
  (void)state;
  for (int n = 1; n <= 64; n += n < 9 ? 1 : 11) {
    int16_t data[3 * 64];
    mer_audio audio;
    mer_error err = {0};
    for (int i = 0; i < 3 * n; i++) data[i] = (int16_t)(100 * (i % n + 1));
    write_wav((wav){PCM, n, 16000, 16, data, (size_t)(3 * n) * 2, 0});
    assert_ok(mer_audio_decode(&audio, path, NULL, &err));
    assert_int_equal(audio.n_samples, 3);
    assert_int_equal(audio.source_channels, n);
    for (int i = 0; i < 3; i++) assert_near(audio.samples[i], 50.0 * (n + 1) / 32768, 1e-7);
    mer_audio_clear(&audio);
  }
}

static void bad_samples_become_zero(void **state) {
  (void)state;
  const float data[] = {0.5f, NAN, INFINITY, -0.25f, -INFINITY, 1.5f};
  const float expected[] = {0.5f, 0, 0, -0.25f, 0, 1.5f};
  mer_audio audio;
  mer_error err = {0};
  write_wav((wav){FLOAT, 1, 16000, 32, data, sizeof data, 0});
  assert_ok(mer_audio_decode(&audio, path, NULL, &err));
  assert_int_equal(audio.n_samples, 6);
  assert_memory_equal(audio.samples, expected, sizeof expected);
  assert_int_equal(audio.n_bad_samples, 3);
  assert_int_equal(audio.n_errors, 0);
  assert_near(audio.peak, 1.5, 0);
  mer_audio_clear(&audio);
}

/* What is not finite in one channel leaves the others as they are. */
static void a_good_channel_survives(void **state) {
  (void)state;
  const float data[] = {NAN, 0.5f, 0.25f, NAN, -0.5f, 0.25f, NAN, -0.75f, NAN, INFINITY};
  const float expected[] = {0.5f, 0.25f, -0.125f, -0.75f, 0};
  mer_audio audio;
  mer_error err = {0};
  write_wav((wav){FLOAT, 2, 16000, 32, data, sizeof data, 0});
  assert_ok(mer_audio_decode(&audio, path, NULL, &err));
  assert_int_equal(audio.n_samples, 5);
  assert_memory_equal(audio.samples, expected, sizeof expected);
  assert_int_equal(audio.n_bad_samples, 5);
  mer_audio_clear(&audio);
}

static void opposite_channels_show(void **state) {
  (void)state;
  const float data[] = {0.5f, -0.5f, -0.25f, 0.25f};
  mer_audio audio;
  mer_error err = {0};
  write_wav((wav){FLOAT, 2, 16000, 32, data, sizeof data, 0});
  assert_ok(mer_audio_decode(&audio, path, NULL, &err));
  assert_near(audio.channel_peak, 0.5, 0);
  assert_near(audio.mixed_peak, 0, 0);
  assert_near(audio.peak, 0, 0);
  mer_audio_clear(&audio);
}

static void every_sample_format_is_scaled(void **state) {
  (void)state;
  const uint8_t u8[] = {128, 192, 0};
  const int32_t s32[] = {0, 1 << 30, INT32_MIN};
  const double f64[] = {0, 0.5, -1};
  const float expected[] = {0, 0.5f, -1};
  const wav forms[] = {{PCM, 1, 16000, 8, u8, sizeof u8, 0},
                       {PCM, 3, 16000, 32, s32, sizeof s32, 0},
                       {PCM, 1, 16000, 32, s32, sizeof s32, 0},
                       {FLOAT, 1, 16000, 64, f64, sizeof f64, 0}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    mer_audio audio;
    mer_error err = {0};
    write_wav(forms[i]);
    assert_ok(mer_audio_decode(&audio, path, NULL, &err));
    assert_int_equal(audio.n_samples, forms[i].channels == 1 ? 3 : 1);
    if (forms[i].channels == 1) assert_memory_equal(audio.samples, expected, sizeof expected);
    else assert_near(audio.samples[0], -0.5 / 3, 1e-7);
    mer_audio_clear(&audio);
  }
}

static void sine_survives_resampling(void **state) {
  (void)state;
  const int rates[] = {8000, 11025, 22050, 44100, 48000, 96000};
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    int n = rates[r] + 7;
    float *data = calloc((size_t)n * 2, sizeof *data);
    mer_audio audio;
    mer_error err = {0};
    for (int i = 0; i < n; i++) { /* the channels' mean has amplitude 0.3 */
      data[2 * i] = 0.8f * (float)sin(2 * PI * 1000 * i / rates[r]);
      data[2 * i + 1] = -data[2 * i] / 4;
    }
    write_wav((wav){FLOAT, 2, rates[r], 32, data, (size_t)n * 8, 0});
    assert_ok(mer_audio_decode(&audio, path, NULL, &err));
    assert_int_equal(audio.n_samples, ((int64_t)n * 16000 + rates[r] - 1) / rates[r]);
    assert_int_equal(audio.source_rate_hz, rates[r]);
    assert_int_equal(audio.source_channels, 2);
    /* The ripple of the filter is 0.1 %; within 16 samples of the ends it has less to work on. */
    for (int64_t i = 16; i < audio.n_samples - 16; i++)
      assert_near(audio.samples[i], 0.3 * sin(2 * PI * 1000 * (double)i / 16000), 1e-3);
    mer_audio_clear(&audio);
    free(data);
  }
}

static void no_samples_are_no_failure(void **state) {
  (void)state;
  mer_audio audio;
  mer_error err = {0};
  write_wav((wav){PCM, 2, 44100, 16, NULL, 0, 0});
  assert_ok(mer_audio_decode(&audio, path, NULL, &err));
  assert_int_equal(audio.n_samples, 0);
  assert_int_equal(audio.n_errors, 0);
  assert_int_equal(audio.source_rate_hz, 44100);
  mer_audio_clear(&audio);
}

static void samples_that_are_not_there_are_refused(void **state) {
  (void)state;
  mer_audio audio;
  mer_error err = {0};
  const float sample = 0.5f;
  assert_int_equal(mer_audio_resample(&audio, NULL, 100, 1, 16000, NULL, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_audio_resample(&audio, &sample, -1, 1, 16000, NULL, &err),
                   MER_STATUS_INVALID);
  assert_null(audio.samples);
  assert_ok(mer_audio_resample(&audio, NULL, 0, 1, 16000, NULL, &err));
  assert_int_equal(audio.n_samples, 0);
  mer_audio_clear(&audio);
}

static void truncation_is_noticed(void **state) {
  (void)state;
  static const int16_t data[8000];
  mer_audio audio;
  mer_error err = {0};
  write_wav((wav){PCM, 1, 16000, 16, data, sizeof data, 4 * sizeof data});
  assert_ok(mer_audio_decode(&audio, path, NULL, &err));
  assert_int_equal(audio.n_samples, 8000);
  assert_true(audio.n_errors > 0);
  mer_audio_clear(&audio);
}

/* A WAV that was written to a pipe holds a placeholder for its length. */
static void a_wav_from_a_pipe_is_whole(void **state) {
  (void)state;
  static const int16_t data[8000] = {1000};
  const size_t placeholders[] = {0xffffffff, 0x7ffff000, 0x80000000};
  for (size_t i = 0; i < 4; i++) {
    mer_audio audio;
    mer_error err = {0};
    write_wav((wav){PCM, 1, 16000, 16, data, sizeof data, i < 3 ? placeholders[i] : 0});
    if (i == 3) { /* a length of 0 */
      FILE *file = fopen(path, "r+b");
      assert_int_equal(fseek(file, 40, SEEK_SET), 0);
      assert_int_equal(fwrite("\0\0\0\0", 1, 4, file), 4);
      fclose(file);
    }
    assert_ok(mer_audio_decode(&audio, path, NULL, &err));
    assert_int_equal(audio.n_samples, 8000);
    assert_int_equal(audio.n_errors, 0);
    mer_audio_clear(&audio);
  }
}

static mer_status cut_file(void *user, const float *samples, size_t n, mer_error *err) {
  (void)samples, (void)n, (void)err;
  if (!(*(int *)user)++) assert_int_equal(truncate(path, 100), 0);
  return MER_OK;
}

/* A file that becomes shorter while it is decoded is as one that was cut. */
static void a_file_may_shrink_while_it_is_decoded(void **state) {
  (void)state;
  enum { SAMPLES = 1 << 20 };
  int16_t *data = calloc(SAMPLES, sizeof *data);
  write_wav((wav){PCM, 1, 16000, 16, data, SAMPLES * sizeof *data, 0});
  free(data);
  mer_audio audio;
  mer_error err = {0};
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  int n_calls = 0;
  assert_ok(mer__audio_stream(&audio, &(mer__audio_source){.path = path}, &options, cut_file,
                              &n_calls, &err));
  assert_true(n_calls > 1);
  assert_true(audio.n_errors > 0);
  assert_in_range(audio.n_samples, 1, SAMPLES - 1);
}

static mer_status collect(void *user, const float *samples, size_t n, mer_error *err) {
  return mer__samples_append(user, samples, n, err);
}

/* What comes of channels that stay apart, in 8000 samples each at most. */
typedef struct channels {
  int n_channels;
  size_t n;
  float samples[2][8000];
} channels;

static mer_status collect_apart(void *user, const float *const *given, int n_channels, size_t n,
                                mer_error *err) {
  (void)err;
  channels *all = user;
  all->n_channels = n_channels;
  for (int c = 0; c < n_channels; c++)
    memcpy(all->samples[c] + all->n, given[c], n * sizeof(float));
  all->n += n;
  return MER_OK;
}

/* The two of a stereo sound are each as if it were alone, also at another rate, and a value that is
 * not finite in one does not touch the other; of any other number there is the mean. */
static void channels_stay_apart(void **state) {
  (void)state;
  static float stereo[4000], mono[4000];
  static channels all;
  mer_audio audio, alone;
  mer_error err = {0};
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  for (int i = 0; i < 2000; i++) {
    stereo[2 * i] = i == 7 ? NAN : sinf((float)i * .3f) / 2;
    stereo[2 * i + 1] = cosf((float)i * .2f) / 4;
  }
  for (int rate = 8000; rate <= 16000; rate += 8000) {
    write_wav((wav){FLOAT, 2, rate, 32, stereo, sizeof stereo, 0});
    all = (channels){0};
    assert_ok(mer__audio_stream_apart(&audio, &(mer__audio_source){.path = path}, &options,
                                      collect_apart, &all, &err));
    assert_int_equal(all.n_channels, 2);
    assert_int_equal(audio.n_bad_samples, 1);
    assert_int_equal(audio.n_samples, (int64_t)all.n);
    for (int c = 0; c < 2; c++) {
      for (int i = 0; i < 2000; i++) mono[i] = stereo[2 * i + c];
      assert_ok(mer_audio_resample(&alone, mono, 2000, 1, rate, &options, &err));
      assert_int_equal(alone.n_samples, (int64_t)all.n);
      assert_memory_equal(alone.samples, all.samples[c], all.n * sizeof(float));
      mer_audio_clear(&alone);
    }
  }
  const int n_channels[] = {1, 4};
  for (int k = 0; k < 2; k++) {
    write_wav((wav){FLOAT, n_channels[k], 16000, 32, stereo, sizeof stereo, 0});
    all = (channels){0};
    assert_ok(mer__audio_stream_apart(&audio, &(mer__audio_source){.path = path}, &options,
                                      collect_apart, &all, &err));
    assert_ok(mer_audio_decode(&alone, path, &options, &err));
    assert_int_equal(all.n_channels, 1);
    assert_memory_equal(alone.samples, all.samples[0], all.n * sizeof(float));
    mer_audio_clear(&alone);
  }
}

/* Sums of values near the largest, as a filter makes, are beyond it. */
static void resampled_sound_is_finite(void **state) {
  (void)state;
  static float data[4800];
  mer_audio audio;
  mer_error err = {0};
  for (int i = 0; i < 4800; i++) data[i] = i / 40 % 2 ? 3.4e38f : -3.4e38f;
  write_wav((wav){FLOAT, 1, 48000, 32, data, sizeof data, 0});
  assert_ok(mer_audio_decode(&audio, path, NULL, &err));
  assert_int_equal(audio.n_samples, 1600);
  for (int i = 0; i < 1600; i++) assert_true(isfinite(audio.samples[i]));
  assert_true(isfinite(audio.peak) && audio.peak > 1e38f);
  mer_audio_clear(&audio);
}

/* Bytes of an Ogg page. */
static size_t page_size(const uint8_t *page) {
  size_t size = 27 + (size_t)page[26];
  for (int i = 0; i < page[26]; i++) size += page[27 + i];
  return size;
}

/* Adds to the time at which an Ogg page ends, in samples; its checksum is that of its bytes. */
static void move_page(uint8_t *page, int64_t by) {
  int64_t time;
  uint32_t checksum = 0;
  memcpy(&time, page + 6, sizeof time);
  time += by;
  memcpy(page + 6, &time, sizeof time);
  memset(page + 22, 0, sizeof checksum);
  for (size_t i = 0; i < page_size(page); i++) {
    checksum ^= (uint32_t)page[i] << 24;
    for (int bit = 0; bit < 8; bit++)
      checksum = checksum << 1 ^ (checksum >> 31 ? UINT32_C(0x04c11db7) : 0);
  }
  memcpy(page + 22, &checksum, sizeof checksum);
}

/* Where the times of a file pass over a part, here five pages of a second that are not there, the
 * channels that stay apart have silence, so that what follows keeps its time. */
static void a_pause_of_times_is_silence(void **state) {
  (void)state;
  enum { RATE_HZ = 500, FIRST = 4, END = 9 }; /* pages */
  static channels whole, all;
  char *bytes;
  size_t size, at = 0, kept = 0;
  mer_audio audio, mixed;
  mer_error err = {0};
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  options.rate_hz = RATE_HZ;
  assert_ok(mer__file_read(&bytes, &size, GOLDEN "timeline/call.opus", SIZE_MAX, &err));
  whole = all = (channels){0};
  assert_ok(mer__audio_stream_apart(
      &audio, &(mer__audio_source){.path = "a", .bytes = bytes, .n_bytes = size}, &options,
      collect_apart, &whole, &err));
  for (int page = 0; at < size; page++) {
    const size_t n = page_size((const uint8_t *)bytes + at);
    if (page < FIRST || page >= END) memmove(bytes + kept, bytes + at, n);
    if (page < FIRST || page >= END) kept += n;
    at += n;
  }
  assert_ok(mer__audio_stream_apart(
      &audio, &(mer__audio_source){.path = "a", .bytes = bytes, .n_bytes = kept}, &options,
      collect_apart, &all, &err));
  assert_true(audio.n_errors > 0);
  assert_near((double)all.n, (double)whole.n, RATE_HZ / 10.);
  for (size_t i = 3 * RATE_HZ; i < 6 * RATE_HZ; i++) assert_near(all.samples[0][i], 0, 1e-3);
  for (size_t i = 8 * RATE_HZ; i < whole.n - RATE_HZ / 10; i++)
    assert_near(all.samples[0][i], whole.samples[0][i], .02);
  assert_ok(mer_audio_decode_memory(&mixed, bytes, kept, "a", &options, &err));
  assert_near((double)mixed.n_samples, (double)whole.n - 5 * RATE_HZ, RATE_HZ / 10.);
  /* Times that jump by more than a day are no pause. */
  at = 0;
  for (int page = 0; at < kept; page++) {
    uint8_t *const start = (uint8_t *)bytes + at;
    if (page >= FIRST) move_page(start, (int64_t)25 * 3600 * 48000);
    at += page_size(start);
  }
  all = (channels){0};
  assert_ok(mer__audio_stream_apart(
      &audio, &(mer__audio_source){.path = "a", .bytes = bytes, .n_bytes = kept}, &options,
      collect_apart, &all, &err));
  assert_near((double)all.n, (double)mixed.n_samples, RATE_HZ / 10.);
  mer_audio_clear(&mixed);
  mer__free(bytes);
}

static mer_status refuse(void *user, const float *samples, size_t n, mer_error *err) {
  (void)user, (void)samples, (void)n, (void)err;
  return MER_STATUS_INTERRUPTED;
}

static void a_sink_ends_the_decoding(void **state) {
  (void)state;
  static const int16_t data[8000];
  mer_audio audio;
  mer_error err = {0};
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  write_wav((wav){PCM, 1, 16000, 16, data, sizeof data, 0});
  assert_int_equal(
      mer__audio_stream(&audio, &(mer__audio_source){.path = path}, &options, refuse, NULL, &err),
      MER_STATUS_INTERRUPTED);
}

/* Counts the questions and answers the `last` one by yes; 0: none. */
typedef struct questions {
  int n, last;
} questions;

static bool ask(void *user) {
  questions *q = user;
  return ++q->n == q->last;
}

/* Within one long sound, wherever it comes from, also while its format is found. */
static void decoding_can_be_stopped(void **state) {
  (void)state;
  enum { SAMPLES = 1 << 19 };
  static int16_t data[SAMPLES];
  static float samples[SAMPLES];
  mer_error err = {0};
  mer_audio audio;
  questions q = {0};
  const mer_monitor monitor = {.user = &q, .should_stop = ask};
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  options.monitor = &monitor;
  write_wav((wav){PCM, 1, 16000, 16, data, sizeof data, 0});
  assert_ok(mer_audio_decode(&audio, path, &options, &err));
  mer_audio_clear(&audio);
  const int n_file = q.n;
  assert_true(n_file > 20);
  q.n = 0;
  assert_ok(mer_audio_resample(&audio, samples, SAMPLES, 1, 16000, &options, &err));
  mer_audio_clear(&audio);
  const int n_samples = q.n;
  assert_true(n_samples > 20);
  for (q.last = 1; q.last <= n_file; q.last += 3) {
    q.n = 0;
    expect_failure(MER_STATUS_INTERRUPTED, "x.wav: interrupted", &options);
    assert_int_equal(q.n, q.last);
  }
  for (q.last = 1; q.last <= n_samples; q.last += 3) {
    q.n = 0;
    assert_int_equal(mer_audio_resample(&audio, samples, SAMPLES, 1, 16000, &options, &err),
                     MER_STATUS_INTERRUPTED);
    assert_null(audio.samples);
  }
}

/* What is wanted of a sound is decoded, and is what a shorter one gives; no more is read. */
static void a_sound_may_end_early(void **state) {
  (void)state;
  enum { SAMPLES = 1 << 19, WANTED = 8000 * 2 };
  static int16_t data[SAMPLES];
  mer_error err = {0};
  mer_audio part, whole;
  questions q = {0};
  const mer_monitor monitor = {.user = &q, .should_stop = ask};
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  options.monitor = &monitor;
  for (int i = 0; i < SAMPLES; i++) data[i] = (int16_t)(i * 37);
  write_wav((wav){PCM, 1, 8000, 16, data, WANTED * sizeof *data, 0});
  assert_ok(mer_audio_decode(&whole, path, &options, &err));
  write_wav((wav){PCM, 1, 8000, 16, data, sizeof data, 0});
  mer__samples found = {0};
  q.n = 0;
  assert_ok(mer__audio_stream(&part, &(mer__audio_source){.path = path, .most_s = 2}, &options,
                              collect, &found, &err));
  assert_true(q.n < 10);
  assert_int_equal(part.n_errors, 0);
  assert_int_equal(found.n, whole.n_samples);
  assert_memory_equal(found.data, whole.samples, found.n * sizeof *found.data);
  mer__samples_clear(&found);
  mer_audio_clear(&whole);
}

static void sound_in_memory_is_decoded(void **state) {
  (void)state;
  const char *flac = GOLDEN "mfcc/long.flac";
  mer__mapped_file file;
  mer_audio from_file, from_memory;
  mer_error err = {0};
  assert_ok(mer_audio_decode(&from_file, flac, NULL, &err));
  assert_ok(mer__file_map(&file, flac, &err));
  assert_ok(mer_audio_decode_memory(&from_memory, file.data, file.size, NULL, NULL, &err));
  assert_int_equal(from_memory.n_samples, from_file.n_samples);
  assert_memory_equal(from_memory.samples, from_file.samples,
                      (size_t)from_file.n_samples * sizeof(float));
  mer_audio_clear(&from_memory);
  mer__file_unmap(&file);
  mer_audio_clear(&from_file);
  assert_int_equal(mer_audio_decode_memory(&from_memory, NULL, 0, "a.wav", NULL, &err),
                   MER_STATUS_FORMAT);
  assert_string_equal(err.message, "a.wav: empty file");
  assert_int_equal(mer_audio_decode_memory(&from_memory, "no sound", 8, NULL, NULL, &err),
                   MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "sound in memory: not an audio"));
}

static void samples_are_taken_as_a_file_is(void **state) {
  (void)state;
  enum { SAMPLES = 50000 };
  static float data[2 * SAMPLES];
  mer_audio from_file, from_memory;
  mer_error err = {0};
  for (int i = 0; i < 2 * SAMPLES; i++) data[i] = (float)(i * 7 % 1000) / 2000;
  write_wav((wav){FLOAT, 2, 48000, 32, data, sizeof data, 0});
  assert_ok(mer_audio_decode(&from_file, path, NULL, &err));
  assert_ok(mer_audio_resample(&from_memory, data, SAMPLES, 2, 48000, NULL, &err));
  assert_int_equal(from_memory.n_samples, (SAMPLES + 2) / 3);
  assert_int_equal(from_memory.n_samples, from_file.n_samples);
  assert_int_equal(from_memory.source_channels, 2);
  assert_memory_equal(from_memory.samples, from_file.samples,
                      (size_t)from_file.n_samples * sizeof(float));
  mer_audio_clear(&from_memory);
  mer_audio_clear(&from_file);
  assert_ok(mer_audio_resample(&from_memory, NULL, 0, 1, 8000, NULL, &err));
  assert_int_equal(from_memory.n_samples, 0);
  assert_int_equal(mer_audio_resample(&from_memory, data, 9, 1, 99, NULL, &err), MER_STATUS_FORMAT);
  assert_int_equal(mer_audio_resample(&from_memory, data, 9, 65, 8000, NULL, &err),
                   MER_STATUS_UNSUPPORTED);
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  options.max_duration_s = 1;
  assert_int_equal(mer_audio_resample(&from_memory, data, SAMPLES, 1, 16000, &options, &err),
                   MER_STATUS_LIMIT);
}

/* Samples without a header would be read at a rate that is a guess. */
static void raw_sound_is_refused_by_name(void **state) {
  (void)state;
  static const char *const names[] = {"a.ulaw", "a.alaw", "a.raw", "a.pcm", "a.ul",
                                      "a.al",   "a.sw",   "a.vox", "A.RAW"};
  static uint8_t data[8000];
  mer_audio audio;
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(0x80 | i * i % 61);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    mer_error err = {0};
    mer_status status = mer_audio_decode_memory(&audio, data, sizeof data, names[i], NULL, &err);
    if (status != MER_STATUS_FORMAT || !strstr(err.message, "sound without a header") ||
        strncmp(err.message, names[i], strlen(names[i])) != 0)
      fail_msg("%s: %s", names[i], err.message);
  }
  mer_error err = {0};
  mer__mapped_file file; /* a name alone condemns nothing */
  assert_ok(mer__file_map(&file, GOLDEN "mfcc/tones.wav", &err));
  assert_ok(mer_audio_decode_memory(&audio, file.data, file.size, "a.raw", NULL, &err));
  mer_audio_clear(&audio);
  mer__file_unmap(&file);
}

static void bad_files_are_refused(void **state) {
  (void)state;
  static const int16_t data[64];
  write_file("", 0);
  expect_failure(MER_STATUS_FORMAT, "empty", NULL);
  write_file("This is a text, whatever its name says.\n", 40);
  expect_failure(MER_STATUS_FORMAT, "not an audio", NULL);
  write_file("RIFF\x24\0\0\0WAVE", 12);
  expect_failure(MER_STATUS_FORMAT, "not an audio", NULL);
  write_wav((wav){PCM, 0, 16000, 16, data, sizeof data, 0});
  expect_failure(MER_STATUS_FORMAT, path, NULL);
  write_wav((wav){PCM, 1, 0, 16, data, sizeof data, 0});
  expect_failure(MER_STATUS_FORMAT, path, NULL);
  write_wav((wav){PCM, 1, 2000000000, 16, data, sizeof data, 0});
  expect_failure(MER_STATUS_FORMAT, "Hz", NULL);
  unlink(path);
  expect_failure(MER_STATUS_NOT_FOUND, "No such file", NULL);
}

/* A list of files must not make the decoder read the files. */
static void lists_are_not_followed(void **state) {
  (void)state;
  static const int16_t data[1600];
  char other[160], text[256];
  write_wav((wav){PCM, 1, 16000, 16, data, sizeof data, 0});
  snprintf(other, sizeof other, "%s/y.wav", folder);
  assert_int_equal(rename(path, other), 0);
  mer_audio audio;
  mer_error err = {0};
  const char *forms[] = {"ffconcat version 1.0\nfile %s\n",
                         "ffconcat version 1.0\nfile %.0sy.wav\n",
                         "#EXTM3U\n#EXTINF:1,\nfile://%s\n#EXT-X-ENDLIST\n"};
  assert_int_equal(chdir(folder), 0);
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    int n = snprintf(text, sizeof text, forms[i], other);
    write_file(text, (size_t)n);
    if (mer_audio_decode(&audio, path, NULL, &err) == MER_OK) fail_msg("followed: %s", text);
  }
  assert_int_equal(chdir(MER_SOURCE_DIR), 0);
}

static void limits_hold(void **state) {
  (void)state;
  static const int16_t data[32000];
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  mer_audio audio;
  mer_error err = {0};
  write_wav((wav){PCM, 1, 16000, 16, data, sizeof data, 0});
  options.max_duration_s = 1.5;
  expect_failure(MER_STATUS_LIMIT, "2.0 s", &options);
  options.max_duration_s = 2;
  assert_ok(mer_audio_decode(&audio, path, &options, &err));
  assert_int_equal(audio.n_samples, 32000);
  mer_audio_clear(&audio);
  options.rate_hz = 0;
  expect_failure(MER_STATUS_INVALID, "rate_hz", &options);
}

/* The same clip as 16 bit WAV and as FLAC, and the FLAC with a damaged and with a missing part. */
static void damaged_packets_are_passed_over(void **state) {
  (void)state;
  mer__mapped_file file;
  mer_audio whole, damaged;
  mer_error err = {0};
  const char *flac = GOLDEN "mfcc/long.flac";
  assert_ok(mer_audio_decode(&whole, flac, NULL, &err));
  assert_int_equal(whole.n_samples, 96000);
  assert_int_equal(whole.n_errors, 0);
  assert_ok(mer__file_map(&file, flac, &err));
  uint8_t *copy = malloc(file.size);
  memcpy(copy, file.data, file.size);
  memset(copy + file.size / 2, 0x55, 64);
  write_file(copy, file.size);
  assert_ok(mer_audio_decode(&damaged, path, NULL, &err));
  assert_true(damaged.n_errors > 0);
  assert_in_range(damaged.n_samples, 70000, 95999);
  assert_memory_equal(damaged.samples, whole.samples, 30000 * sizeof(float));
  mer_audio_clear(&damaged);
  write_file(file.data, file.size / 2);
  assert_ok(mer_audio_decode(&damaged, path, NULL, &err));
  assert_true(damaged.n_errors > 0);
  assert_in_range(damaged.n_samples, 30000, 70000);
  mer_audio_clear(&damaged);
  write_file(file.data, 100); /* the header states samples, and there are none */
  expect_failure(MER_STATUS_FORMAT, "cut short", NULL);
  free(copy);
  mer__file_unmap(&file);
  mer_audio_clear(&whole);
}

static void many_threads_decode(void **state) {
  (void)state;
  int16_t data[4800];
  int n_wrong = 0;
  for (int i = 0; i < 4800; i++) data[i] = (int16_t)(i * 7);
  write_wav((wav){PCM, 1, 48000, 16, data, sizeof data, 0});
  mer_audio first;
  mer_error err = {0};
  assert_ok(mer_audio_decode(&first, path, NULL, &err));
#pragma omp parallel for num_threads(4) reduction(+ : n_wrong)
  for (int i = 0; i < 64; i++) {
    mer_audio audio;
    n_wrong += mer_audio_decode(&audio, path, NULL, NULL) != MER_OK || audio.n_samples != 1600 ||
               memcmp(audio.samples, first.samples, 1600 * sizeof(float)) != 0;
    mer_audio_clear(&audio);
  }
  assert_int_equal(n_wrong, 0);
  mer_audio_clear(&first);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(pcm_is_scaled),
                                     cmocka_unit_test(channels_are_averaged),
                                     cmocka_unit_test(bad_samples_become_zero),
                                     cmocka_unit_test(a_good_channel_survives),
                                     cmocka_unit_test(opposite_channels_show),
                                     cmocka_unit_test(every_sample_format_is_scaled),
                                     cmocka_unit_test(sine_survives_resampling),
                                     cmocka_unit_test(a_wav_from_a_pipe_is_whole),
                                     cmocka_unit_test(a_file_may_shrink_while_it_is_decoded),
                                     cmocka_unit_test(a_sink_ends_the_decoding),
                                     cmocka_unit_test(channels_stay_apart),
                                     cmocka_unit_test(resampled_sound_is_finite),
                                     cmocka_unit_test(a_pause_of_times_is_silence),
                                     cmocka_unit_test(decoding_can_be_stopped),
                                     cmocka_unit_test(a_sound_may_end_early),
                                     cmocka_unit_test(sound_in_memory_is_decoded),
                                     cmocka_unit_test(samples_are_taken_as_a_file_is),
                                     cmocka_unit_test(raw_sound_is_refused_by_name),
                                     cmocka_unit_test(no_samples_are_no_failure),
                                     cmocka_unit_test(samples_that_are_not_there_are_refused),
                                     cmocka_unit_test(truncation_is_noticed),
                                     cmocka_unit_test(bad_files_are_refused),
                                     cmocka_unit_test(lists_are_not_followed),
                                     cmocka_unit_test(limits_hold),
                                     cmocka_unit_test(damaged_packets_are_passed_over),
                                     cmocka_unit_test(many_threads_decode)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
