/* test_dataset.c: MELD's layout and manifests, written by the test, sound and faulty. */
#include "data_support.h"
#include "mer/media.h"

static mer_dataset *open_ok(const char *path, const mer_dataset_options *options) {
  mer_error err = {0};
  mer_dataset *dataset;
  assert_ok(mer_dataset_open(&dataset, path, options, &err));
  return dataset;
}

/* Opening must fail with this status and a message that has all of `parts`. */
static void open_fails(const char *path, const mer_dataset_options *options, mer_status status,
                       const char *const *parts) {
  mer_error err = {0};
  mer_dataset *dataset;
  mer_status found = mer_dataset_open(&dataset, path, options, &err);
  assert_null(dataset);
  if (found != status)
    fail_msg("%s: %s, expected %s", mer_status_name(found), err.message, mer_status_name(status));
  for (; *parts; parts++)
    if (!strstr(err.message, *parts)) fail_msg("'%s' is not in: %s", *parts, err.message);
}

#define OPEN_FAILS(path, options, status, ...) \
  open_fails(path, options, status, (const char *const[]){__VA_ARGS__, NULL})

#define MELD_HEADER                                                                     \
  "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode," \
  "StartTime,EndTime\r\n"

static void put_meld(void) {
  put("train_sent_emo.csv", MELD_HEADER
      "1,\"Oh, \xe2\x80\x9cwell\xe2\x80\x9d.\",Ann,joy,positive,0,0,1,1,\"00:00:01,500\","
      "\"00:00:02,000\"\r\n"
      "2,No.,Bob,anger,negative,0,1,1,1,00:00:03.25,\r\n"
      "3,\"Two\nlines\",Ann,neutral,neutral,12,3,1,1,,\r\n"
      "4,,Ann,Neutral,neutral,12,4,1,1,,\r\n");
  put("test_sent_emo.csv", MELD_HEADER "1,Hm,Ann,fear,negative,0,0,1,1,,\r\n");
}

static void meld_is_read(void **state) {
  (void)state;
  int64_t n;
  put_meld();
  mer_dataset *d = open_ok(folder, NULL);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_int_equal(n, 4);
  assert_string_equal(rows[0].id, "dia0_utt0");
  assert_string_equal(rows[0].text, "Oh, \xe2\x80\x9cwell\xe2\x80\x9d.");
  assert_string_equal(rows[0].speaker, "Ann");
  assert_string_equal(mer_dataset_label(d, rows[0].label), "joy");
  assert_near(rows[0].start_s, 1.5, 0);
  assert_near(rows[0].end_s, 2, 0);
  assert_near(rows[1].start_s, 3.25, 0);
  assert_true(isnan(rows[1].end_s));
  assert_null(rows[0].audio); /* there is no folder of clips at all */
  assert_string_equal(rows[2].text, "Two\nlines");
  assert_int_equal(rows[2].dialogue, 12);
  assert_int_equal(rows[2].utterance, 3);
  assert_null(rows[3].text);
  assert_int_equal(rows[3].label, 0);
  assert_int_equal(rows[3].line, 6);
  assert_int_equal(rows[3].row, 3);
  mer_dataset_close(d);
  mer_dataset_close(NULL);
}

static void splits_may_be_absent(void **state) {
  (void)state;
  int64_t n;
  put_meld();
  mer_dataset *d = open_ok(folder, NULL);
  mer_dataset_rows(d, MER_SPLIT_DEV, &n);
  assert_int_equal(n, 0);
  assert_int_equal(mer_dataset_rows(d, MER_SPLIT_TEST, &n)->split, MER_SPLIT_TEST);
  assert_int_equal(n, 1);
  assert_null(mer_dataset_rows(d, MER_N_SPLITS, &n));
  assert_int_equal(n, 0);
  assert_int_equal(mer_dataset_n_labels(d), MER_N_EMOTIONS);
  assert_null(mer_dataset_label(d, 7));
  assert_null(mer_dataset_label(d, -1));
  assert_int_equal(strlen(mer_dataset_digest(d)), 64);
  mer_dataset_close(d);
}

