/* test_metrics_json.c: metrics and summaries as JSON. */
#include <jansson.h>

#include "mer/report.h"
#include "test_support.h"

static const int32_t truth[] = {0, 0, 1, 1, 1}, guess[] = {0, 1, 1, 1, 0};
static const char *const labels[] = {"no \"joy\"", "joy"};

static mer_metrics make(void) {
  mer_metrics m;
  assert_int_equal(mer_metrics_compute(&m, truth, guess, NULL, 5, 2, NULL), MER_OK);
  return m;
}

static double number(const json_t *object, const char *key) {
  assert_true(json_is_number(json_object_get(object, key)));
  return json_number_value(json_object_get(object, key));
}

static void metrics_are_complete(void **state) {
  (void)state;
  mer_metrics m = make();
  mer_bootstrap b = {{0.1, 0.2}, {0.3, 0.4}, {0.5, 0.6}, {0.7, NAN}};
  mer_error err = {0};
  char *text;
  assert_ok(mer_report_metrics_json(&text, &m, &b, labels, &err));
  assert_null(strchr(text, '\n'));
  json_t *root = json_loads(text, 0, NULL);
  assert_non_null(root);
  assert_near(number(root, "accuracy"), m.accuracy, 1e-14);
  assert_near(number(root, "weighted_f1"), m.weighted_f1, 1e-14);
  assert_near(number(root, "n"), 5, 0);
  assert_true(json_is_null(json_object_get(root, "loss"))); /* NaN */
  const json_t *second = json_array_get(json_object_get(root, "classes"), 0);
  assert_string_equal(json_string_value(json_object_get(second, "label")), labels[0]);
  assert_near(number(second, "support"), 2, 0);
  const json_t *row = json_array_get(json_object_get(root, "confusion"), 1);
  assert_int_equal(json_integer_value(json_array_get(row, 0)), 1);
  assert_int_equal(json_integer_value(json_array_get(row, 1)), 2);
  const json_t *intervals = json_object_get(root, "intervals");
  assert_near(json_number_value(json_array_get(json_object_get(intervals, "macro_f1"), 1)), 0.6,
              1e-14);
  assert_true(json_is_null(json_array_get(json_object_get(intervals, "uar"), 1)));
  assert_int_equal(json_object_size(intervals), 4);
  json_decref(root);
  mer_report_free(text);
}

static void intervals_are_optional(void **state) {
  (void)state;
  mer_metrics m = make();
  mer_error err = {0};
  char *text;
  assert_ok(mer_report_metrics_json(&text, &m, NULL, labels, &err));
  assert_null(strstr(text, "intervals"));
  mer_report_free(text);
  mer_report_free(NULL);
}

static void rejects_labels_that_are_no_utf8(void **state) {
  (void)state;
  mer_metrics m = make();
  const char *const bad[] = {"joy", "j\xffy"};
  mer_error err = {0};
  char *text;
  assert_int_equal(mer_report_metrics_json(&text, &m, NULL, bad, &err), MER_STATUS_INVALID);
  assert_string_equal(err.message, "metrics: label 1 is not UTF-8");
}

static void summary_is_mean_and_sample_deviation(void **state) {
  (void)state;
  mer_metrics m[3] = {make(), make(), make()};
  mer_error err = {0};
  char *text;
  m[0].accuracy = 0.5, m[1].accuracy = 0.6, m[2].accuracy = 0.7;
  assert_ok(mer_report_summary_json(&text, m, 3, &err));
  json_t *root = json_loads(text, 0, NULL);
  assert_near(number(json_object_get(root, "accuracy"), "mean"), 0.6, 1e-14);
  assert_near(number(json_object_get(root, "accuracy"), "deviation"), 0.1, 1e-14);
  assert_true(json_is_null(json_object_get(json_object_get(root, "loss"), "mean")));
  json_decref(root);
  mer_report_free(text);
  assert_ok(mer_report_summary_json(&text, m, 1, &err));
  assert_non_null(strstr(text, "\"accuracy\":{\"mean\":0.5,\"deviation\":null}"));
  mer_report_free(text);
  assert_int_equal(mer_report_summary_json(&text, m, 0, &err), MER_STATUS_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(metrics_are_complete),
      cmocka_unit_test(intervals_are_optional),
      cmocka_unit_test(rejects_labels_that_are_no_utf8),
      cmocka_unit_test(summary_is_mean_and_sample_deviation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
