/* test_features_load.c: features of clips in every state, the cache, and precomputed features. */
#include <pthread.h>

#include "base/digest.h"
#include "data_support.h"
#include "mer/tensor.h"

static mer_dataset *dataset;
static mer_features features;
static messages told;
static char cache[128];

static int begin(void **state) {
  set_up(state);
  snprintf(cache, sizeof cache, "%s/cache", folder);
  return 0;
}

static int end(void **state) {
  mer_features_clear(&features);
  mer_dataset_close(dataset);
  dataset = NULL;
  told = (messages){0};
  return tear_down(state);
}

/* Loads a modality of the manifest's train rows; "" is: without a cache. */
static mer_status load(const char *modality, const char *cache_folder, const char *precomputed,
                       mer_error *err) {
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  mer_monitor monitor = monitor_of(&told);
  int64_t n_rows;
  told = (messages){.stop_after = told.stop_after};
  options.max_duration_s = 2;
  options.cache_folder = cache_folder;
  options.precomputed = precomputed;
  options.monitor = &monitor;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n_rows);
  mer_features_clear(&features);
  return mer_features_load(&features, dataset, modality, rows, n_rows, &options, err);
}

static void open_manifest(const char *text) {
  mer_error err = {0};
  put("manifest.csv", text);
  mer_dataset_close(dataset);
  assert_ok(mer_dataset_open(&dataset, folder, NULL, &err));
}

enum { N_ROWS = 9, N_CLIPS = 8, N_KEPT = 3 }; /* kept: two that can be used, and the silent one */

static void put_clips(void) {
  put_wav("good.wav", 16000, 0.5);
  put_wav("silent.wav", 16000, 5e-5);
  put_wav("quiet.wav", 16000, 5e-4);
  put_wav("none.wav", 0, 0);
  put_wav("long.wav", 40000, 0.5);
  put("bytes.wav", "");
  put("corrupt.wav", "this is not a sound at all, whatever its name says");
  open_manifest(
      "split,audio,label\n"
      "train,good.wav,joy\n"
      "train,missing.wav,joy\n"
      "train,corrupt.wav,joy\n"
      "train,bytes.wav,joy\n"
      "train,none.wav,joy\n"
      "train,silent.wav,joy\n"
      "train,long.wav,joy\n"
      "train,,joy\n"
      "train,quiet.wav,joy\n");
}

static void check_states(int64_t n_cached) {
  static const uint8_t states[N_ROWS] = {MER_CLIP_OK,    MER_CLIP_MISSING, MER_CLIP_CORRUPT,
                                         MER_CLIP_EMPTY, MER_CLIP_EMPTY,   MER_CLIP_SILENT,
                                         MER_CLIP_LONG,  MER_CLIP_NONE,    MER_CLIP_OK};
  assert_int_equal(features.n_rows, N_ROWS);
  assert_int_equal(features.width, 13 * 401);
  for (int i = 0; i < N_ROWS; i++) {
    if (features.states[i] != states[i])
      fail_msg("row %d: %s, expected %s", i, mer_clip_state_name(features.states[i]),
               mer_clip_state_name(states[i]));
    assert_true((mer_features_row(&features, i, NULL) != NULL) == (states[i] == MER_CLIP_OK));
  }
  assert_int_equal(features.counts[MER_CLIP_OK], 2);
  assert_int_equal(features.counts[MER_CLIP_EMPTY], 2);
  assert_int_equal(features.counts[MER_CLIP_LONG], 1);
  assert_int_equal(features.n_cached, n_cached);
}

/* One warning for each clip at fault, in the order of the rows. */
static void check_warnings(void) {
  static const char *const warnings[] = {"/missing.wav: missing file\n", "/corrupt.wav: corrupt: ",
                                         "/bytes.wav: empty\n",          "/none.wav: empty",
                                         "/silent.wav: silent\n",        "/long.wav: too long"};
  const char *at = told.text;
  assert_int_equal(told.n_warnings, 6);
  for (size_t i = 0; i < 6; i++)
    if (!(at = strstr(at ? at : "", warnings[i])))
      fail_msg("no '%s' in:\n%s", warnings[i], told.text);
  assert_non_null(strstr(told.text,
                         "train audio: clips unusable: 6 of 8: 1 missing file, 1 corrupt, 2 "
                         "empty, 1 silent, 1 too long\n"));
}

