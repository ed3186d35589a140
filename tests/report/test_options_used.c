/* Every function that takes options refuses a struct that was never initialized. */
#include "mer/eval.h"
#include "mer/media.h"
#include "mer/report.h"
#include "mer/speech.h"
#include "mer/train.h"
#include "test_support.h"

static void expect_refused(mer_status status, const mer_error *err, const char *type) {
  assert_int_equal(status, MER_STATUS_INVALID);
  if (!strstr(err->message, type) || !strstr(err->message, "not initialized"))
    fail_msg("expected %s not initialized, found: %s", type, err->message);
}

static void zeroed_options_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer_audio audio;
  expect_refused(mer_audio_decode(&audio, "x", &(mer_audio_options){0}, &err), &err,
                 "mer_audio_options");
  mer_feature_extractor *extractor;
  expect_refused(mer_feature_extractor_create(&extractor, &(mer_feature_options){0}, &err), &err,
                 "mer_feature_options");
  mer_dataset *dataset;
  expect_refused(mer_dataset_open(&dataset, "x", &(mer_dataset_options){0}, &err), &err,
                 "mer_dataset_options");
  mer_features features;
  expect_refused(
      mer_features_load(&features, NULL, "audio", NULL, 0, &(mer_features_load_options){0}, &err),
      &err, "mer_features_load_options");
  mer_predictions predictions;
  expect_refused(
      mer_predict_rows(&predictions, NULL, NULL, NULL, 0, &(mer_predict_options){0}, &err), &err,
      "mer_predict_options");
  mer_train_result result;
  expect_refused(mer_train_run(&result, NULL, &(mer_train_options){0}, &err), &err,
                 "mer_train_options");
  char *text;
  expect_refused(mer_compare_run(&text, NULL, &(mer_compare_options){0}, &err), &err,
                 "mer_compare_options");
  expect_refused(mer_report_evaluation_json(&text, &(mer_report_evaluation){0}, &err), &err,
                 "mer_report_evaluation");
}

/* What is counted is kept in arrays of a fixed size. */
static void counts_of_a_comparison_are_checked(void **state) {
  (void)state;
  const struct {
    int32_t n_models, n_tests, n_seeds;
    const char *name;
  } bad[] = {{0, 1, 1, "n_models: 0"},
             {MER_REPORT_MAX_RUNS + 1, 1, 1, "n_models: 17"},
             {1, MER_REPORT_MAX_RUNS + 1, 1, "n_tests: 17"},
             {1, 1, MER_REPORT_MAX_SEEDS + 1, "n_seeds: 101"},
             {INT32_MAX, INT32_MAX, INT32_MAX, "n_models"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const mer_runs_options options = {.size = sizeof options,
                                      .n_models = bad[i].n_models,
                                      .n_tests = bad[i].n_tests,
                                      .n_seeds = bad[i].n_seeds};
    mer_error err = {0};
    char *text;
    int32_t n_failed, which;
    assert_int_equal(mer_runs_check(&which, &options, &err), MER_STATUS_INVALID);
    assert_non_null(strstr(err.message, bad[i].name));
    assert_int_equal(mer_runs_compare(&text, &n_failed, &options, &err), MER_STATUS_INVALID);
    assert_null(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(zeroed_options_are_refused),
                                     cmocka_unit_test(counts_of_a_comparison_are_checked)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
