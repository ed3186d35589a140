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

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(zeroed_options_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
