/* test_timeline_sound.c: a recording that is run as a file, and the same sound as it comes, in
 * pieces of any size: the same segments and answers. The model is a small random one that hears. */
#include "base/alloc.h"
#include "base/file.h"
#include "media/audio_source.h"
#include "mer/timeline.h"
#include "test_support.h"

static const char *const call = GOLDEN "timeline/call.opus";

enum { MOST = 64, N_SAMPLES = 12 * MER_VOICE_RATE_HZ + 16000 };

static mer_predictor *predictor;
static mer_voice_model *voice;
static float sound[2][N_SAMPLES]; /* of the call */
static int64_t n_sound;

static mer_status collect_sound(void *user, const float *const *channels, int n_channels, size_t n,
                                mer_error *err) {
  (void)user, (void)err;
  for (int c = 0; c < n_channels; c++) memcpy(sound[c] + n_sound, channels[c], n * sizeof(float));
  n_sound += (int64_t)n;
  return MER_OK;
}

static int set_up(void **state) {
  (void)state;
  mer_audio audio;
  mer_error err = {0};
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  if (mer_predictor_open(&predictor, GOLDEN "wav2vec/wav2vec2", &err) != MER_OK) return -1;
  if (mer_voice_model_open(&voice, MER_SOURCE_DIR "/models/vad", &err) != MER_OK) return -1;
  return mer__audio_stream_apart(&audio, &(mer__audio_source){.path = call}, &options,
                                 collect_sound, NULL, &err) == MER_OK
             ? 0
             : -1;
}

static int tear_down(void **state) {
  (void)state;
  mer_predictor_close(predictor);
  mer_voice_model_close(voice);
  return 0;
}

typedef struct items {
  mer_timeline_item items[MOST];
  int n, n_provisional;
  mer_status status; /* of the sink */
} items;

static mer_status keep(void *user, const mer_timeline_item *item, mer_error *err) {
  (void)err;
  items *all = user;
  assert_true(all->n < MOST);
  if (item->provisional) all->n_provisional++;
  else all->items[all->n++] = *item;
  return all->status;
}

static void expect_same(const items *a, const items *b) {
  assert_int_equal(a->n, b->n);
  for (int i = 0; i < a->n; i++) {
    const mer_timeline_item *x = &a->items[i], *y = &b->items[i];
    assert_near(x->start_s, y->start_s, 0);
    assert_near(x->end_s, y->end_s, 0);
    assert_int_equal(x->channel, y->channel);
    assert_int_equal(x->answer.status, MER_OK);
    assert_int_equal(x->answer.label, y->answer.label);
    assert_near(max_difference(x->answer.probs, y->answer.probs, (size_t)x->answer.n_labels), 0,
                1e-5);
  }
}

static void push_all(items *all, bool immediate, int64_t piece, bool provisional) {
  mer_timeline *t;
  mer_error err = {0};
  mer_timeline_options options;
  mer_timeline_options_init(&options, sizeof options);
  options.immediate = immediate;
  *all = (items){0};
  assert_ok(mer_timeline_create(&t, predictor, voice, 2, &options, keep, all, &err));
  for (int64_t at = 0; at < n_sound; at += piece) {
    const float *channels[2] = {sound[0] + at, sound[1] + at};
    assert_ok(mer_timeline_push(t, channels, n_sound - at < piece ? n_sound - at : piece, &err));
    if (provisional) assert_ok(mer_timeline_provisional(t, &err));
  }
  assert_ok(mer_timeline_finish(t, &err));
  mer_timeline_free(t);
}

