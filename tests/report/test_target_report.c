/* test_target_report.c: JSON, tables and pages of several labels, and of values. */
#include <jansson.h>

#include "data/data_support.h"
#include "mer/report.h"
#include "report/markup_check.h"

enum { ROWS = 4 };
static const char *const labels[] = {"joy", "fear & <awe>"};
static const float truth[] = {1, 0, 1, 1, 0, 1, 0, 0},
                   probs[] = {.9f, .2f, .4f, .8f, .1f, .3f, .6f, .1f};
static const float wanted[] = {-1, 2, 0, 1, 1, 0, .5f, .5f},
                   found[] = {-.8f, 1.5f, .1f, 1, .7f, .3f, .5f, .4f};

static mer_dataset *dataset;

static int begin(void **state) {
  mer_dataset_options o;
  set_up(state);
  put("manifest.csv", "split,text,label\ntest,a,joy\n");
  mer_dataset_options_init(&o, sizeof o);
  o.labels = labels;
  o.n_labels = 2;
  dataset = open_path(in_folder("manifest.csv"), &o);
  return 0;
}

static int end(void **state) {
  mer_dataset_close(dataset);
  return tear_down(state);
}

static mer_target_metrics measure(mer_target target) {
  const bool of_labels = target == MER_TARGET_LABELS;
  mer_target_metrics m;
  mer_error err = {0};
  assert_ok(mer_target_metrics_compute(&m, target, of_labels ? truth : wanted,
                                       of_labels ? probs : found, ROWS, 2, &err));
  return m;
}

static mer_target_metrics constant(mer_target target) {
  const float *targets = target == MER_TARGET_LABELS ? truth : wanted;
  mer_target_metrics m;
  mer_error err = {0};
  assert_ok(mer_target_metrics_constant(&m, target, targets, ROWS, targets, ROWS, 2, &err));
  return m;
}

static double number(const json_t *object, const char *key) {
  if (!json_is_number(json_object_get(object, key))) fail_msg("no number %s", key);
  return json_number_value(json_object_get(object, key));
}

static void json_has_the_measures(void **state) {
  (void)state;
  char *text;
  mer_error err = {0};
  mer_target_metrics m = measure(MER_TARGET_LABELS);
  assert_ok(mer_report_target_json(&text, &m, labels, &err));
  json_t *root = json_loads(text, 0, NULL);
  mer_report_free(text);
  assert_near(number(root, "macro_f1"), m.macro_f1, 1e-12);
  assert_near(number(root, "map"), m.map, 1e-12);
  assert_int_equal(number(root, "n"), ROWS);
  const json_t *second = json_array_get(json_object_get(root, "labels"), 1);
  assert_string_equal(json_string_value(json_object_get(second, "label")), labels[1]);
  assert_int_equal(number(second, "support"), 2);
  assert_null(json_object_get(root, "ccc"));
  json_decref(root);

  m = constant(MER_TARGET_VALUES);
  assert_ok(mer_report_target_json(&text, &m, labels, &err));
  root = json_loads(text, 0, NULL);
  mer_report_free(text);
  assert_true(json_is_null(json_object_get(root, "pearson"))); /* of constant answers */
  const json_t *first = json_array_get(json_object_get(root, "values"), 0);
  assert_string_equal(json_string_value(json_object_get(first, "value")), "joy");
  assert_near(number(first, "rmse"), m.labels[0].rmse, 1e-12);
  json_decref(root);

  static const char *const broken[] = {"joy", "\xff"};
  assert_int_equal(mer_report_target_json(&text, &m, broken, &err), MER_STATUS_INVALID);
}

static void tables_have_the_measures(void **state) {
  (void)state;
  char *text;
  mer_error err = {0};
  const mer_target_metrics m = measure(MER_TARGET_LABELS), c = constant(MER_TARGET_LABELS),
                           values = measure(MER_TARGET_VALUES);
  const mer_report_target_row rows[] = {{"constant", &c}, {"model", &m}},
                              mixed[] = {{"a", &m}, {"b", &values}};
  assert_ok(mer_report_target_table(&text, rows, 2, labels, &err));
  assert_non_null(strstr(text, "Macro F1 %"));
  assert_non_null(strstr(text, "\nmodel "));
  assert_non_null(strstr(text, "Support"));
  mer_report_free(text);
  assert_ok(mer_report_target_table(&text, &mixed[1], 1, labels, &err));
  assert_non_null(strstr(text, "CCC"));
  assert_null(strstr(text, "%"));
  mer_report_free(text);
  assert_int_equal(mer_report_target_table(&text, mixed, 2, labels, &err), MER_STATUS_INVALID);
}

/* The page of a target, for free(). */
static char *page_of(mer_target target, const mer_predictions *predictions) {
  char path[128], *html;
  size_t size;
  mer_error err = {0};
  const mer_target_metrics m = measure(target), c = constant(target);
  const mer_report_evaluation e = {.size = sizeof e,
                                   .name = "a <b> model",
                                   .model_config =
                                       "{\"training\": {\"lr\": 0.001, \"loss\": \"mse\", "
                                       "\"labels\": [\"x\"]}}",
                                   .dataset = dataset,
                                   .split = MER_SPLIT_DEV,
                                   .data_path = "D",
                                   .command = "mer eval m --data D",
                                   .target_metrics = &m,
                                   .constant = &c,
                                   .predictions = predictions};
  snprintf(path, sizeof path, "%s/page.html", folder);
  assert_ok(mer_report_target_page(path, &e, NULL, &err));
  assert_ok(mer__file_read(&html, &size, path, 1 << 20, &err));
  return html;
}

static void assert_page(const char *html, const char *const *parts) {
  char fault[200];
  const char *wrong = markup_check(html, fault, sizeof fault);
  if (wrong) fail_msg("%s", wrong);
  for (; *parts; parts++)
    if (!strstr(html, *parts)) fail_msg("no '%s'", *parts);
}

static void pages_are_whole(void **state) {
  (void)state;
  static const char *const of_labels[] = {"a &lt;b&gt; model on the dev split",
                                          "macro F1",
                                          "Average precision",
                                          "fear &amp; &lt;awe&gt;",
                                          "0.001",
                                          NULL},
                           *const of_values[] = {"mean CCC", "class=\"diagonal\"", "RMSE", NULL};
  char *html = page_of(MER_TARGET_LABELS, NULL);
  assert_page(html, of_labels);
  mer__free(html);
  float targets[2 * ROWS], answers[2 * ROWS];
  memcpy(targets, wanted, sizeof targets);
  memcpy(answers, found, sizeof answers);
  const mer_predictions predictions = {
      .n = ROWS, .n_classes = 2, .probs = answers, .targets = targets};
  html = page_of(MER_TARGET_VALUES, &predictions);
  assert_page(html, of_values);
  mer__free(html);
  html = page_of(MER_TARGET_VALUES, NULL);
  assert_null(strstr(html, "<circle"));
  mer__free(html);
}

static void a_page_needs_its_measures(void **state) {
  (void)state;
  mer_error err = {0};
  const mer_report_evaluation e = {.size = sizeof e, .name = "m", .dataset = dataset};
  assert_int_equal(mer_report_target_page("nowhere", &e, NULL, &err), MER_STATUS_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_has_the_measures),
      cmocka_unit_test(tables_have_the_measures),
      cmocka_unit_test(pages_are_whole),
      cmocka_unit_test(a_page_needs_its_measures),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