static void clips_are_found_by_any_ending(void **state) {
  (void)state;
  int64_t n;
  put_meld();
  put("train_splits/dia0_utt0.mp4", "x");
  put("train_splits/dia0_utt0.WAV", "x");
  put("train_splits/dia12_utt3.mkv", "x");
  put("train_splits/dia0_utt1.mp4.part", "x");
  put("train_splits/dia0_utt1_old.mp4", "x");
  put("train_splits/final_dia0_utt1.mp4", "x");
  put("train_splits/dia99_utt1.mp4", "x");
  mer_dataset *d = open_ok(folder, NULL);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_string_equal(rows[0].audio, in_folder("train_splits/dia0_utt0.WAV"));
  assert_string_equal(rows[0].video, in_folder("train_splits/dia0_utt0.mp4"));
  assert_string_equal(rows[1].audio, in_folder("train_splits/dia0_utt1.WAV")); /* expected there */
  assert_null(rows[1].video);
  assert_string_equal(rows[2].audio, in_folder("train_splits/dia12_utt3.mkv"));
  rows = mer_dataset_rows(d, MER_SPLIT_TEST, &n);
  assert_string_equal(rows[0].audio, in_folder("output_repeated_splits_test/dia0_utt0.mp4"));
  mer_dataset_close(d);
}

/* No list of endings decides whether a clip is there; a known one is preferred. */
static void clips_of_unknown_endings_are_found(void **state) {
  (void)state;
  int64_t n;
  put_meld();
  put("train_splits/dia0_utt0.aac", "x");
  put("train_splits/dia0_utt1.3GP", "x");
  put("train_splits/dia12_utt3.shn", "x");
  put("train_splits/dia0_utt0.txt", "x");
  mer_dataset *d = open_ok(folder, NULL);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_string_equal(rows[0].audio, in_folder("train_splits/dia0_utt0.aac"));
  assert_null(rows[0].video);
  assert_string_equal(rows[1].audio, in_folder("train_splits/dia0_utt1.3GP"));
  assert_string_equal(rows[1].video, in_folder("train_splits/dia0_utt1.3GP"));
  assert_string_equal(rows[2].audio, in_folder("train_splits/dia12_utt3.shn"));
  assert_null(rows[2].video);
  mer_dataset_close(d);
}

/* As MELD's archives unpack: each table and each folder of clips in a folder of its own. */
/* A link that leads nowhere, as git-annex leaves it where nothing was fetched. */
static void put_link(const char *name) {
  remove(in_folder(name));
  assert_int_equal(symlink("nowhere/SHA256E-s42--0.csv", in_folder(name)), 0);
}

static void a_link_that_leads_nowhere_is_no_absent_table(void **state) {
  (void)state;
  put_meld();
  put_link("dev_sent_emo.csv");
  OPEN_FAILS(folder, NULL, MER_STATUS_NOT_FOUND, in_folder("dev_sent_emo.csv"));
  remove(in_folder("dev_sent_emo.csv"));
  put("train_splits/dia0_utt0.mp4", "x");
  put_link("dev_splits_complete");
  OPEN_FAILS(folder, NULL, MER_STATUS_NOT_FOUND, in_folder("dev_splits_complete"));
  remove(in_folder("dev_splits_complete"));
  remove(in_folder("train_sent_emo.csv"));
  remove(in_folder("test_sent_emo.csv"));
  put("manifest.jsonl", "{\"text\": \"a\", \"label\": \"joy\", \"split\": \"train\"}\n");
  put_link("manifest.csv");
  OPEN_FAILS(folder, NULL, MER_STATUS_NOT_FOUND, in_folder("manifest.csv"));
  put_link("sub_sent_emo.csv"); /* a link of another name does no harm */
  remove(in_folder("manifest.csv"));
  mer_dataset_close(open_ok(folder, NULL));
}

