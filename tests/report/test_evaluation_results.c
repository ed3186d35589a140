/* test_evaluation_results.c: the document of one evaluation is one that a report takes. */
#include <jansson.h>

#include "data/data_support.h"
#include "markup_check.h"
#include "mer/report.h"
#include "report/results_read.h"

static const int32_t truth[] = {4, 4, 6, 6, 3}, guess[] = {4, 6, 6, 6, 4};
static const char config[] =
    "{\"kind\": \"text\", \"training\": {\"seed\": 7, \"lr\": 0.001, \"encoder\": \"E\", "
    "\"precomputed\": [\"x\"], \"kept\": {\"epoch\": 2}}}";

static mer_dataset *dataset;
static mer_metrics metrics, majority;
static mer_bootstrap bootstrap;
static int64_t clips[MER_N_CLIP_STATES] = {[MER_CLIP_OK] = 4, [MER_CLIP_CORRUPT] = 1};

static int begin(void **state) {
  mer_error err = {0};
  set_up(state);
  put("manifest.csv", "split,text,label\ntrain,a,joy\ntest,b,joy\n");
  dataset = open_path(folder, NULL);
  assert_ok(mer_metrics_compute(&metrics, truth, guess, NULL, 5, MER_N_EMOTIONS, &err));
  assert_ok(mer_metrics_majority(&majority, truth, 3, truth, 5, MER_N_EMOTIONS, &err));
  assert_ok(mer_metrics_bootstrap(&bootstrap, truth, guess, 5, MER_N_EMOTIONS, 100, 0, &err));
  return 0;
}

static int end(void **state) {
  mer_dataset_close(dataset);
  return tear_down(state);
}

static mer_report_evaluation evaluation(mer_split split) {
  return (mer_report_evaluation){.size = sizeof(mer_report_evaluation),
                                 .name = "model",
                                 .model_config = config,
                                 .dataset = dataset,
                                 .split = split,
                                 .metrics = &metrics,
                                 .bootstrap = &bootstrap,
                                 .majority = &majority,
                                 .clip_counts = clips,
                                 .data_path = "D",
                                 .command = "mer eval"};
}

/* The document, read as a report reads it. */
static mer__results document(const mer_report_evaluation *e) {
  char *json;
  mer_error err = {0};
  mer__results results;
  assert_ok(mer_report_evaluation_json(&json, e, &err));
  assert_ok(mer__results_read(&results, json, 0, &err));
  mer_report_free(json);
  return results;
}

static void document_is_complete(void **state) {
  (void)state;
  mer_report_evaluation e = evaluation(MER_SPLIT_TEST);
  mer__results r = document(&e);
  assert_string_equal(r.title, "model on the test split");
  assert_null(r.note);
  assert_int_equal(r.n_labels, MER_N_EMOTIONS);
  assert_int_equal(r.n_runs, 1);
  assert_string_equal(r.majority_label, "joy"); /* of the first three */
  assert_true(r.splits[MER_SPLIT_TEST].present && !r.splits[MER_SPLIT_TRAIN].present);
  assert_int_equal(r.splits[MER_SPLIT_TEST].utterances, 5);
  assert_int_equal(r.splits[MER_SPLIT_TEST].label_counts[6], 2);
  assert_int_equal(json_integer_value(json_object_get(r.splits[MER_SPLIT_TEST].clips, "corrupt")),
                   1);
  const mer__results_run *run = &r.runs[0];
  assert_int_equal(run->n_seeds, 1);
  assert_int_equal(run->n_epochs, 0);
  assert_int_equal(run->seeds[0].seed, 7);
  assert_int_equal(run->seeds[0].best_epoch, 2);
  assert_near(run->seeds[0].splits[MER_SPLIT_TEST].values.weighted_f1, metrics.weighted_f1, 1e-9);
  assert_near(run->seeds[0].splits[MER_SPLIT_TEST].intervals.uar.low, bootstrap.uar.low, 1e-9);
  assert_near(json_real_value(json_object_get(run->settings, "lr")), 0.001, 1e-12);
  assert_null(json_object_get(run->settings, "kept")); /* settings are flat */
  assert_null(json_object_get(run->settings, "precomputed"));
  mer__results_clear(&r);
}