static void every_state_is_told(void **state) {
  (void)state;
  mer_error err = {0};
  put_clips();
  assert_ok(load("audio", "", NULL, &err));
  check_states(0);
  check_warnings();
  assert_int_equal(told.total, N_CLIPS);
  assert_int_equal(told.n_progress, N_CLIPS);
  assert_false(features.precomputed);
}

/* Neither a file nor a folder that this user may not look into ends the rest. */
static void clips_without_permission_are_left_out(void **state) {
  (void)state;
  mer_error err = {0};
  put_wav("good.wav", 16000, 0.5);
  put_wav("shut.wav", 16000, 0.5);
  put_wav("closed/in.wav", 16000, 0.5);
  open_manifest(
      "split,audio,label\n"
      "train,shut.wav,joy\n"
      "train,closed/in.wav,joy\n"
      "train,good.wav,joy\n");
  assert_int_equal(chmod(folder, 0755) | chmod(in_folder("shut.wav"), 0), 0);
  assert_int_equal(chmod(in_folder("closed"), 0), 0);
  const bool dropped = drop_rights();
  const mer_status status = load("audio", "", NULL, &err);
  regain_rights();
  assert_int_equal(chmod(in_folder("closed"), 0700), 0);
  if (!dropped) skip();
  assert_int_equal(status, MER_OK);
  assert_int_equal(features.counts[MER_CLIP_FORBIDDEN], 2);
  assert_non_null(mer_features_row(&features, 2, NULL));
  assert_non_null(strstr(told.text, "/shut.wav: no permission\n"));
  assert_non_null(strstr(told.text, "train audio: clips unusable: 2 of 3: 2 no permission\n"));
}

static void second_time_comes_from_the_cache(void **state) {
  (void)state;
  mer_error err = {0};
  put_clips();
  assert_ok(load("audio", cache, NULL, &err));
  check_states(0);
  mer_features first = features;
  features = (mer_features){0};
  assert_ok(load("audio", cache, NULL, &err));
  check_states(N_KEPT);
  check_warnings();
  for (int64_t i = 0; i < first.n_rows; i++) {
    const float *again = mer_features_row(&features, i, NULL);
    if (again)
      assert_memory_equal(again, mer_features_row(&first, i, NULL),
                          (size_t)first.width * sizeof *again);
  }
  mer_features_clear(&first);
  put_wav("good.wav", 16000, 0.4); /* another sound of the same name is not in the cache */
  assert_ok(load("audio", cache, NULL, &err));
  check_states(N_KEPT - 1);
}

/* Changes each file below a folder: of the `index`th, `size` bytes, those that `change` leaves are
 * written. */
static void change_files(const char *path, int *index,
                         size_t change(char *data, size_t size, int index)) {
  char **names;
  size_t n_names;
  if (mer__folder_list(&names, &n_names, path, NULL) == MER_OK) {
    for (size_t i = 0; i < n_names; i++) {
      char *child = mer__path_join(path, names[i]);
      change_files(child, index, change);
      mer__free(child);
    }
    mer__folder_free(names, n_names);
    return;
  }
  mer_error err = {0};
  char *data;
  size_t size;
  assert_ok(mer__file_read(&data, &size, path, 1 << 20, &err));
  size = change(data, size, (*index)++);
  assert_ok(mer__file_write(path, data, size, &err));
  mer__free(data);
}

/* Shortens one, changes the last byte of the others. */
static size_t spoil(char *data, size_t size, int index) {
  data[size - 1] ^= 1;
  return index ? size : size / 2;
}

static void spoilt_entries_are_computed_again(void **state) {
  (void)state;
  mer_error err = {0};
  int n_spoilt = 0;
  put_clips();
  assert_ok(load("audio", cache, NULL, &err));
  change_files(cache, &n_spoilt, spoil);
  assert_int_equal(n_spoilt, N_KEPT); /* and no temporary file is left */
  assert_ok(load("audio", cache, NULL, &err));
  check_states(0);
  assert_ok(load("audio", cache, NULL, &err));
  check_states(N_KEPT);
}

/* An entry of another version, whole by its checksum: the magic string, the version, 36 bytes, the
 * checksum of what stands before it and of the values, the values. */
enum { VERSION_AT = 8, CHECKSUM_AT = 40, VALUES_AT = 48 };

static int version_change;

