/* test_real_data.c: MELD, RAVDESS and CMU-MOSI as they are in the folder MER_DATA. A test whose
 * data set is absent is skipped. */
#include "data_support.h"

static char path[4096];

/* Opens a data set of MER_DATA, or skips the test. */
static mer_dataset *open_real(const char *name, const mer_dataset_options *options) {
  if (!find_mer_data(path, name)) skip();
  return open_path(path, options);
}

static void meld_is_complete(void **state) {
  (void)state;
  mer_dataset *d = open_real("meld", NULL);
  const int64_t train[] = {4710, 1205, 268, 683, 1743, 271, 1109},
                test[] = {1256, 281, 50, 208, 402, 68, 345};
  int64_t n, n_times = 0;
  check_rows(d, (const int64_t[]){9989, 1109, 2610});
  check_labels(d, MER_SPLIT_TRAIN, train);
  check_labels(d, MER_SPLIT_TEST, test);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  for (int64_t i = 0; i < n; i++) {
    assert_non_null(rows[i].text);
    assert_non_null(rows[i].speaker);
    assert_non_null(rows[i].audio);
    n_times += rows[i].end_s > rows[i].start_s;
  }
  assert_in_range(n_times, 9900, 9989);
  assert_near(rows[0].start_s, 16 * 60 + 16.059, 1e-9);
  mer_dataset_close(d);
}

/* 28 clips are there, the other 9,961 are missing. */
static void meld_s_clips_are_those_that_are_there(void **state) {
  (void)state;
  mer_error err = {0};
  messages told = {0};
  mer_monitor monitor = monitor_of(&told);
  mer_features features;
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  int64_t n;
  mer_dataset *d = open_real("meld", NULL);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  options.cache_folder = "";
  options.monitor = &monitor;
  assert_ok(mer_features_load(&features, d, "audio", rows, n, &options, &err));
  assert_int_equal(features.counts[MER_CLIP_OK], 28);
  assert_int_equal(features.counts[MER_CLIP_MISSING], 9961);
  assert_int_equal(told.n_warnings, 9961);
  assert_int_equal(features.states[0], MER_CLIP_OK);
  mer_features_clear(&features);
  mer_dataset_close(d);
}

static void openface_belongs_to_meld(void **state) {
  (void)state;
  mer_error err = {0};
  mer_features features;
  int64_t n;
  const int64_t n_without[MER_N_SPLITS] = {379, 1, 0};
  if (!find_mer_data(path, "meld/openface")) skip();
  mer_dataset *d = open_real("meld", NULL);
  for (int s = 0; s < MER_N_SPLITS; s++) {
    const mer_utterance *rows = mer_dataset_rows(d, (mer_split)s, &n);
    assert_ok(mer_features_load(&features, d, "openface", rows, n, NULL, &err));
    assert_true(features.precomputed);
    assert_int_equal(features.width, 17);
    assert_int_equal(features.counts[MER_CLIP_NONE], n_without[s]);
    assert_int_equal(features.counts[MER_CLIP_OK], n - n_without[s]);
    mer_features_clear(&features);
  }
  mer_dataset_close(d);
}

static void mosi_has_its_own_labels_and_features(void **state) {
  (void)state;
  static const char *const labels[] = {"negative", "positive"};
  const int64_t widths[] = {73, 100};
  mer_error err = {0};
  mer_features features;
  int64_t n;
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.labels = labels;
  options.n_labels = 2;
  mer_dataset *d = open_real("mosi", &options);
  check_rows(d, (const int64_t[]){1236, 211, 752});
  for (int m = 0; m < 2; m++) {
    const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TEST, &n);
    assert_ok(mer_features_load(&features, d, m ? "video" : "audio", rows, n, NULL, &err));
    assert_int_equal(features.width, widths[m]);
    assert_int_equal(features.counts[MER_CLIP_OK] + features.counts[MER_CLIP_NONE], n);
    mer_features_clear(&features);
  }
  mer_dataset_close(d);
  assert_int_equal(mer_dataset_open(&d, path, NULL, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "manifest.csv:2: label 'positive': expected one of neutral"));
}

static void ravdess_is_read_twice(void **state) {
  (void)state;
  mer_error err = {0};
  mer_features features[2];
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  int64_t n;
  mer_dataset *d = open_real("ravdess", NULL);
  check_rows(d, (const int64_t[]){960, 240, 240});
  options.cache_folder = in_folder("cache");
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TEST, &n);
  for (int i = 0; i < 2; i++) {
    assert_ok(mer_features_load(&features[i], d, "audio", rows, n, &options, &err));
    assert_int_equal(features[i].counts[MER_CLIP_OK], n);
    assert_int_equal(features[i].n_cached, i ? n : 0);
  }
  for (int64_t i = 0; i < n; i++)
    assert_memory_equal(mer_features_row(&features[0], i, NULL),
                        mer_features_row(&features[1], i, NULL),
                        (size_t)features[0].width * sizeof(float));
  mer_features_clear(&features[0]);
  mer_features_clear(&features[1]);
  mer_dataset_close(d);
}

int main(void) {
  if (!find_mer_data(path, ".")) return skip_program("no folder of data sets, see MER_DATA");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(meld_is_complete),
      cmocka_unit_test(meld_s_clips_are_those_that_are_there),
      cmocka_unit_test(openface_belongs_to_meld),
      cmocka_unit_test(mosi_has_its_own_labels_and_features),
      cmocka_unit_test_setup_teardown(ravdess_is_read_twice, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