static void other_splits_are_named(void **state) {
  (void)state;
  mer_report_evaluation e = evaluation(MER_SPLIT_DEV);
  e.note = "Simulated.";
  e.title = "The model";
  e.model_config = NULL;
  mer__results r = document(&e);
  assert_string_equal(r.title, "The model on the dev split");
  assert_string_equal(r.note,
                      "Measured on the dev split: where this page says test, read dev. Simulated.");
  assert_true(r.splits[MER_SPLIT_DEV].present && !r.splits[MER_SPLIT_TEST].present);
  assert_int_equal(r.runs[0].seeds[0].best_epoch, 0);
  mer__results_clear(&r);
}

static void page_is_written(void **state) {
  (void)state;
  char path[128], *json, *page;
  size_t size;
  mer_error err = {0};
  mer_report_evaluation e = evaluation(MER_SPLIT_TEST);
  assert_ok(mer_report_evaluation_json(&json, &e, &err));
  snprintf(path, sizeof path, "%s/report.html", folder);
  assert_ok(mer_report_write_html(path, json, NULL, &err));
  assert_ok(mer__file_read(&page, &size, path, 1 << 20, &err));
  assert_non_null(strstr(page, "<h1>model on the test split</h1>"));
  mer_report_free(page);
  mer_report_free(json);
}

static mer_calibration calibration_at(double temperature) {
  const float targets[] = {1, 0, 0, 1, 1, 0}, logits[] = {3, 0, 1, 0, 2, 0};
  mer_calibration c;
  mer_error err = {0};
  assert_ok(
      mer_calibration_compute(&c, MER_TARGET_LABEL, targets, logits, 3, 2, temperature, &err));
  return c;
}

static void assert_same_calibration(const mer_calibration *a, const mer_calibration *b) {
  assert_near(a->temperature, b->temperature, 1e-9);
  assert_int_equal(a->n, b->n);
  assert_near(a->ece, b->ece, 1e-8);
  assert_near(a->brier, b->brier, 1e-8);
  assert_near(a->nll, b->nll, 1e-8);
  for (int i = 0; i < MER_RELIABILITY_BINS; i++) {
    assert_int_equal(a->bins[i].n, b->bins[i].n);
    assert_true(isnan(a->bins[i].accuracy) == isnan(b->bins[i].accuracy));
    if (a->bins[i].n) assert_near(a->bins[i].confidence, b->bins[i].confidence, 1e-8);
  }
}

static void calibration_is_in_document_and_page(void **state) {
  (void)state;
  char path[128], *json, *page, *text;
  size_t size;
  mer_error err = {0};
  const mer_calibration after = calibration_at(1.5), before = calibration_at(1);
  mer_report_evaluation e = evaluation(MER_SPLIT_TEST);
  e.calibration = &after;
  mer__results r = document(&e);
  assert_true(r.runs[0].seeds[0].calibration.present);
  assert_false(r.runs[0].seeds[0].calibration.has_before);
  mer__results_clear(&r);
  e.uncalibrated = &before;
  r = document(&e);
  assert_same_calibration(&r.runs[0].seeds[0].calibration.values, &after);
  assert_same_calibration(&r.runs[0].seeds[0].calibration.before, &before);
  mer__results_clear(&r);
  assert_ok(mer_report_evaluation_json(&json, &e, &err));
  snprintf(path, sizeof path, "%s/report.html", folder);
  assert_ok(mer_report_write_html(path, json, NULL, &err));
  assert_ok(mer__file_read(&page, &size, path, 1 << 20, &err));
  assert_non_null(strstr(page, "<h2>Calibration, test split</h2>"));
  assert_non_null(strstr(page, ">At the temperature 1.500</th>"));
  mer_report_free(page);
  mer_report_free(json);
  assert_ok(mer_report_calibration(&text, &after, &before, &err));
  assert_non_null(strstr(text, "without a temperature"));
  assert_non_null(strstr(text, "temperature 1.500"));
  mer_report_free(text);
}

/* The page of an evaluation, for mer__free. */
static char *page_of(const mer_report_evaluation *e) {
  char path[128], *json, *page, fault[128];
  size_t size;
  mer_error err = {0};
  assert_ok(mer_report_evaluation_json(&json, e, &err));
  snprintf(path, sizeof path, "%s/page.html", folder);
  assert_ok(mer_report_write_html(path, json, NULL, &err));
  assert_ok(mer__file_read(&page, &size, path, 1 << 20, &err));
  mer_report_free(json);
  const char *wrong = markup_check(page, fault, sizeof fault);
  if (wrong) fail_msg("%s", wrong);
  return page;
}