static size_t change_version(char *data, size_t size, int index) {
  uint32_t version;
  (void)index;
  memcpy(&version, data + VERSION_AT, sizeof version);
  version += (uint32_t)version_change;
  memcpy(data + VERSION_AT, &version, sizeof version);
  uint64_t sum = mer__checksum(0, data, CHECKSUM_AT);
  sum = mer__checksum(sum, data + VALUES_AT, size - VALUES_AT);
  memcpy(data + CHECKSUM_AT, &sum, sizeof sum);
  return size;
}

static void entries_of_another_version_are_computed_again(void **state) {
  (void)state;
  mer_error err = {0};
  put_clips();
  assert_ok(load("audio", cache, NULL, &err));
  for (version_change = -1; version_change <= 1; version_change++) {
    int n_changed = 0;
    change_files(cache, &n_changed, change_version);
    assert_int_equal(n_changed, N_KEPT);
    assert_ok(load("audio", cache, NULL, &err));
    check_states(version_change == 0 ? N_KEPT : 0);
  }
}

static void cache_that_cannot_be_written_is_one_warning(void **state) {
  (void)state;
  mer_error err = {0};
  put_clips();
  put("cache", "a file, not a folder");
  assert_ok(load("audio", cache, NULL, &err));
  check_states(0);
  assert_int_equal(told.n_warnings, 7);
  assert_non_null(strstr(told.text, "features are not kept for the next time: "));
  assert_non_null(strstr(told.text, cache));
}

static void default_cache_is_the_user_s(void **state) {
  (void)state;
  mer_error err = {0};
  put_clips();
  setenv("XDG_CACHE_HOME", in_folder("xdg"), 1);
  assert_ok(load("audio", NULL, NULL, &err));
  assert_true(mer__path_is_folder(in_folder("xdg/mer/features")));
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", in_folder("home"), 1);
  assert_ok(load("audio", NULL, NULL, &err));
  assert_true(mer__path_is_folder(in_folder("home/.cache/mer/features")));
  unsetenv("HOME");
  assert_ok(load("audio", NULL, NULL, &err));
  check_states(0);
}

static void each_file_is_decoded_once(void **state) {
  (void)state;
  mer_error err = {0};
  put_wav("a.wav", 16000, 0.5);
  put_wav("b.wav", 16000, 0.3);
  put_wav("same_as_a.wav", 16000, 0.5);
  open_manifest(
      "split,audio,label\ntrain,b.wav,joy\ntrain,a.wav,joy\ntrain,gone.wav,joy\ntrain,b.wav,joy\n"
      "train,gone.wav,joy\ntrain,same_as_a.wav,joy\ntrain,a.wav,joy\n");
  assert_ok(load("audio", cache, NULL, &err));
  assert_int_equal(told.n_progress, 4);
  assert_int_equal(told.n_warnings, 1);
  assert_int_equal(features.counts[MER_CLIP_OK], 5);
  assert_int_equal(features.counts[MER_CLIP_MISSING], 2);
  size_t n_bytes = (size_t)features.width * sizeof(float);
  const float *row[7];
  for (int i = 0; i < 7; i++) row[i] = mer_features_row(&features, i, NULL);
  assert_ptr_equal(row[0], row[3]);
  assert_memory_equal(row[1], row[5], n_bytes);
  assert_memory_equal(row[1], row[6], n_bytes);
  assert_true(memcmp(row[0], row[1], n_bytes) != 0);
  assert_ok(load("audio", cache, NULL, &err));
  assert_int_equal(features.n_cached, 3);
}

static void no_clips_are_one_warning(void **state) {
  (void)state;
  mer_error err = {0};
  open_manifest("split,audio,label\ntrain,,joy\ntrain,,joy\n");
  assert_ok(load("audio", "", NULL, &err));
  assert_int_equal(features.counts[MER_CLIP_NONE], 2);
  assert_string_equal(told.text, "train audio: there are no clips\n");
  assert_int_equal(told.n_warnings, 1);
}

static void where_clips_were_looked_for_is_told(void **state) {
  (void)state;
  mer_error err = {0};
  put("train_sent_emo.csv", "Utterance,Emotion,Dialogue_ID,Utterance_ID\nHi,joy,0,0\n");
  assert_ok(mer_dataset_open(&dataset, folder, NULL, &err));
  assert_ok(load("audio", "", NULL, &err));
  assert_int_equal(features.counts[MER_CLIP_NONE], 1);
  assert_non_null(strstr(told.text,
                         "train audio: there are no clips: there is no folder "
                         "train_splits, dev_splits_complete or "
                         "output_repeated_splits_test in /tmp"));
}

