/* test_dataset_targets.c: rows of several labels, and of values. */
#include "data/cells.h"
#include "data/data_support.h"

static const char *const three[] = {"joy", "anger", "fear"};
static const char *const two[] = {"arousal", "valence"};

static mer_dataset_options options_of(mer_target target) {
  mer_dataset_options o;
  mer_dataset_options_init(&o, sizeof o);
  o.target = target;
  o.labels = target == MER_TARGET_VALUES ? two : three;
  o.n_labels = target == MER_TARGET_VALUES ? 2 : 3;
  return o;
}

static void assert_targets(const mer_utterance *row, float a, float b, float c, int n) {
  const float expected[] = {a, b, c};
  assert_non_null(row->targets);
  assert_int_equal(row->label, -1);
  assert_memory_equal(row->targets, expected, (size_t)n * sizeof(float));
}

static void several_labels_are_joined_by_a_bar(void **state) {
  (void)state;
  int64_t n;
  const mer_dataset_options o = options_of(MER_TARGET_LABELS);
  put("manifest.csv",
      "split,text,label\ntrain,a,joy\ntrain,b,Fear | joy\ntrain,c,\ntrain,d,anger|anger\n");
  mer_dataset *d = open_path(in_folder("manifest.csv"), &o);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_int_equal(mer_dataset_target(d), MER_TARGET_LABELS);
  assert_int_equal(n, 4);
  assert_targets(&rows[0], 1, 0, 0, 3);
  assert_targets(&rows[1], 1, 0, 1, 3);
  assert_targets(&rows[2], 0, 0, 0, 3); /* none of them */
  assert_targets(&rows[3], 0, 1, 0, 3);
  mer_dataset_close(d);
}

static void values_are_columns_of_their_names(void **state) {
  (void)state;
  int64_t n;
  const mer_dataset_options o = options_of(MER_TARGET_VALUES);
  put("manifest.csv", "split,text,Valence,arousal\ntrain,a,-0.5,1e-1\ntest,b,+3,.25\n");
  mer_dataset *d = open_path(in_folder("manifest.csv"), &o);
  assert_targets(mer_dataset_rows(d, MER_SPLIT_TRAIN, &n), 0.1f, -0.5f, 0, 2);
  assert_targets(mer_dataset_rows(d, MER_SPLIT_TEST, &n), 0.25f, 3, 0, 2);
  mer_dataset_close(d);
  put("lines.jsonl", "{\"split\":\"train\",\"text\":\"a\",\"arousal\":0.5,\"valence\":\"-1\"}\n");
  d = open_path(in_folder("lines.jsonl"), &o);
  assert_targets(mer_dataset_rows(d, MER_SPLIT_TRAIN, &n), 0.5f, -1, 0, 2);
  mer_dataset_close(d);
  put("train_sent_emo.csv",
      "Utterance,Dialogue_ID,Utterance_ID,arousal,valence\na,0,0,1,\"2,5\"\n");
  remove(in_folder("manifest.csv"));
  d = open_path(folder, &o);
  assert_targets(mer_dataset_rows(d, MER_SPLIT_TRAIN, &n), 1, 2.5f, 0, 2);
  mer_dataset_close(d);
}

static void assert_refused(const char *text, mer_target target, const char *part) {
  mer_dataset *d = NULL;
  mer_error err = {0};
  const mer_dataset_options o = options_of(target);
  put("manifest.csv", text);
  assert_int_equal(mer_dataset_open(&d, in_folder("manifest.csv"), &o, &err), MER_STATUS_FORMAT);
  if (!strstr(err.message, part)) fail_msg("\"%s\" lacks \"%s\"", err.message, part);
}