static void meld_may_lie_one_folder_deeper(void **state) {
  (void)state;
  int64_t n;
  const char header[] = "Utterance,Emotion,Dialogue_ID,Utterance_ID\nHi,joy,0,0\n";
  put("train/train_sent_emo.csv", header);
  put("test_sent_emo.csv", header);
  put("train/train_splits/dia0_utt0.mp4", "x");
  put("test/output_repeated_splits_test/dia0_utt0.mp4", "x");
  mer_dataset *d = open_ok(folder, NULL);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_int_equal(n, 1);
  assert_string_equal(rows[0].audio, in_folder("train/train_splits/dia0_utt0.mp4"));
  rows = mer_dataset_rows(d, MER_SPLIT_TEST, &n);
  assert_int_equal(n, 1);
  assert_string_equal(rows[0].audio, in_folder("test/output_repeated_splits_test/dia0_utt0.mp4"));
  mer_dataset_close(d);
  remove(in_folder("test_sent_emo.csv"));
  d = open_ok(folder, NULL); /* no table in the folder itself */
  mer_dataset_close(d);
  remove(in_folder("train/train_sent_emo.csv"));
  OPEN_FAILS(folder, NULL, MER_STATUS_NOT_FOUND, "train_sent_emo.csv", "in a folder in it",
             "manifest.jsonl");
}