static void usable_clips_are_not_mentioned(void **state) {
  (void)state;
  mer_error err = {0};
  put_wav("a.wav", 16000, 0.5);
  open_manifest("split,audio,label\ntrain,a.wav,joy\ntrain,,joy\n");
  assert_ok(load("audio", "", NULL, &err));
  assert_string_equal(told.text, "");
}

static void many_missing_clips_are_counted(void **state) {
  (void)state;
  mer_error err = {0};
  char text[4096] = "split,audio,label\n";
  for (int i = 0; i < 50; i++) {
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "train,gone%d.wav,joy\n", i);
  }
  open_manifest(text);
  assert_ok(load("audio", "", NULL, &err));
  assert_int_equal(features.counts[MER_CLIP_MISSING], 50);
  assert_int_equal(told.n_warnings, 50);
  assert_non_null(strstr(told.text, "gone0.wav: missing file\n"));
  assert_non_null(strstr(told.text,
                         "gone49.wav: missing file\n"
                         "train audio: clips unusable: 50 of 50: 50 missing file\n"));
}

/* A monitor that notes from which thread it is called. */
static pthread_t caller;
static int n_elsewhere, n_calls;

static void note_thread(void) {
  n_calls++;
  n_elsewhere += !pthread_equal(pthread_self(), caller);
}

static void note_progress(void *user, const char *task, int64_t done, int64_t total,
                          const char *note) {
  (void)user, (void)task, (void)done, (void)total, (void)note;
  note_thread();
}

static void note_log(void *user, mer_log_level level, const char *message) {
  (void)user, (void)level, (void)message;
  note_thread();
}

static bool note_question(void *user) {
  (void)user;
  note_thread();
  return false;
}

static void the_monitor_is_called_by_the_caller(void **state) {
  (void)state;
  mer_error err = {0};
  int64_t n_rows;
  const mer_monitor monitor = {NULL, note_log, note_progress, note_question};
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  put_clips();
  options.cache_folder = "";
  options.monitor = &monitor;
  caller = pthread_self();
  n_elsewhere = n_calls = 0;
  const int n_threads = mer_threads_get();
  mer_threads_set(4);
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n_rows);
  assert_ok(mer_features_load(&features, dataset, "audio", rows, n_rows, &options, &err));
  mer_threads_set(n_threads);
  assert_int_equal(n_elsewhere, 0);
  assert_true(n_calls > N_CLIPS);
}

static void loading_can_be_interrupted(void **state) {
  (void)state;
  mer_error err = {0};
  put_clips();
  told.stop_after = 2;
  assert_int_equal(load("audio", "", NULL, &err), MER_STATUS_INTERRUPTED);
  assert_null(features.values);
  assert_true(told.n_progress >= 2 && told.n_progress < N_CLIPS + mer_threads_get());
}

/* Answers the question of that number by yes. */
typedef struct stopping {
  int n, last;
} stopping;

static bool stop_at_last(void *user) {
  stopping *s = user;
  return ++s->n >= s->last;
}

/* Within one long clip, which has some forty reads, if the calling thread decodes it, and else
 * meanwhile or at its end. The same by itself. */
static void decoding_can_be_interrupted(void **state) {
  (void)state;
  enum { SAMPLES = 40 * 16000, LAST = 12 };
  mer_error err = {0};
  int64_t n_rows;
  stopping s = {.last = LAST};
  const mer_monitor monitor = {.user = &s, .should_stop = stop_at_last};
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  options.cache_folder = "";
  options.monitor = &monitor;
  put_wav("long.wav", SAMPLES, 0.5);
  open_manifest("split,audio,label\ntrain,long.wav,joy\n");
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n_rows);
  const int n_threads = mer_threads_get();
  for (int n = 1; n <= 4; n += 3) {
    s = (stopping){.last = n == 1 ? LAST : 2};
    mer_threads_set(n);
    assert_int_equal(mer_features_load(&features, dataset, "audio", rows, n_rows, &options, &err),
                     MER_STATUS_INTERRUPTED);
    if (n == 1) assert_non_null(strstr(err.message, "clips decoded: 0 of 1"));
  }
  mer_threads_set(n_threads);
  s.last = LAST;
  static float out[13 * 401];
  mer_audio audio;
  mer_feature_extractor *extractor;
  assert_ok(mer_feature_extractor_create(&extractor, NULL, &err));
  s.n = 0;
  assert_int_equal(
      mer_features_of_file(out, &audio, extractor, in_folder("long.wav"), &monitor, &err),
      MER_STATUS_INTERRUPTED);
  s.n = 0;
  assert_int_equal(mer_features_of_clip(out, extractor, in_folder("long.wav"), &options, &err),
                   MER_CLIP_UNDECIDED);
  assert_int_equal(err.status, MER_STATUS_INTERRUPTED);
  mer_feature_extractor_free(extractor);
}

