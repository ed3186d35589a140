/* test_worst_examples.c: which mistakes are shown, in which order, and the faces of videos. */
#include "data/data_support.h"
#include "data/images_load.h"
#include "image/bmp.h"
#include "image/image_load.h"
#include "image/packed_image.h"
#include "mer/report.h"
#include "model/model_state.h"

#define DETECTOR GOLDEN "faces/network"

enum { N_ROWS = 5, N = MER_N_EMOTIONS, ANGER = 6 };

static mer_dataset *dataset;
static const mer_utterance *rows;
static mer_model *viewer; /* of images */

static int begin(void **state) {
  mer_error err = {0};
  int64_t n;
  set_up(state);
  put("manifest.csv",
      "split,text,video,image,label\n"
      "test,a,,,joy\n"
      "test,b," GOLDEN
      "videos/plain.mp4,,joy\n"
      "test,c," GOLDEN "videos/plain.mp4," GOLDEN
      "images/photo.png,joy\n"
      "test,d," GOLDEN
      "videos/one.mp4,,fear\n"
      "test,e,,,fear\n");
  dataset = open_path(in_folder("manifest.csv"), NULL);
  rows = mer_dataset_rows(dataset, MER_SPLIT_TEST, &n);
  assert_int_equal(n, N_ROWS);
  return mer_model_open(&viewer, GOLDEN "vision/vit", &err) == MER_OK ? 0 : -1;
}

static int end(void **state) {
  mer_model_close(viewer);
  mer_dataset_close(dataset);
  return tear_down(state);
}

/* Answers that are "anger" with a probability for each row, or right. */
static void find(mer_report_examples *examples, const mer_model *model, const float *probability,
                 int32_t most, const mer_predict_options *options) {
  float probs[N_ROWS * N] = {0};
  int32_t labels[N_ROWS], predicted[N_ROWS];
  int64_t places[N_ROWS];
  mer_error err = {0};
  const mer_predictions p = {.n = N_ROWS,
                             .n_classes = N,
                             .probs = probs,
                             .labels = labels,
                             .predicted = predicted,
                             .rows = places};
  for (int i = 0; i < N_ROWS; i++) {
    places[i] = i;
    labels[i] = rows[i].label;
    predicted[i] = probability[i] > 0 ? ANGER : labels[i];
    probs[i * N + predicted[i]] = probability[i];
  }
  assert_ok(mer_report_examples_find(examples, model, dataset, rows, &p, most, options, &err));
}

/* The ids of the examples, one after the other. */
static const char *texts_of(const mer_report_examples *examples) {
  static char text[N_ROWS + 1];
  memset(text, 0, sizeof text);
  for (int32_t i = 0; i < examples->n; i++) text[i] = examples->items[i].text[0];
  return text;
}

static void the_surest_come_first(void **state) {
  (void)state;
  static const float probability[N_ROWS] = {0.5F, 0, 0.75F, 0.5F, 0.875F};
  static const char *const expected[] = {"", "e", "ec", "eca", "ecad", "ecad"};
  for (int32_t most = 0; most <= N_ROWS; most++) {
    mer_report_examples examples = {0};
    find(&examples, viewer, probability, most, NULL);
    assert_string_equal(texts_of(&examples), expected[most]);
    if (most > 0) assert_string_equal(examples.items[0].label, "fear");
    if (most > 0) assert_string_equal(examples.items[0].predicted, "anger");
    if (most > 0) assert_near(examples.items[0].probability, 0.875, 0);
    mer_report_examples_clear(&examples);
  }
}

static mer_predict_options with_detector(void) {
  mer_predict_options options;
  mer_predict_options_init(&options, sizeof options);
  options.features.cache_folder = "";
  options.features.face_detector = DETECTOR;
  return options;
}

