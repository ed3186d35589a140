/* test_report_html.c: the page: well-formed, escaped, complete, for many shapes of results. */
#include "base/file.h"
#include "markup_check.h"
#include "mer/report.h"
#include "report/measures.h"
#include "sample_results.h"
#include "test_support.h"

static char folder[64];

static int make_folder(void **state) {
  (void)state;
  make_temporary_folder(folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

/* Writes the page of a document (which is freed), checks it, and returns it. */
static char *render(json_t *root) {
  char path[128], fault[256], *page, *text = json_dumps(root, 0);
  size_t size;
  mer_error err = {0};
  json_decref(root);
  assert_non_null(text);
  snprintf(path, sizeof path, "%s/report.html", folder);
  assert_ok(mer_report_write_html(path, text, NULL, &err));
  assert_ok(mer__file_read(&page, &size, path, (size_t)1 << 28, &err));
  const char *wrong = markup_check(page, fault, sizeof fault);
  if (wrong) fail_msg("%s", wrong);
  free(text);
  return page;
}

static json_t *usual(void) { return sample_results(&(sample_shape){7, 4, 3, 5, 1}); }

/* How often `part` occurs. */
static int count(const char *page, const char *part) {
  int n = 0;
  for (; (page = strstr(page, part)); page++) n++;
  return n;
}

static void has_every_part(void **state) {
  (void)state;
  char *page = render(usual());
  assert_non_null(strstr(page, "Run 3"));
  assert_non_null(strstr(page, "always answering \u201clabel0\u201d"));
  assert_int_equal(count(page, "<svg "), 4 * 2 + 4 + 2); /* curves, matrices, bars */
  assert_int_equal(count(page, "<caption>"), 3 + 2 + 2 + 4);
  assert_int_equal(count(page, "class=\"cell hit\""), 4 * 7);
  assert_non_null(strstr(page, "mer compare"));
  assert_non_null(strstr(page, "not a person\u2019s inner state"));
  mer_report_free(page);
}

static void shapes(void **state) {
  (void)state;
  static const sample_shape list[] = {{2, 1, 1, 1, 0},   {7, 1, 1, 0, 0},  {20, 8, 2, 3, 1},
                                      {3, 16, 1, 2, 0},  {64, 1, 1, 1, 1}, {1, 1, 1, 2, 0},
                                      {2, 1, 100, 2, 1}, {2, 1, 2, 300, 1}};
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    mer_report_free(render(sample_results(&list[i])));
}

static void everything_is_escaped(void **state) {
  (void)state;
  static const char evil[] = "<script>alert('1')</script>&\"\x01";
  static const char *const places[] = {"title",
                                       "command",
                                       "created",
                                       "mer_version",
                                       "machine/cpu",
                                       "settings/seed",
                                       "data/path",
                                       "data/digest",
                                       "data/note",
                                       "data/labels/0",
                                       "majority/label",
                                       "runs/0/name",
                                       "runs/0/title",
                                       "runs/1/settings/epochs",
                                       "data/splits/train/clips/usable"};
  json_t *root = usual();
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    sample_set(root, places[i], json_string(evil));
  sample_set(sample_at(root, "runs/0/settings"), evil + 30, json_string(evil));
  json_object_set_new(sample_at(root, "settings"), evil, json_integer(1));
  json_object_set_new(sample_at(root, "data/splits/test/clips"), evil, json_integer(1));
  char *page = render(root);
  assert_null(strstr(page, "<script"));
  assert_true(count(page, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;\uFFFD") > 20);
  mer_report_free(page);
}

static void missing_values_are_dashes(void **state) {
  (void)state;
  static const char *const gone[] = {"command",
                                     "machine",
                                     "settings",
                                     "mer_version",
                                     "created",
                                     "data/splits",
                                     "data/path",
                                     "majority/train",
                                     "runs/0/seeds/0/train",
                                     "runs/0/settings",
                                     "runs/0/seeds/0/epochs",
                                     "runs/0/seeds/0/test/confusion",
                                     "runs/0/seeds/0/test/classes",
                                     "runs/0/seeds/0/test/intervals",
                                     "runs/0/seeds/0/test/accuracy"};
  json_t *root = sample_results(&(sample_shape){3, 1, 1, 2, 0});
  for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) sample_set(root, gone[i], NULL);
  sample_set(root, "runs/0/seeds/0/test/weighted_f1", json_null());
  char *page = render(root);
  assert_non_null(strstr(page, "No run has a weighted F1"));
  assert_non_null(strstr(page, "<td>\u2013</td>"));
  assert_null(strstr(page, ">nan"));
  assert_null(strstr(page, "Training by epoch"));
  mer_report_free(page);
}

/* The legend speaks of the majority's line only where there is one. */
static void legend_names_lines_that_are_there(void **state) {
  (void)state;
  static const char grey[] = "Grey, in the charts of accuracy: the majority";
  json_t *root = sample_results(&(sample_shape){3, 1, 1, 4, 0});
  char *page = render(json_incref(root));
  assert_int_equal(count(page, grey), 1);
  assert_int_equal(count(page, "<path class=\"reference\""), 1); /* not in that of the loss */
  mer_report_free(page);
  sample_set(root, "majority/test/accuracy", json_null());
  page = render(root);
  assert_non_null(strstr(page, "Training by epoch"));
  assert_null(strstr(page, grey));
  assert_null(strstr(page, "<path class=\"reference\""));
  mer_report_free(page);
}

static void gaps_and_outliers_in_curves(void **state) {
  (void)state;
  json_t *root = sample_results(&(sample_shape){3, 1, 2, 12, 1});
  sample_set(root, "runs/0/seeds/0/epochs/3/test/loss", json_null());
  sample_set(root, "runs/0/seeds/1/epochs/3/test/loss", json_null());
  sample_set(root, "runs/0/seeds/0/epochs/4/train", json_null());
  sample_set(root, "runs/0/seeds/0/epochs/0/train/loss", json_real(60));
  sample_set(root, "runs/0/seeds/1/epochs/5/dev/loss", json_real(1e308));
  char *page = render(root);
  assert_null(strstr(page, "nan"));
  assert_non_null(strstr(page, "\u2191 up to 60"));
  mer_report_free(page);
}

static void set_f1(json_t *root, int run, double f1, double low, double high) {
  char path[64];
  snprintf(path, sizeof path, "runs/%d/seeds/0/test/weighted_f1", run);
  sample_set(root, path, json_real(f1));
  snprintf(path, sizeof path, "runs/%d/seeds/0/test/intervals/weighted_f1", run);
  sample_set(root, path, json_pack("[ff]", low, high));
}

static json_t *two_runs(double majority) {
  json_t *root = sample_results(&(sample_shape){3, 2, 1, 0, 0});
  sample_set(root, "majority/test/weighted_f1", json_real(majority));
  return root;
}

static void answers_soberly(void **state) {
  (void)state;
  json_t *root = two_runs(0.313);
  set_f1(root, 0, 0.5, 0.48, 0.52);
  set_f1(root, 1, 0.612, 0.594, 0.63);
  char *page = render(root);
  assert_non_null(
      strstr(page,
             "<b>Run 1</b> has the highest weighted F1 on the test split: <b>61.2\u00a0%</b> "
             "(95\u00a0% interval 59.4 to 63.0\u00a0%), against 31.3\u00a0% for always"));
  assert_null(strstr(page, "tell them apart"));
  mer_report_free(page);

  root = two_runs(0.595);
  set_f1(root, 0, 0.6, 0.58, 0.61);
  set_f1(root, 1, 0.612, 0.594, 0.63);
  page = render(root);
  assert_non_null(strstr(page, "The interval includes the majority class"));
  assert_non_null(strstr(
      page, "lie also: Run 0 (60.0\u00a0%). This test split does not clearly tell them apart."));
  mer_report_free(page);

  root = two_runs(0.9);
  set_f1(root, 1, 0.612, 0.594, 0.63);
  page = render(root);
  assert_non_null(strstr(page, "no better than the majority class"));
  mer_report_free(page);
}

/* Two runs within each other's intervals, and a test of their difference of weighted F1. */
static char *render_tested(double low, double high) {
  json_t *root = two_runs(0.313), *pair;
  set_f1(root, 0, 0.6, 0.58, 0.61);
  set_f1(root, 1, 0.612, 0.594, 0.63);
  pair = json_pack("{ss,ss,si,sb}", "run", "run1", "other", "run0", "n", 100, "baseline", 1);
  for (int k = 0; k < MER__LOSS; k++)
    json_object_set_new(
        pair, mer__measure_key((mer__measure)k),
        json_pack("{sf,sf,s[ff]}", "difference", 0.012, "p", 0.03, "interval", low, high));
  json_object_set_new(root, "comparisons", json_pack("[o]", pair));
  return render(root);
}

static void trusts_the_test_of_a_difference(void **state) {
  (void)state;
  char *page = render_tested(0.002, 0.021);
  assert_null(strstr(page, "tell them apart"));
  assert_non_null(strstr(page, ">+0.2 to +2.1<"));
  mer_report_free(page);

  page = render_tested(-0.004, 0.021);
  assert_non_null(strstr(page, "lie also: Run 0"));
  assert_non_null(strstr(page, ">\u22120.4 to +2.1<"));
  mer_report_free(page);
}

static void names_the_lines_that_are_there(void **state) {
  (void)state;
  json_t *root = sample_results(&(sample_shape){3, 1, 1, 2, 1});
  char *page = render(root);
  assert_non_null(strstr(page, "Solid: test. Dashed: train"));
  mer_report_free(page);

  root = sample_results(&(sample_shape){3, 1, 1, 2, 1});
  for (int e = 0; e < 2; e++) {
    char path[64];
    snprintf(path, sizeof path, "runs/0/seeds/0/epochs/%d/test", e);
    sample_set(root, path, NULL);
  }
  page = render(root);
  assert_null(strstr(page, "Solid: test"));
  assert_non_null(strstr(page, "Dashed: train"));
  mer_report_free(page);
}

static void best_of_a_column_is_bold(void **state) {
  (void)state;
  json_t *root = two_runs(0.3);
  set_f1(root, 0, 0.61221, 0.58, 0.61);
  set_f1(root, 1, 0.61219, 0.594, 0.63);
  char *page = render(root);
  assert_int_equal(count(page, "<td><b>61.2</b>"), 2); /* equal digits are equally good */
  mer_report_free(page);
}

/* ROBUSTNESS of a seed, with a weighted F1. */
static json_t *disturbed(const char *kind, double amount, double f1) {
  return json_pack("{s:s, s:f, s:{s:i, s:f}}", "kind", kind, "amount", amount, "metrics", "n", 5,
                   "weighted_f1", f1);
}

/* One section, whose parts say whose they are. */
static void sections_of_several_runs_name_them(void **state) {
  (void)state;
  json_t *root = sample_results(&(sample_shape){3, 3, 2, 2, 1});
  sample_set(root, "runs/0/title", json_string("A & B"));
  json_object_set_new(
      sample_at(root, "runs/0/seeds/0"), "robustness",
      json_pack("[o, o]", disturbed("words", 0.5, 0.25), disturbed("words", 0.75, 0.125)));
  json_object_set_new(
      sample_at(root, "runs/2/seeds/0"), "robustness",
      json_pack("[o, o]", disturbed("words", 0.75, 0.375), disturbed("noise", 10, 0.4375)));
  for (int run = 0; run < 3; run += 2) {
    char place[32];
    snprintf(place, sizeof place, "runs/%d/seeds/0", run);
    json_object_set_new(
        sample_at(root, place), "examples",
        json_pack("[{s:s, s:s}]", "text", "What?", "image", "data:image/bmp;base64,Qk0="));
  }
  char *page = render(root);
  assert_int_equal(count(page, "<h2>Robustness, test split</h2>"), 1);
  assert_int_equal(count(page, "<h2>Surest mistakes, test split</h2>"), 1);
  const char *robustness = strstr(page, "<h2>Robustness"), *mistakes = strstr(page, "<h2>Surest");
  assert_int_equal(count(robustness, "</span>A &amp; B, seed 0</h3>"), 2);
  assert_int_equal(count(robustness, "</span>Run 2, seed 0</h3>"), 2);
  assert_int_equal(count(robustness, "</span>Run 1, seed 0</h3>"), 0);
  assert_int_equal(count(robustness, "<caption>Test split, disturbed"), 2);
  assert_int_equal(count(mistakes, "<img alt=\"\" src=\"data:image/bmp;base64,Qk0=\">"), 2);
  /* Each run has a line, where it has values. */
  assert_int_equal(count(robustness, "<title>A &amp; B, 50\u00a0%: 25.0 %</title>"), 1);
  assert_int_equal(count(robustness, "<title>A &amp; B, 75\u00a0%: 12.5 %</title>"), 1);
  assert_int_equal(count(robustness, "<title>Run 2, 75\u00a0%: 37.5 %</title>"), 1);
  assert_int_equal(count(robustness, "<title>Run 2, 10 dB: 43.8 %</title>"), 1);
  assert_int_equal(count(robustness, "<title>Run 2, 50"), 0);
  assert_null(strstr(robustness, "<title>UAR"));
  mer_report_free(page);
}

/* A page of one run needs no name for each section, and has room for two measures. */
static void sections_of_one_run_name_none(void **state) {
  (void)state;
  json_t *root = sample_results(&(sample_shape){3, 1, 1, 0, 0});
  json_object_set_new(sample_at(root, "runs/0/seeds/0"), "robustness",
                      json_pack("[o]", disturbed("words", 0.5, 0.25)));
  char *page = render(root);
  assert_null(strstr(page, "of-run\">"));
  assert_non_null(strstr(page, "<title>weighted F1, 50\u00a0%: 25.0 %</title>"));
  assert_non_null(strstr(page, "<title>UAR, none: "));
  mer_report_free(page);
}

static void failed_writing_is_told(void **state) {
  (void)state;
  json_t *root = usual();
  char *text = json_dumps(root, 0);
  mer_error err = {0};
  assert_int_not_equal(mer_report_write_html("/proc/nowhere/all.html", text, NULL, &err), MER_OK);
  assert_non_null(strstr(err.message, "/proc/nowhere/all.html"));
  free(text);
  json_decref(root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_every_part),
      cmocka_unit_test(shapes),
      cmocka_unit_test(everything_is_escaped),
      cmocka_unit_test(missing_values_are_dashes),
      cmocka_unit_test(legend_names_lines_that_are_there),
      cmocka_unit_test(gaps_and_outliers_in_curves),
      cmocka_unit_test(answers_soberly),
      cmocka_unit_test(trusts_the_test_of_a_difference),
      cmocka_unit_test(names_the_lines_that_are_there),
      cmocka_unit_test(best_of_a_column_is_bold),
      cmocka_unit_test(sections_of_several_runs_name_them),
      cmocka_unit_test(sections_of_one_run_name_none),
      cmocka_unit_test(failed_writing_is_told),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
