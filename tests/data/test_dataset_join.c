/* test_dataset_join.c: several data sets as one. */
#include "data/dataset.h"
#include "data_support.h"
#include "mer/text.h"

static const char first[] =
    "split,text,audio,label,dialogue,utterance\n"
    "train,a,1.wav,joy,7,0\n"
    "test,b,2.wav,anger,7,1\n"
    "train,c,,sadness,8,0\n";
static const char second[] =
    "split,text,label,dialogue,utterance\n"
    "train,d,fear,x,0\n"
    "dev,e,joy,x,1\n";

static mer_dataset *open_both(const mer_dataset_options *options) {
  const char *paths[] = {in_folder("a/manifest.csv"), in_folder("b")};
  mer_dataset *dataset;
  mer_error err = {0};
  put("a/manifest.csv", first);
  put("b/manifest.csv", second);
  put("b/1.wav", "");
  assert_ok(mer_dataset_open_several(&dataset, paths, 2, options, &err));
  return dataset;
}

static void splits_stand_one_after_the_other(void **state) {
  (void)state;
  mer_dataset *d = open_both(NULL);
  check_rows(d, (const int64_t[]){3, 1, 1});
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  const char *const texts[] = {"a", "c", "d"}, *const ids[] = {"1:1.wav", "1:row 2", "2:row 0"};
  for (int i = 0; i < 3; i++) {
    assert_string_equal(rows[i].text, texts[i]);
    assert_string_equal(rows[i].id, ids[i]);
    assert_int_equal(rows[i].set, i == 2);
  }
  assert_string_equal(rows[0].audio, in_folder("a/1.wav"));
  mer_dataset_close(d);
}

static void dialogues_of_two_sets_are_two(void **state) {
  (void)state;
  mer_error err = {0};
  const char *paths[] = {in_folder("a.csv"), in_folder("b.csv")};
  mer_dataset *d;
  put("a.csv", first);
  put("b.csv", first);
  assert_ok(mer_dataset_open_several(&d, paths, 2, NULL, &err));
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < i; j++) assert_int_not_equal(rows[i].dialogue, rows[j].dialogue);
  mer_dataset_close(d);
  put("b.csv", "split,text,label,dialogue\ntrain,a,joy,9223372036854775807\n");
  assert_int_equal(mer_dataset_open_several(&d, paths, 2, NULL, &err), MER_STATUS_LIMIT);
}

static void the_digest_is_that_of_both_in_their_order(void **state) {
  (void)state;
  mer_error err = {0};
  mer_dataset *d = open_both(NULL), *again, *turned, *alone;
  const char *paths[] = {in_folder("b"), in_folder("a")};
  assert_ok(mer_dataset_open_several(&turned, paths, 2, NULL, &err));
  assert_ok(mer_dataset_open_several(&alone, paths, 1, NULL, &err));
  again = open_both(NULL);
  assert_string_equal(mer_dataset_digest(d), mer_dataset_digest(again));
  assert_string_not_equal(mer_dataset_digest(d), mer_dataset_digest(turned));
  assert_string_not_equal(mer_dataset_digest(alone), mer_dataset_digest(turned));
  mer_dataset *const all[] = {d, again, turned, alone};
  for (int i = 0; i < 4; i++) mer_dataset_close(all[i]);
}

/* A clip that one set trains on and another tests is told with the tables of both. */
static void what_two_sets_share_is_told_once(void **state) {
  (void)state;
  mer_error err = {0};
  messages heard = {0};
  const mer_monitor monitor = monitor_of(&heard);
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.monitor = &monitor;
  const char *paths[] = {in_folder("a.csv"), in_folder("b.csv")};
  mer_dataset *d;
  put("a.csv", "split,audio,label\ntrain,1.wav,joy\ntrain,2.wav,joy|fear\n");
  put("b.csv", "split;audio;label\n\ntest;1.wav;joy\ntrain;3.wav;joy|fear\n");
  assert_ok(mer_dataset_open_several(&d, paths, 2, &options, &err));
  char expected[300];
  snprintf(expected, sizeof expected, "the first: %s:2 and %s:3, %s", paths[0], paths[1],
           in_folder("1.wav"));
  assert_non_null(strstr(heard.text, expected));
  assert_non_null(strstr(heard.text, "as here a row has one: 2;"));
  assert_non_null(strstr(heard.text, "b.csv: the delimiter is ';'"));
  assert_int_equal(heard.n_warnings, 2);
  mer_dataset_close(d);
}