/* The face in the middle of those that the model takes of plain.mp4, as an address. */
static void expect_middle_face(const char *address) {
  static const char start[] = "data:image/bmp;base64,";
  const mer__image_processor *processor = viewer->network.modalities[0].images;
  const mer_predict_options options = with_detector();
  mer_features features;
  mer_error err = {0};
  int64_t n_words;
  mer__image image, seen = {0};
  bool fitted;
  uint8_t *bytes, *decoded = calloc(1, strlen(address));
  size_t n_bytes, n = 0;
  assert_ok(mer__images_load(&features, "image", &rows[1], 1, processor, &options.features, &err));
  const float *at = mer_features_row(&features, 0, &n_words);
  const int64_t count = mer__packed_count(at, n_words);
  assert_true(count > 1);
  for (int64_t i = 0; i < count / 2; i++) at += mer__packed_words(at, n_words);
  assert_ok(
      mer__packed_pixels(&image, &fitted, processor, at, mer__packed_words(at, n_words), &err));
  assert_int_equal(strncmp(address, start, sizeof start - 1), 0);
  for (const char *c = address + sizeof start - 1; *c; c += 4) { /* base64 */
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    for (int k = 0; k < 4; k++)
      bits = bits << 6 | (c[k] == '=' ? 0 : (uint32_t)(strchr(letters, c[k]) - letters));
    for (int k = 0; k < 3 && c[k + 1] != '='; k++) decoded[n++] = (uint8_t)(bits >> (16 - 8 * k));
  }
  assert_ok(mer__bmp_make(&bytes, &n_bytes, &image, &err));
  assert_int_equal(n, n_bytes);
  assert_memory_equal(decoded, bytes, n);
  const mer__media_file file = {.path = "face.bmp", .bytes = decoded, .n_bytes = n};
  assert_ok(mer__image_load(&seen, &file, &err)); /* as anybody reads it */
  assert_int_equal(seen.width, image.width);
  assert_memory_equal(seen.pixels, image.pixels, (size_t)(image.width * image.height * 3));
  mer__image_clear(&seen);
  mer__free(bytes);
  free(decoded);
  mer_features_clear(&features);
}

static void a_video_shows_the_face_that_was_looked_at(void **state) {
  (void)state;
  static const float probability[N_ROWS] = {0.5F, 0.5F, 0.5F, 0.5F, 0.5F};
  const mer_predict_options options = with_detector();
  mer_report_examples examples = {0};
  find(&examples, viewer, probability, N_ROWS, &options);
  assert_string_equal(texts_of(&examples), "abcde");
  assert_null(examples.items[0].face);
  assert_non_null(examples.items[1].face);
  assert_null(examples.items[1].image);
  assert_null(examples.items[2].face); /* it has an image */
  assert_null(examples.items[4].face);
  expect_middle_face(examples.items[1].face);
  mer_report_examples_clear(&examples);
  assert_int_equal(examples.n, 0);
}

/* Without a detector, or by a model that reads, there is none, and nothing is said of it. */
static void faces_are_those_of_models_that_look(void **state) {
  (void)state;
  static const float probability[N_ROWS] = {0.5F, 0.5F, 0.5F, 0.5F, 0.5F};
  messages told = {0};
  const mer_monitor monitor = monitor_of(&told);
  mer_predict_options options = with_detector();
  mer_report_examples examples = {0};
  mer_error err = {0};
  mer_model *reader;
  options.monitor = options.features.monitor = &monitor;
  assert_ok(mer_model_open(&reader, GOLDEN "../../models/text", &err));
  find(&examples, reader, probability, N_ROWS, &options);
  for (int i = 0; i < N_ROWS; i++) assert_null(examples.items[i].face);
  mer_report_examples_clear(&examples);
  mer_model_close(reader);
  options.features.face_detector = NULL;
  find(&examples, viewer, probability, N_ROWS, &options);
  for (int i = 0; i < N_ROWS; i++) assert_null(examples.items[i].face);
  mer_report_examples_clear(&examples);
  assert_string_equal(told.text, "");
}

static void what_cannot_be_is_refused(void **state) {
  (void)state;
  mer_report_examples examples = {0};
  mer_error err = {0};
  mer_predictions p = {.target = MER_TARGET_VALUES};
  assert_int_equal(mer_report_examples_find(&examples, viewer, dataset, rows, &p, 1, NULL, &err),
                   MER_STATUS_INVALID);
  p.target = MER_TARGET_LABEL;
  assert_int_equal(mer_report_examples_find(&examples, viewer, dataset, rows, &p,
                                            MER_REPORT_MAX_EXAMPLES + 1, NULL, &err),
                   MER_STATUS_INVALID);
  assert_string_equal(err.message, "101 mistakes, expected 0 to 100");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_surest_come_first),
                                     cmocka_unit_test(a_video_shows_the_face_that_was_looked_at),
                                     cmocka_unit_test(faces_are_those_of_models_that_look),
                                     cmocka_unit_test(what_cannot_be_is_refused)};
  return cmocka_run_group_tests(tests, begin, end);
}