static void one_clip_takes_the_same_path(void **state) {
  (void)state;
  mer_error err = {0};
  put_clips();
  assert_ok(load("audio", "", NULL, &err));
  mer_feature_extractor *extractor;
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  options.cache_folder = cache;
  assert_ok(mer_feature_extractor_create(&extractor, &options.features, &err));
  float *out = malloc((size_t)features.width * sizeof *out);
  for (int i = 0; i < 2; i++) { /* decoded, and from the cache */
    assert_int_equal(mer_features_of_clip(out, extractor, in_folder("good.wav"), &options, &err),
                     MER_CLIP_OK);
    assert_memory_equal(out, mer_features_row(&features, 0, NULL),
                        (size_t)features.width * sizeof *out);
    assert_int_equal(mer_features_of_clip(out, extractor, in_folder("silent.wav"), &options, &err),
                     MER_CLIP_SILENT);
    assert_non_null(strstr(err.message, "silent.wav: silent"));
    assert_near(out[0], 0, 0);
  }
  assert_int_equal(mer_features_of_clip(out, extractor, folder, &options, &err), MER_CLIP_CORRUPT);
  assert_int_equal(mer_features_of_clip(out, extractor, NULL, &options, &err), MER_CLIP_NONE);
  free(out);
  mer_feature_extractor_free(extractor);
}

/* With n_frames 0 each clip has the frames that it has, one after the other. */
static void clips_keep_their_length(void **state) {
  (void)state;
  mer_error err = {0};
  mer_features fixed;
  put_wav("short.wav", 8000, 0.5);
  put_wav("good.wav", 16000, 0.5);
  open_manifest("split,audio,label\ntrain,short.wav,joy\ntrain,gone.wav,joy\ntrain,good.wav,joy\n");
  assert_ok(load("audio", cache, NULL, &err));
  fixed = features;
  features = (mer_features){0};
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  options.cache_folder = cache;
  options.features.n_frames = 0;
  int64_t n_rows;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n_rows);
  for (int cached = 0; cached <= 2; cached += 2) {
    mer_features_clear(&features);
    assert_ok(mer_features_load(&features, dataset, "audio", rows, n_rows, &options, &err));
    assert_int_equal(features.n_cached, cached);
    assert_int_equal(features.width, 0);
    for (int64_t i = 0; i < 3; i += 2) {
      int64_t n;
      const float *natural = mer_features_row(&features, i, &n);
      const float *whole = mer_features_row(&fixed, i, NULL);
      const int64_t n_frames = 1 + (i == 0 ? 8000 : 16000) / 200;
      assert_int_equal(n, 13 * n_frames);
      for (int64_t f = 0; f < n_frames; f++)
        for (int64_t c = 0; c < 13; c++) assert_true(natural[f * 13 + c] == whole[c * 401 + f]);
    }
    assert_null(mer_features_row(&features, 1, NULL));
  }
  mer_features_clear(&fixed);
}

/* Writes a stereo WAV of f32 in which the second channel is the first times `factor`. */
static void put_channels(const char *name, float first, float factor) {
  enum { SAMPLES = 8000, HEADER_BYTES = 44 };
  static uint8_t bytes[HEADER_BYTES + 8 * SAMPLES];
  const uint32_t size = 8 * SAMPLES, riff = 36 + size;
  const uint32_t format[5] = {16, 3 | 2 << 16, 16000, 128000, 8 | 32 << 16};
  memcpy(bytes, "RIFF....WAVEfmt ", 16);
  memcpy(bytes + 4, &riff, sizeof riff);
  memcpy(bytes + 16, format, sizeof format);
  memcpy(bytes + 36, "data", 4);
  memcpy(bytes + 40, &size, sizeof size);
  for (int i = 0; i < SAMPLES; i++) {
    const float x = isfinite(first) ? first * sinf(0.1f * (float)i) : first,
                pair[2] = {x, x * factor};
    memcpy(bytes + HEADER_BYTES + 8 * i, pair, sizeof pair);
  }
  put_bytes(name, bytes, sizeof bytes);
}