static void faults_have_their_line(void **state) {
  (void)state;
  assert_refused("split,label\ntrain,joy\ntrain,joy|hope\n", MER_TARGET_LABELS,
                 "manifest.csv:3: label 'joy|hope': expected one of joy, anger, fear");
  assert_refused("split,label\ntrain,joy|\n", MER_TARGET_LABELS, "manifest.csv:2: label 'joy|'");
  assert_refused("split,label\ntrain,joy|hope\n", MER_TARGET_LABEL, "manifest.csv:2: label");
  assert_refused("split,text\ntrain,a\n", MER_TARGET_LABELS, "no column 'label'");
  assert_refused("split,arousal\ntrain,1\n", MER_TARGET_VALUES, "no column 'valence'");
  assert_refused("split,arousal,valence\ntrain,1,2\ntrain,1,high\n", MER_TARGET_VALUES,
                 "manifest.csv:3: valence 'high': expected a number");
  assert_refused("split,arousal,valence\ntrain,,2\n", MER_TARGET_VALUES,
                 "manifest.csv:2: arousal '': expected a number");
  assert_refused("split,arousal,valence\ntrain,nan,2\n", MER_TARGET_VALUES, "arousal 'nan'");
}

static void rows_of_several_labels_are_left_out_where_one_is_meant(void **state) {
  (void)state;
  messages told = {0};
  const mer_monitor monitor = monitor_of(&told);
  mer_dataset_options o = options_of(MER_TARGET_LABEL);
  o.monitor = &monitor;
  put("manifest.csv", "split,text,label\ntrain,a,joy\ntrain,b,joy|fear\ntest,c,fear\n");
  mer_dataset *d = open_path(in_folder("manifest.csv"), &o);
  check_rows(d, (const int64_t[]){1, 0, 1});
  assert_non_null(
      strstr(told.text, "rows of several labels are left out, as here a row has one: 1;"));
  int64_t n;
  assert_int_equal(mer_dataset_rows(d, MER_SPLIT_TEST, &n)->row, 2); /* as precomputed rows are */
  mer_dataset_close(d);
  assert_refused("split,label\ntrain,joy|fear\n", MER_TARGET_LABEL, "no row has one label alone");
  o.need_labels = false; /* then no row needs one */
  put("manifest.csv", "split,text,label\ntrain,a,joy\ntrain,b,joy|fear\ntest,c,fear\n");
  d = open_path(in_folder("manifest.csv"), &o);
  check_rows(d, (const int64_t[]){2, 0, 1});
  mer_dataset_close(d);
}

/* Where none are needed, rows without are unknown. */
static void unknown_targets_are_none(void **state) {
  (void)state;
  int64_t n;
  mer_dataset_options o = options_of(MER_TARGET_VALUES);
  o.need_labels = false;
  put("manifest.csv", "text,arousal,valence\na,1,2\nb,,2\n");
  mer_dataset *d = open_path(in_folder("manifest.csv"), &o);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TEST, &n);
  assert_non_null(rows[0].targets);
  assert_null(rows[1].targets);
  mer_dataset_close(d);
  o = options_of(MER_TARGET_LABELS);
  o.need_labels = false;
  d = open_path(in_folder("manifest.csv"), &o);
  assert_null(mer_dataset_rows(d, MER_SPLIT_TEST, &n)->targets);
  mer_dataset_close(d);
}

static void numbers_are_read(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double value;
  } numbers[] = {{"0", 0},   {"-1.5", -1.5},  {" +2 ", 2},  {"1e-3", 1e-3},
                 {".5", .5}, {"-,25", -0.25}, {"0,5", 0.5}, {"2.E1", 20}};
  static const char *const others[] = {"",    "-",     ".",   "1:30", "nan",
                                       "inf", "1.2.3", "5 m", "--1",  "1e400"};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    assert_near(mer__cell_real(numbers[i].text), numbers[i].value, 0);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (!isnan(mer__cell_real(others[i]))) fail_msg("'%s' is a number", others[i]);
  assert_true(isnan(mer__cell_real(NULL)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(several_labels_are_joined_by_a_bar, set_up, tear_down),
      cmocka_unit_test_setup_teardown(values_are_columns_of_their_names, set_up, tear_down),
      cmocka_unit_test_setup_teardown(faults_have_their_line, set_up, tear_down),
      cmocka_unit_test_setup_teardown(rows_of_several_labels_are_left_out_where_one_is_meant,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(unknown_targets_are_none, set_up, tear_down),
      cmocka_unit_test(numbers_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