static void sound_that_comes_is_answered_as_a_file(void **state) {
  (void)state;
  mer_error err = {0};
  mer_recording recording;
  static items file, pushed;
  file = (items){0};
  assert_ok(mer_timeline_run(&recording, call, predictor, voice, NULL, keep, &file, &err));
  assert_true(recording.apart);
  assert_int_equal(recording.n_channels, 2);
  assert_near(recording.duration_s, (double)n_sound / MER_VOICE_RATE_HZ, 0);
  assert_in_range(file.n, 3, 6);
  for (int i = 1; i < file.n; i++) assert_true(file.items[i].start_s >= file.items[i - 1].start_s);
  push_all(&pushed, false, 1000, false);
  expect_same(&pushed, &file);
  push_all(&pushed, true, 20000, false);
  expect_same(&pushed, &file);
  push_all(&pushed, true, 4000, true); /* provisional answers change nothing */
  expect_same(&pushed, &file);
  assert_true(pushed.n_provisional > 10);
}

/* A channel alone, at another rate, in all of its samples. */
static void other_rates_are_resampled(void **state) {
  (void)state;
  mer_timeline *t;
  mer_error err = {0};
  mer_timeline_options options;
  static items direct, doubled;
  static float twice[2 * N_SAMPLES];
  const float *channels[1] = {sound[1]};
  for (int64_t i = 0; i < 2 * n_sound; i++) /* at 32 kHz, as far as a line between samples is */
    twice[i] = i % 2 ? (sound[1][i / 2] + sound[1][i / 2 + 1]) / 2 : sound[1][i / 2];
  mer_timeline_options_init(&options, sizeof options);
  assert_ok(mer_timeline_create(&t, predictor, voice, 1, &options, keep, &direct, &err));
  assert_ok(mer_timeline_push(t, channels, n_sound, &err));
  assert_ok(mer_timeline_finish(t, &err));
  mer_timeline_free(t);
  options.rate_hz = 32000;
  channels[0] = twice;
  assert_ok(mer_timeline_create(&t, predictor, voice, 1, &options, keep, &doubled, &err));
  assert_ok(mer_timeline_push(t, channels, 2 * n_sound, &err));
  assert_ok(mer_timeline_finish(t, &err));
  mer_timeline_free(t);
  assert_int_equal(doubled.n, direct.n);
  for (int i = 0; i < direct.n; i++) {
    assert_near(doubled.items[i].start_s, direct.items[i].start_s, .1);
    assert_int_equal(doubled.items[i].channel, 0);
    assert_null(doubled.items[i].speaker);
  }
}

/* Segments that begin together, of which that of the second channel ends first, also come in one
 * order: here the whole sound of the first one, and its beginning. */
static void channels_that_begin_together_keep_their_order(void **state) {
  (void)state;
  static items pieces, whole;
  static float second[N_SAMPLES];
  enum { LOUD_SAMPLES = 2 * MER_VOICE_RATE_HZ };
  memcpy(second, sound[1], sizeof second);
  memset(sound[1], 0, sizeof sound[1]);
  memcpy(sound[1], sound[0], LOUD_SAMPLES * sizeof(float));
  push_all(&pieces, true, 4000, false);
  push_all(&whole, true, n_sound, false);
  memcpy(sound[1], second, sizeof second);
  assert_in_range(pieces.n, 2, MOST);
  assert_near(pieces.items[0].start_s, pieces.items[1].start_s, 0);
  assert_int_equal(pieces.items[0].channel, 1);
  assert_true(pieces.items[0].end_s > pieces.items[1].end_s);
  expect_same(&pieces, &whole);
}

static char folder[64], path[128], other[128];

/* Puts the other file in the place of the one that is being read. */
static bool replace_file(void *user) {
  int *n = user;
  if ((*n)++ == 0) assert_int_equal(rename(other, path), 0);
  return false;
}