static void put_stereo(const char *name, float factor) { put_channels(name, 0.3f, factor); }

/* Both channels hold this alone. */
static void put_constant(const char *name, float value) { put_channels(name, value, 1); }

static void channels_at_fault_are_named(void **state) {
  (void)state;
  mer_error err = {0};
  put_stereo("opposite.wav", -1);
  put_stereo("broken.wav", NAN);
  put_stereo("good.wav", 1);
  put_constant("nan.wav", NAN);
  put_constant("infinite.wav", INFINITY);
  open_manifest(
      "split,audio,label\ntrain,opposite.wav,joy\ntrain,broken.wav,joy\ntrain,good.wav,joy\n"
      "train,nan.wav,joy\ntrain,infinite.wav,joy\n");
  for (int cached = 0; cached < 6; cached += 5) {
    assert_ok(load("audio", cache, NULL, &err));
    assert_int_equal(features.n_cached, cached);
    assert_int_equal(features.states[0], MER_CLIP_OPPOSITE);
    assert_int_equal(features.states[1], MER_CLIP_OK);
    assert_memory_equal(mer_features_row(&features, 1, NULL), mer_features_row(&features, 2, NULL),
                        (size_t)features.width * sizeof(float));
    assert_int_equal(features.counts[MER_CLIP_NOT_FINITE], 2);
    assert_int_equal(told.n_warnings, 4);
    assert_non_null(strstr(told.text, "/nan.wav: not finite\n"));
    assert_non_null(strstr(told.text, "/opposite.wav: silent mix of opposite channels\n"));
    assert_non_null(
        strstr(told.text, "/broken.wav: 8000 samples of a channel are not finite, the others"));
  }
}

static void what_nobody_looked_at_is_undecided(void **state) {
  (void)state;
  mer_error err = {0};
  mer_feature_extractor *extractor;
  mer_features_load_options options = {0}; /* not initialized: no fault of the clip */
  float out[13 * 401];
  assert_int_equal(MER_CLIP_UNDECIDED, 0);
  put_wav("good.wav", 16000, 0.5);
  assert_ok(mer_feature_extractor_create(&extractor, NULL, &err));
  assert_int_equal(mer_features_of_clip(out, extractor, in_folder("good.wav"), &options, &err),
                   MER_CLIP_UNDECIDED);
  assert_int_equal(err.status, MER_STATUS_INVALID);
  mer_feature_extractor_free(extractor);
}

/* A file piece by piece gives what all its samples at once give. */
static void features_of_a_file_are_those_of_its_samples(void **state) {
  (void)state;
  mer_error err = {0};
  mer_feature_extractor *extractor;
  mer_audio whole = {0}, streamed;
  static float expected[13 * 401], found[13 * 401];
  assert_ok(mer_feature_extractor_create(&extractor, NULL, &err));
  put_stereo("a.wav", 0.5f);
  put_wav("none.wav", 0, 0);
  static const char *const names[] = {"a.wav", "none.wav"};
  for (size_t i = 0; i < 2; i++) {
    assert_ok(mer_audio_decode(&whole, in_folder(names[i]), NULL, &err));
    assert_ok(mer_feature_compute(expected, extractor, whole.samples, whole.n_samples, &err));
    memset(found, 1, sizeof found);
    assert_ok(mer_features_of_file(found, &streamed, extractor, in_folder(names[i]), NULL, &err));
    assert_memory_equal(found, expected, sizeof expected);
    assert_int_equal(streamed.n_samples, whole.n_samples);
    assert_null(streamed.samples);
    mer_audio_clear(&whole);
  }
  assert_int_equal(err.status, MER_OK);
  put_stereo("broken.wav", NAN);
  assert_ok(mer_features_of_file(found, &streamed, extractor, in_folder("broken.wav"), NULL, &err));
  assert_int_equal(err.status, MER_STATUS_FORMAT); /* used, and what is damaged is told */
  assert_non_null(
      strstr(err.message, "/broken.wav: 8000 samples of a channel are not finite, the others"));
  assert_int_equal(
      mer_features_of_file(found, &streamed, extractor, in_folder("gone.wav"), NULL, &err),
      MER_STATUS_NOT_FOUND);
  mer_feature_extractor_free(extractor);
}