/* Two spellings of one path are one clip. */
static void one_clip_by_two_paths_is_told(void **state) {
  (void)state;
  mer_error err = {0};
  messages heard = {0};
  const mer_monitor monitor = monitor_of(&heard);
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.monitor = &monitor;
  mer_dataset *d;
  put("clips/1.wav", "");
  put("a/1.wav", "");
  put("a/m.csv", "split,audio,label\ntrain,../clips/1.wav,joy\ntrain,1.wav,joy\n");
  put("b/m.csv", "split,audio,label\ntest,../b/../clips/1.wav,joy\ntest,gone/1.wav,joy\n");
  const char *paths[] = {in_folder("a/m.csv"), in_folder("b/m.csv")};
  assert_ok(mer_dataset_open_several(&d, paths, 2, &options, &err));
  char expected[300];
  snprintf(expected, sizeof expected, "too good: 1; the first: %s:2 and %s:2, ", paths[0],
           paths[1]);
  assert_non_null(strstr(heard.text, "clips in more than one split, so that results are too good"));
  assert_non_null(strstr(heard.text, expected));
  mer_dataset_close(d);
}

/* Clips of MELD's layout are found by number: a folder of them is that of one set alone. */
static void a_folder_of_clips_is_that_of_one_set(void **state) {
  (void)state;
  mer_error err = {0};
  mer_dataset *d;
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  const char *const table = "Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID\na,b,joy,0,0\n";
  put("a/train_sent_emo.csv", table);
  put("b/train_sent_emo.csv", table);
  put("c.csv", second);
  put("clips/dia0_utt0.wav", "");
  const char *paths[] = {in_folder("a"), in_folder("b"), in_folder("c.csv")};
  options.media_folder = in_folder("clips");
  assert_int_equal(mer_dataset_open_several(&d, paths, 3, &options, &err), MER_STATUS_INVALID);
  assert_non_null(
      strstr(err.message, "a folder of clips belongs to one data set of MELD's layout"));
  assert_null(d);
  assert_ok(mer_dataset_open_several(&d, paths + 1, 2, &options, &err));
  mer_dataset_close(d);
  assert_ok(mer_dataset_open_several(&d, paths, 3, NULL, &err));
  mer_dataset_close(d);
}

static void precomputed_features_are_those_of_one_set(void **state) {
  (void)state;
  mer_error err = {0};
  mer_features features;
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  mer_dataset *d = open_both(NULL);
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  options.precomputed = "face.npy";
  assert_int_equal(mer_features_load(&features, d, "face", rows, n, &options, &err),
                   MER_STATUS_UNSUPPORTED);
  options.precomputed = NULL;
  put("b/face.npy", "");
  assert_int_equal(mer_features_load(&features, d, "face", rows, n, &options, &err),
                   MER_STATUS_UNSUPPORTED);
  assert_non_null(strstr(err.message, "no features of 'face': those that are computed before"));
  mer_dataset_close(d);
}

static void one_that_fails_fails_all(void **state) {
  (void)state;
  mer_error err = {0};
  mer_dataset *d;
  const char *paths[] = {in_folder("a.csv"), in_folder("gone.csv")};
  put("a.csv", first);
  assert_int_equal(mer_dataset_open_several(&d, paths, 2, NULL, &err), MER_STATUS_NOT_FOUND);
  assert_null(d);
  assert_int_equal(mer_dataset_open_several(&d, paths, 0, NULL, &err), MER_STATUS_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(splits_stand_one_after_the_other, set_up, tear_down),
      cmocka_unit_test_setup_teardown(dialogues_of_two_sets_are_two, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_digest_is_that_of_both_in_their_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_two_sets_share_is_told_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_clip_by_two_paths_is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_folder_of_clips_is_that_of_one_set, set_up, tear_down),
      cmocka_unit_test_setup_teardown(precomputed_features_are_those_of_one_set, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_that_fails_fails_all, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