/* Files are in the page itself, those of a kind that browsers know. */
static void examples_hold_their_files(void **state) {
  (void)state;
  char sound[128], image[128], other[128];
  put("clip.WAV", "sound");
  put("face.png", "face1");
  put("secret.txt", "secret");
  snprintf(sound, sizeof sound, "%s/clip.WAV", folder);
  snprintf(image, sizeof image, "%s/face.png", folder);
  snprintf(other, sizeof other, "%s/secret.txt", folder);
  const mer_report_example examples[] = {
      {"dia1", "Ann", "<b>\"Well\"</b>", "joy", "anger", 0.875, sound, image, NULL},
      {"d\xef"
       "x2",
       NULL, NULL, "joy", "fear", 0.5, other, "nowhere.png", NULL},
      {"dia3", NULL, NULL, "joy", "fear", 0.5, sound, image, "data:image/bmp;base64,Qk0="}};
  mer_report_evaluation e = evaluation(MER_SPLIT_TEST);
  e.examples = examples;
  e.n_examples = 3;
  char *page = page_of(&e);
  assert_non_null(strstr(page, "src=\"data:audio/wav;base64,c291bmQ=\""));
  assert_non_null(strstr(page, "src=\"data:image/png;base64,ZmFjZTE=\""));
  assert_non_null(strstr(page, "src=\"data:image/bmp;base64,Qk0=\""));
  assert_non_null(strstr(page, "d?x2")); /* the name of a file may be anything */
  assert_non_null(strstr(page, "Ann: \u201c&lt;b&gt;&quot;Well&quot;&lt;/b&gt;\u201d"));
  assert_non_null(strstr(page, "<b>joy</b> taken for <b>anger</b> 87.5"));
  assert_null(strstr(page, "c2VjcmV0"));
  assert_null(strstr(page, "nowhere"));
  mer__free(page);
}

static void robustness_is_in_document_and_page(void **state) {
  (void)state;
  const mer_disturbed disturbed[] = {{{MER_DISTURB_NOISE, 20, "audio"}, &metrics, &bootstrap},
                                     {{MER_DISTURB_NOISE, 0, "audio"}, &majority, NULL},
                                     {{MER_DISTURB_NOISE, 20, "openface"}, &metrics, &bootstrap},
                                     {{MER_DISTURB_WORDS, 0.25, NULL}, &metrics, &bootstrap},
                                     {{MER_DISTURB_REPLACED, 0, "openface"}, &metrics, &bootstrap},
                                     {{MER_DISTURB_WITHOUT, 0, "text"}, &majority, &bootstrap}};
  mer_report_evaluation e = evaluation(MER_SPLIT_TEST);
  e.disturbed = disturbed;
  e.n_disturbed = 6;
  mer__results r = document(&e);
  const mer__results_seed *seed = &r.runs[0].seeds[0];
  assert_int_equal(seed->n_disturbed, 6);
  assert_string_equal(seed->disturbed[2].modality, "openface");
  assert_near(seed->disturbed[2].amount, 20, 0);
  assert_null(seed->disturbed[3].modality);
  assert_near(seed->disturbed[3].amount, 0.25, 0);
  assert_string_equal(seed->disturbed[4].kind, "replaced");
  assert_string_equal(seed->disturbed[5].modality, "text");
  assert_true(isnan(seed->disturbed[5].amount));
  assert_near(seed->disturbed[1].metrics.values.weighted_f1, majority.weighted_f1, 1e-9);
  mer__results_clear(&r);
  char *page = page_of(&e);
  static const char *const shown[] = {"Noise at 20 dB in audio",
                                      "Noise at 20 dB in openface",
                                      "Noise in the place of openface",
                                      "Without text",
                                      "Noise in audio, decibels below it",
                                      "Noise in openface, decibels below it",
                                      "Words left out"};
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
    if (!strstr(page, shown[i])) fail_msg("the page has no '%s'", shown[i]);
  mer__free(page);
}

static void bad_texts_are_refused(void **state) {
  (void)state;
  char *json;
  mer_error err = {0};
  mer_report_evaluation e = evaluation(MER_SPLIT_TEST);
  e.name = "\xff";
  assert_int_equal(mer_report_evaluation_json(&json, &e, &err), MER_STATUS_INVALID);
  assert_null(json);
  assert_non_null(strstr(err.message, "UTF-8"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(document_is_complete),
      cmocka_unit_test(other_splits_are_named),
      cmocka_unit_test(page_is_written),
      cmocka_unit_test(calibration_is_in_document_and_page),
      cmocka_unit_test(examples_hold_their_files),
      cmocka_unit_test(robustness_is_in_document_and_page),
      cmocka_unit_test(bad_texts_are_refused),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