static void manifest_may_be_json_lines(void **state) {
  (void)state;
  int64_t n;
  put("manifest.jsonl",
      "{\"split\": \"train\", \"text\": \"Hi, you\", \"label\": \"joy\", \"dialogue\": 3, "
      "\"start\": 1.25}\n"
      "{\"label\": \"fear\", \"split\": \"dev\", \"audio\": \"a.wav\", \"extra\": {}}\n");
  mer_dataset *d = open_ok(folder, NULL);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_string_equal(rows[0].text, "Hi, you");
  assert_int_equal(rows[0].dialogue, 3);
  assert_near(rows[0].start_s, 1.25, 0);
  rows = mer_dataset_rows(d, MER_SPLIT_DEV, &n);
  assert_string_equal(mer_dataset_label(d, rows[0].label), "fear");
  assert_string_equal(rows[0].audio, in_folder("a.wav"));
  assert_int_equal(rows[0].line, 2);
  mer_dataset_close(d);
  put("manifest.jsonl", "{\"split\": \"train\", \"text\": \"Hi\"}\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, "manifest.jsonl:1: no column 'label'");
  put("manifest.jsonl", "{\"utterance\": \"Hi\", \"split\": \"train\", \"label\": \"joy\"}\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, "manifest.jsonl:1: utterance 'Hi'");
}

static void clips_lie_in_another_folder(void **state) {
  (void)state;
  int64_t n;
  put_meld();
  put("clips/dia0_utt0.flac", "x");
  put("clips/output_repeated_splits_test/dia0_utt0.ogg", "x");
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  char media[128];
  snprintf(media, sizeof media, "%s/clips", folder);
  options.media_folder = media;
  mer_dataset *d = open_ok(folder, &options);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_string_equal(rows[0].audio, in_folder("clips/dia0_utt0.flac"));
  assert_string_equal(rows[1].audio, in_folder("clips/dia0_utt1.flac"));
  rows = mer_dataset_rows(d, MER_SPLIT_TEST, &n);
  assert_string_equal(rows[0].audio, in_folder("clips/output_repeated_splits_test/dia0_utt0.ogg"));
  mer_dataset_close(d);
  options.media_folder = in_folder("absent");
  OPEN_FAILS(folder, &options, MER_STATUS_NOT_FOUND, in_folder("absent"));
}

static void faults_of_meld_are_named(void **state) {
  (void)state;
  int64_t n;
  put("train_sent_emo.csv", "Utterance,Speaker,Dialogue_ID,Utterance_ID\nHi,Ann,0,0\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, "train_sent_emo.csv:1: no column 'Emotion'");
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.need_labels = false;
  mer_dataset *d = open_ok(folder, &options);
  assert_int_equal(mer_dataset_rows(d, MER_SPLIT_TRAIN, &n)[0].label, -1);
  mer_dataset_close(d);
  put("train_sent_emo.csv", "Utterance,Emotion,Dialogue_ID,Utterance_ID\nHi,joy,x,0\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, "train_sent_emo.csv:2: Dialogue_ID 'x'",
             "a whole number");
  put("train_sent_emo.csv", "Utterance,Emotion,Dialogue_ID,Utterance_ID\nHi,joy,0,0\nHi,joy,0\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, "train_sent_emo.csv:3: 3 fields, expected 4");
  put("train_sent_emo.csv", "Utterance,Emotion,Dialogue_ID,Utterance_ID\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, folder, "no rows");
}

static void manifest_is_read(void **state) {
  (void)state;
  int64_t n;
  put("manifest.csv",
      "split,text,audio,image,label,speaker,dialogue,utterance,start,end\n"
      "train,Hi,a/x.wav,/abs/y.png,joy,Ann,b7,1,0.5,1.25\n"
      "val,,x.wav,,Anger,,a2,2,,\n"
      "TEST,Yo,,y.png,fear,,b7,,00:01:00,\n"
      "validation,Yo,,,fear,,,,,\n");
  mer_dataset *d = open_ok(folder, NULL);
  const mer_utterance *u = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_int_equal(n, 1);
  assert_string_equal(u->id, "x.wav");
  assert_string_equal(u->audio, in_folder("a/x.wav"));
  assert_string_equal(u->image, "/abs/y.png");
  assert_null(u->video);
  assert_int_equal(u->dialogue, 0);
  assert_int_equal(u->utterance, 1);
  assert_near(u->start_s, 0.5, 0);
  assert_near(u->end_s, 1.25, 0);
  u = mer_dataset_rows(d, MER_SPLIT_DEV, &n);
  assert_int_equal(n, 2);
  assert_null(u->text);
  assert_null(u->speaker);
  assert_string_equal(mer_dataset_label(d, u->label), "anger");
  assert_int_equal(u->dialogue, 1);
  assert_true(isnan(u->start_s));
  assert_string_equal(u[1].id, "row 3");
  assert_int_equal(u[1].row, 3);
  assert_int_equal(u[1].dialogue, -1);
  u = mer_dataset_rows(d, MER_SPLIT_TEST, &n);
  assert_int_equal(n, 1);
  assert_string_equal(u->id, "y.png");
  assert_int_equal(u->dialogue, 0); /* b7 again */
  assert_int_equal(u->utterance, -1);
  assert_near(u->start_s, 60, 0);
  mer_dataset_close(d);
}

static void digest_is_the_table_s(void **state) {
  (void)state;
  put("manifest.csv", "split,label\ntrain,joy\n");
  mer_dataset *d = open_ok(folder, NULL);
  assert_string_equal(mer_dataset_digest(d), /* as sha256sum says */
                      "a1ee0bf93d07be63cb4897e8d03c414a7e80f2beedc5fd071b997dd93355e21e");
  mer_dataset_close(d);
}

static void a_video_is_heard_unless_a_clip_is_named(void **state) {
  (void)state;
  int64_t n;
  put("m.csv", "split,label,video,audio\ntrain,joy,a.mp4,\ntrain,joy,b.mp4,b.wav\n");
  mer_dataset *d = open_ok(in_folder("m.csv"), NULL);
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_int_equal(n, 2);
  assert_string_equal(rows[0].video, in_folder("a.mp4"));
  assert_string_equal(rows[0].audio, in_folder("a.mp4"));
  assert_string_equal(rows[1].video, in_folder("b.mp4"));
  assert_string_equal(rows[1].audio, in_folder("b.wav"));
  mer_dataset_close(d);
}

static void manifest_needs_little_without_labels(void **state) {
  (void)state;
  int64_t n;
  put("list.csv", "audio,label,dialogue\nx.wav,joyous,4\ny.wav,joy,9\n");
  put("no_split.csv", "audio,label\nx.wav,joy\n");
  OPEN_FAILS(in_folder("no_split.csv"), NULL, MER_STATUS_FORMAT,
             "no_split.csv:1: no column 'split'");
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.need_labels = false;
  mer_dataset *d = open_ok(in_folder("list.csv"), &options);
  const mer_utterance *u = mer_dataset_rows(d, MER_SPLIT_TEST, &n);
  assert_int_equal(n, 2);
  assert_int_equal(u[0].label, -1);
  assert_int_equal(u[1].label, 4);
  assert_int_equal(u[1].dialogue, 9); /* numbers stay as they are */
  assert_string_equal(u[1].audio, in_folder("y.wav"));
  mer_dataset_close(d);
  put("list.csv", "a,b\n1,2\n");
  OPEN_FAILS(in_folder("list.csv"), &options, MER_STATUS_FORMAT, "list.csv:1: no known column");
}

static void faults_of_manifests_are_named(void **state) {
  (void)state;
  put("manifest.csv", "split,text\ntrain,Hi\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, "manifest.csv:1: no column 'label'");
  put("manifest.csv", "split,text,label\ntrain,\"Hi\nho\",joy\ntrain,Hi,calm\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT,
             "manifest.csv:4: label 'calm': expected one of neutral, ", ", anger");
  put("manifest.csv", "split,text,label\ntrain,Hi,\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, "manifest.csv:2: label ''");
  put("manifest.csv", "split,text,label\ntraining,Hi,joy\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT,
             "manifest.csv:2: split 'training': expected train, dev");
  put("manifest.csv", "split,label,utterance\ntrain,joy,first\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, "manifest.csv:2: utterance 'first'");
  put("manifest.csv", "split,label,start\ntrain,joy,soon\n");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT,
             "manifest.csv:2: start 'soon': expected seconds or h:m:s");
  put("manifest.csv", "");
  OPEN_FAILS(folder, NULL, MER_STATUS_FORMAT, "manifest.csv: empty");
}

static void what_is_no_data_set_is_told(void **state) {
  (void)state;
  OPEN_FAILS(folder, NULL, MER_STATUS_NOT_FOUND, folder, "train_sent_emo.csv", "manifest.csv");
  OPEN_FAILS(in_folder("none"), NULL, MER_STATUS_NOT_FOUND, in_folder("none"));
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.n_labels = 0;
  OPEN_FAILS(folder, &options, MER_STATUS_INVALID, "label");
}

/* What the monitor is told of a manifest. */
static const char *told_of(const char *text) {
  static messages told;
  mer_monitor monitor = monitor_of(&told);
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  told = (messages){0};
  options.monitor = &monitor;
  put("m.csv", text);
  mer_dataset_close(open_ok(in_folder("m.csv"), &options));
  assert_int_equal(told.n_warnings, strstr(told.text, "; the first: ") != NULL);
  return told.text;
}

/* That two lines of a manifest, each one digit of `lines`, are told as the first that coincide,
 * with `what` after them. */
static void assert_told(const char *manifest, const char *message, const char *lines,
                        const char *what) {
  char expected[300];
  const char *path = in_folder("m.csv");
  snprintf(expected, sizeof expected, "%s; the first: %s:%c and %s:%c", message, path, lines[0],
           path, lines[1]);
  const char *told = strstr(told_of(manifest), expected);
  if (!told || !strstr(told, what)) fail_msg("not told of %s: %s", what, told_of(manifest));
}

static void coincidences_are_told_once(void **state) {
  (void)state;
  assert_string_equal(
      told_of("split,label,audio\ntrain,joy,a.wav\ntrain,joy,a.wav\ndev,joy,b.wav\n"), "");
  assert_told(
      "split,label,audio\ntrain,joy,a.wav\ntest,joy,b.wav\ntrain,fear,b.wav\n"
      "test,joy,a.wav\n",
      "clips in more than one split, so that results are too good: 2", "25", "/a.wav\n");
  assert_string_equal(told_of("split,label,image\ntrain,joy,a.png\ntrain,joy,a.png\n"), "");
  assert_told("split,label,image\ntrain,joy,a.png\ntest,joy,a.png\ndev,joy,b.png\n",
              "images in more than one split, so that results are too good: 1", "23", "/a.png\n");
  assert_told("split,label,audio,image\ntrain,joy,a.wav,a.png\ntest,joy,b.wav,a.png\n",
              "too good: 1", "23", "/a.png\n");
  assert_told("split,label,video\ntrain,joy,a.mp4\ndev,joy,a.mp4\n",
              "videos in more than one split, so that results are too good: 1", "23", "/a.mp4\n");
  assert_told(
      "split,label,text,dialogue,utterance\ntrain,joy,a,1,2\ndev,joy,b,1,2\n"
      "dev,joy,c,1,3\ndev,joy,d,1,2\n",
      "rows with the dialogue and utterance of another row of their split: 1", "35", "m.csv:5\n");
  assert_non_null(strstr(told_of("split;label\ntrain;joy\n"), "m.csv: the delimiter is ';'\n"));
  assert_non_null(strstr(told_of("split\tlabel\ntrain\tjoy\n"), "m.csv: the delimiter is a tab\n"));
}

static void labels_are_checked(void **state) {
  (void)state;
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  put("m.csv", "split,text,label\ntrain,Hi,warm\ntrain,Ho,COLD\n");
  const char *path = in_folder("m.csv");
  static const char *const blanks[] = {" cold", "warm\t "};
  options.labels = blanks;
  options.n_labels = 2;
  mer_dataset *d = open_ok(path, &options);
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(d, MER_SPLIT_TRAIN, &n);
  assert_string_equal(mer_dataset_label(d, 0), "cold");
  assert_string_equal(mer_dataset_label(d, rows[0].label), "warm");
  assert_int_equal(rows[1].label, 0);
  mer_dataset_close(d);
  static const char *const twice[] = {"warm", "cold", " Warm"};
  options.labels = twice;
  options.n_labels = 3;
  OPEN_FAILS(path, &options, MER_STATUS_INVALID, "label 'Warm' is there twice");
  static const char *const empty[] = {"warm", "cold", " "};
  options.labels = empty;
  OPEN_FAILS(path, &options, MER_STATUS_INVALID, "label 3 has no name");
  static char names[MER_MAX_LABELS + 1][16];
  const char *many[MER_MAX_LABELS + 1];
  for (int i = 0; i <= MER_MAX_LABELS; i++) {
    snprintf(names[i], sizeof names[i], "%d", i);
    many[i] = names[i];
  }
  many[3] = "warm";
  many[4] = "cold";
  options.labels = many;
  options.n_labels = MER_MAX_LABELS;
  mer_dataset_close(open_ok(path, &options));
  options.n_labels++;
  OPEN_FAILS(path, &options, MER_STATUS_LIMIT, "more than 64 labels");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(meld_is_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_link_that_leads_nowhere_is_no_absent_table, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(splits_may_be_absent, set_up, tear_down),
      cmocka_unit_test_setup_teardown(clips_are_found_by_any_ending, set_up, tear_down),
      cmocka_unit_test_setup_teardown(clips_of_unknown_endings_are_found, set_up, tear_down),
      cmocka_unit_test_setup_teardown(meld_may_lie_one_folder_deeper, set_up, tear_down),
      cmocka_unit_test_setup_teardown(manifest_may_be_json_lines, set_up, tear_down),
      cmocka_unit_test_setup_teardown(clips_lie_in_another_folder, set_up, tear_down),
      cmocka_unit_test_setup_teardown(faults_of_meld_are_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(manifest_is_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(digest_is_the_table_s, set_up, tear_down),
      cmocka_unit_test_setup_teardown(coincidences_are_told_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(labels_are_checked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_video_is_heard_unless_a_clip_is_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(manifest_needs_little_without_labels, set_up, tear_down),
      cmocka_unit_test_setup_teardown(faults_of_manifests_are_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_no_data_set_is_told, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