/* A recording is read twice; its channels are those of the first time. */
static void a_file_that_is_replaced_is_refused(void **state) {
  (void)state;
  char *bytes;
  size_t size;
  mer_error err = {0};
  static items all;
  int n = 0;
  const mer_monitor monitor = {.user = &n, .should_stop = replace_file};
  mer_timeline_options options;
  mer_timeline_options_init(&options, sizeof options);
  options.monitor = &monitor;
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/a", folder);
  snprintf(other, sizeof other, "%s/b", folder);
  const char *const files[][2] = {{call, path}, {GOLDEN "mfcc/tones.wav", other}};
  for (int i = 0; i < 2; i++) {
    assert_ok(mer__file_read(&bytes, &size, files[i][0], SIZE_MAX, &err));
    assert_ok(mer_file_write(files[i][1], bytes, size, NULL, &err));
    mer__free(bytes);
  }
  all = (items){0};
  assert_int_equal(mer_timeline_run(NULL, path, predictor, voice, &options, keep, &all, &err),
                   MER_STATUS_IO);
  assert_non_null(strstr(err.message, "/a: was changed while it was read"));
  assert_true(n > 0);
  remove_test_folder(folder);
}

enum { TOLD_BYTES = 1024 };

/* The messages of a monitor, a line each. */
static void note(void *user, mer_log_level level, const char *message) {
  char *told = user;
  const size_t n = strlen(told);
  assert_int_equal(level, MER_LOG_WARNING);
  snprintf(told + n, TOLD_BYTES - n, "%s\n", message);
}

/* Tones are no speech, damaged or not. */
static void damage_and_silence_are_told(void **state) {
  (void)state;
  char *bytes, told[TOLD_BYTES];
  size_t size;
  mer_error err = {0};
  static items all;
  const mer_monitor monitor = {.user = told, .log = note};
  mer_timeline_options options;
  mer_timeline_options_init(&options, sizeof options);
  options.monitor = &monitor;
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/a", folder);
  assert_ok(mer__file_read(&bytes, &size, GOLDEN "mfcc/tones.wav", SIZE_MAX, &err));
  for (int whole = 1; whole >= 0; whole--) {
    told[0] = 0;
    assert_ok(mer_file_write(path, bytes, whole ? size : size / 2, NULL, &err));
    assert_ok(mer_timeline_run(NULL, path, predictor, voice, &options, keep, &all, &err));
    assert_int_equal(whole, strstr(told, "/a: damaged: ") == NULL);
    assert_non_null(strstr(told, "/a: no speech is found in its "));
  }
  mer__free(bytes);
  remove_test_folder(folder);
}

static void a_sink_ends_the_call(void **state) {
  (void)state;
  mer_error err = {0};
  static items all;
  all = (items){.status = MER_STATUS_IO};
  assert_int_equal(mer_timeline_run(NULL, call, predictor, voice, NULL, keep, &all, &err),
                   MER_STATUS_IO);
  assert_int_equal(all.n, 1);
}

static void bad_arguments_are_refused(void **state) {
  (void)state;
  mer_timeline *t;
  mer_error err = {0};
  mer_timeline_options options;
  mer_timeline_options_init(&options, sizeof options);
  for (int n = 0; n <= 3; n += 3)
    assert_int_equal(mer_timeline_create(&t, predictor, voice, n, NULL, keep, NULL, &err),
                     MER_STATUS_INVALID);
  options.rate_hz = 99;
  assert_int_equal(mer_timeline_create(&t, predictor, voice, 1, &options, keep, NULL, &err),
                   MER_STATUS_INVALID);
  options.rate_hz = 16000;
  options.speakers = "Eve";
  assert_int_equal(mer_timeline_create(&t, predictor, voice, 2, &options, keep, NULL, &err),
                   MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "expected left, right"));
  assert_null(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sound_that_comes_is_answered_as_a_file),
      cmocka_unit_test(other_rates_are_resampled),
      cmocka_unit_test(channels_that_begin_together_keep_their_order),
      cmocka_unit_test(a_file_that_is_replaced_is_refused),
      cmocka_unit_test(damage_and_silence_are_told),
      cmocka_unit_test(a_sink_ends_the_call),
      cmocka_unit_test(bad_arguments_are_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
