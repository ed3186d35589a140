/* test_sample.c: the sample data of the repository in both layouts. */
#include "data_support.h"

/* Both layouts of the sample, with one clip that is missing and one that is empty. */
static void sample_is_the_same_in_both_layouts(void **state) {
  (void)state;
  mer_error err = {0};
  mer_features features;
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  options.cache_folder = "";
  const int64_t n_rows[MER_N_SPLITS] = {239, 39, 66}, train[] = {66, 33, 29, 28, 28, 26, 29};
  mer_dataset *d[2] = {open_path(MER_SOURCE_DIR "/sample/meld", NULL),
                       open_path(MER_SOURCE_DIR "/sample", NULL)};
  for (int i = 0; i < 2; i++) {
    int64_t n;
    check_rows(d[i], n_rows);
    check_labels(d[i], MER_SPLIT_TRAIN, train);
    const mer_utterance *rows = mer_dataset_rows(d[i], MER_SPLIT_DEV, &n);
    assert_ok(mer_features_load(&features, d[i], "audio", rows, n, &options, &err));
    assert_int_equal(features.counts[MER_CLIP_OK], 38);
    assert_int_equal(features.counts[MER_CLIP_EMPTY], 1);
    mer_features_clear(&features);
  }
  int64_t n;
  const mer_utterance *a = mer_dataset_rows(d[0], MER_SPLIT_TRAIN, &n);
  const mer_utterance *b = mer_dataset_rows(d[1], MER_SPLIT_TRAIN, &n);
  for (int64_t i = 0; i < n; i++) {
    assert_string_equal(a[i].text, b[i].text);
    assert_int_equal(a[i].label, b[i].label);
    assert_int_equal(a[i].utterance, b[i].utterance);
  }
  mer_dataset_close(d[0]);
  mer_dataset_close(d[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sample_is_the_same_in_both_layouts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