static const float six[3][2] = {{1, 2}, {NAN, NAN}, {5, 6}};

static void precomputed_features_are_found(void **state) {
  (void)state;
  mer_error err = {0};
  open_manifest("split,text,label\ntrain,a,joy\ndev,b,joy\ntrain,c,joy\n");
  assert_ok(load("audio", "", NULL, &err)); /* neither clips nor a file: no row has sound */
  assert_int_equal(features.counts[MER_CLIP_NONE], 2);
  assert_int_equal(load("video", "", NULL, &err), MER_STATUS_NOT_FOUND);
  assert_non_null(strstr(err.message, "expected video.npy or video/{train,dev,test}.npy"));
  const int64_t shape[] = {3, 2, 1};
  assert_ok(mer_npy_write(in_folder("video.npy"), six[0], shape, 3, &err));
  assert_ok(load("video", "", NULL, &err));
  assert_true(features.precomputed);
  assert_int_equal(features.width, 2);
  assert_int_equal(features.counts[MER_CLIP_OK], 2);
  assert_memory_equal(mer_features_row(&features, 0, NULL), six[0], sizeof six[0]);
  assert_memory_equal(mer_features_row(&features, 1, NULL), six[2], sizeof six[2]);
}

static void precomputed_features_lie_in_a_folder(void **state) {
  (void)state;
  mer_error err = {0};
  open_manifest("split,text,label\ntrain,a,joy\ndev,b,joy\ntrain,c,joy\n");
  put("openface/dev.npy", "this is not read");
  const int64_t shape[] = {2, 2};
  assert_ok(mer_npy_write(in_folder("openface/train.npy"), six[0], shape, 2, &err));
  assert_ok(load("openface", "", NULL, &err));
  assert_int_equal(features.states[0], MER_CLIP_OK);
  assert_int_equal(features.states[1], MER_CLIP_NONE); /* not a number */
  assert_null(mer_features_row(&features, 1, NULL));
  assert_ok(load("audio", "", in_folder("openface"), &err));
  assert_int_equal(features.width, 2);
}

/* A file has a row for each of the table, also for those of several labels, which are left out. */
static void precomputed_features_keep_their_rows_where_others_are_left_out(void **state) {
  (void)state;
  mer_error err = {0};
  open_manifest("split,text,label\ntrain,a,joy|anger\ndev,b,joy\ntrain,c,joy\n");
  static const float two[2][2] = {{1, 2}, {5, 6}};
  const int64_t of_train[] = {2, 2}, of_all[] = {3, 2};
  put("openface/x", "");
  assert_ok(mer_npy_write(in_folder("openface/train.npy"), two[0], of_train, 2, &err));
  assert_ok(load("openface", "", NULL, &err));
  assert_int_equal(features.n_rows, 1);
  assert_memory_equal(mer_features_row(&features, 0, NULL), two[1], sizeof two[1]);
  assert_ok(mer_npy_write(in_folder("video.npy"), six[0], of_all, 2, &err));
  assert_ok(load("video", "", NULL, &err));
  assert_memory_equal(mer_features_row(&features, 0, NULL), six[2], sizeof six[2]);
}

static void precomputed_values_that_are_not_finite_are_named(void **state) {
  (void)state;
  enum { ROWS = 7, COLUMNS = 3 };
  static const float rows[ROWS][COLUMNS] = {
      {1, 2, 3},        {NAN, NAN, NAN}, {1, -3.4028235e38f, NAN},
      {INFINITY, 1, 2}, {1, NAN, 2},     {1, 2, 3.4028235e38f},
      {1e29f, 2, 3}};
  static const uint8_t states[ROWS] = {MER_CLIP_OK,      MER_CLIP_NONE,    MER_CLIP_CORRUPT,
                                       MER_CLIP_CORRUPT, MER_CLIP_CORRUPT, MER_CLIP_CORRUPT,
                                       MER_CLIP_OK};
  mer_error err = {0};
  open_manifest(
      "split,text,label\ntrain,a,joy\ntrain,b,joy\ntrain,c,joy\ntrain,d,joy\ntrain,e,joy\ntrain,f,"
      "joy\ntrain,g,joy\n");
  const int64_t shape[] = {ROWS, COLUMNS};
  assert_ok(mer_npy_write(in_folder("video.npy"), rows[0], shape, 2, &err));
  assert_ok(load("video", "", NULL, &err));
  assert_memory_equal(features.states, states, sizeof states);
  assert_int_equal(features.counts[MER_CLIP_CORRUPT], 4);
  assert_null(mer_features_row(&features, 2, NULL));
  assert_int_equal(told.n_warnings, 1);
  assert_non_null(
      strstr(told.text,
             "video.npy: rows left out, as they hold values that are not finite: 4 of 7; "
             "the first is [2, 1] = -3.40282e+38"));
}

static void precomputed_features_must_fit(void **state) {
  (void)state;
  mer_error err = {0};
  open_manifest("split,text,label\ntrain,a,joy\ndev,b,joy\ntrain,c,joy\n");
  char path[128];
  snprintf(path, sizeof path, "%s/x.npy", folder);
  const int64_t two_rows[] = {2, 3}, no_columns[] = {3}, empty[] = {3, 0};
  assert_ok(mer_npy_write(path, six[0], two_rows, 2, &err));
  assert_int_equal(load("audio", "", path, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "x.npy: 2 rows, expected 3 as in "));
  assert_null(features.values);
  assert_ok(mer_npy_write(path, six[0], no_columns, 1, &err));
  assert_int_equal(load("audio", "", path, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "x.npy: 1 dimensions"));
  assert_ok(mer_npy_write(path, six[0], empty, 2, &err));
  assert_int_equal(load("audio", "", path, &err), MER_STATUS_FORMAT);
  assert_int_equal(load("audio", "", in_folder("none.npy"), &err), MER_STATUS_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_state_is_told, begin, end),
      cmocka_unit_test_setup_teardown(clips_without_permission_are_left_out, begin, end),
      cmocka_unit_test_setup_teardown(second_time_comes_from_the_cache, begin, end),
      cmocka_unit_test_setup_teardown(spoilt_entries_are_computed_again, begin, end),
      cmocka_unit_test_setup_teardown(entries_of_another_version_are_computed_again, begin, end),
      cmocka_unit_test_setup_teardown(cache_that_cannot_be_written_is_one_warning, begin, end),
      cmocka_unit_test_setup_teardown(default_cache_is_the_user_s, begin, end),
      cmocka_unit_test_setup_teardown(each_file_is_decoded_once, begin, end),
      cmocka_unit_test_setup_teardown(many_missing_clips_are_counted, begin, end),
      cmocka_unit_test_setup_teardown(no_clips_are_one_warning, begin, end),
      cmocka_unit_test_setup_teardown(where_clips_were_looked_for_is_told, begin, end),
      cmocka_unit_test_setup_teardown(usable_clips_are_not_mentioned, begin, end),
      cmocka_unit_test_setup_teardown(the_monitor_is_called_by_the_caller, begin, end),
      cmocka_unit_test_setup_teardown(loading_can_be_interrupted, begin, end),
      cmocka_unit_test_setup_teardown(decoding_can_be_interrupted, begin, end),
      cmocka_unit_test_setup_teardown(one_clip_takes_the_same_path, begin, end),
      cmocka_unit_test_setup_teardown(clips_keep_their_length, begin, end),
      cmocka_unit_test_setup_teardown(channels_at_fault_are_named, begin, end),
      cmocka_unit_test_setup_teardown(what_nobody_looked_at_is_undecided, begin, end),
      cmocka_unit_test_setup_teardown(features_of_a_file_are_those_of_its_samples, begin, end),
      cmocka_unit_test_setup_teardown(precomputed_features_are_found, begin, end),
      cmocka_unit_test_setup_teardown(precomputed_features_lie_in_a_folder, begin, end),
      cmocka_unit_test_setup_teardown(
          precomputed_features_keep_their_rows_where_others_are_left_out, begin, end),
      cmocka_unit_test_setup_teardown(precomputed_values_that_are_not_finite_are_named, begin, end),
      cmocka_unit_test_setup_teardown(precomputed_features_must_fit, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
