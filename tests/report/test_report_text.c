/* test_report_text.c: tables for a terminal: values, alignment, names in any script. */
#include "mer/report.h"
#include "report/display_width.h"
#include "test_support.h"

static const int32_t train[] = {0, 0, 1}, truth[] = {0, 0, 1, 1, 1, 2},
                     guess[] = {0, 1, 1, 1, 0, 2};
static const char *const labels[] = {"neutral", "Überraschung", "喜び"};

static mer_metrics make(void) {
  mer_metrics m;
  assert_int_equal(mer_metrics_compute(&m, truth, guess, NULL, 6, 3, NULL), MER_OK);
  m.loss = 0.92345;
  return m;
}

static mer_metrics make_majority(void) {
  mer_metrics m;
  assert_int_equal(mer_metrics_majority(&m, train, 3, truth, 6, 3, NULL), MER_OK);
  return m;
}

/* Columns before the digit's place of `part` in the line that begins with `name`. */
static size_t column_of(const char *text, const char *name, const char *part) {
  char line[512];
  const char *begin = strstr(text, name);
  assert_non_null(begin);
  snprintf(line, sizeof line, "%.*s", (int)strcspn(begin, "\n"), begin);
  char *found = strstr(line, part);
  if (!found) fail_msg("no %s in: %s", part, line);
  *found = 0;
  return mer__display_width(line) + strlen(part);
}

/* Every line of a block (up to an empty line) must be equally wide. */
static void assert_aligned(const char *text) {
  char line[512];
  size_t width = 0;
  while (*text) {
    size_t size = strcspn(text, "\n");
    assert_true(size < sizeof line);
    memcpy(line, text, size);
    line[size] = 0;
    if (size == 0) width = 0;
    else if (width == 0) width = mer__display_width(line);
    else if (mer__display_width(line) != width) fail_msg("not aligned: %s", line);
    text += size + (text[size] == '\n');
  }
}

static void widths_are_columns(void **state) {
  (void)state;
  assert_int_equal(mer__display_width("joy"), 3);
  assert_int_equal(mer__display_width("Überraschung"), 12);
  assert_int_equal(mer__display_width("喜び"), 4);
  assert_int_equal(mer__display_width("e\u0301"), 1);
  assert_int_equal(mer__display_width("a\xff"), 2);
  assert_int_equal(mer__display_prefix("喜び", 3), 3);
  assert_int_equal(mer__display_prefix("joy", 9), 3);
}

static void table_is_aligned(void **state) {
  (void)state;
  mer_metrics m[2] = {make(), make()}, majority = make_majority();
  mer_bootstrap b = {.weighted_f1 = {0.5, 0.75}};
  m[1].accuracy = 0.5;
  const mer_report_row rows[] = {{"always neutral", &majority, 1, NULL},
                                 {"Sprache \u2013 schön", m, 2, NULL},
                                 {"融合", m, 1, &b}};
  mer_error err = {0};
  char *text;
  assert_ok(mer_report_table(&text, rows, 3, labels, &err));
  print_message("%s", text);
  assert_aligned(strstr(text, "\n\n") + 2);
  assert_int_equal(column_of(text, "always", "33.3"), column_of(text, "Sprache", "58.3"));
  assert_int_equal(column_of(text, "always", "16.7"), column_of(text, "融合", "66.7 [") - 2);
  assert_null(strstr(text, " \n"));
  assert_non_null(strstr(text, "58.3 \u00b111.8"));
  assert_non_null(strstr(text, "[50.0, 75.0]"));
  assert_non_null(strstr(text, "0.923"));
  assert_non_null(strstr(text, "Recall %"));
  mer_report_free(text);
  assert_ok(mer_report_table(&text, rows, 3, NULL, &err));
  assert_null(strstr(text, "Recall %"));
  mer_report_free(text);
}

static void classes_and_confusion(void **state) {
  (void)state;
  mer_metrics m = make();
  mer_error err = {0};
  char *text;
  assert_ok(mer_report_classes(&text, &m, labels, &err));
  print_message("%s", text);
  assert_aligned(text);
  assert_non_null(strstr(text, "Support"));
  assert_non_null(strstr(text, "true \\ predicted"));
  mer_report_free(text);
}

static void names_cannot_steer_the_terminal(void **state) {
  (void)state;
  mer_metrics m = make();
  const mer_report_row row = {"\x1b[2J\nrun", &m, 1, NULL};
  mer_error err = {0};
  char *text;
  assert_ok(mer_report_table(&text, &row, 1, NULL, &err));
  assert_null(strchr(text, '\x1b'));
  assert_aligned(text);
  mer_report_free(text);
}

static void rejects_bad_rows(void **state) {
  (void)state;
  mer_metrics m = make(), other = make();
  other.n_classes = 2;
  const mer_report_row none = {"a", &m, 0, NULL},
                       mixed[] = {{"a", &m, 1, NULL}, {"b", &other, 1, NULL}};
  mer_error err = {0};
  char *text;
  assert_int_equal(mer_report_table(&text, &none, 0, labels, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_report_table(&text, &none, 1, labels, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_report_table(&text, mixed, 2, labels, &err), MER_STATUS_INVALID);
  assert_string_equal(err.message, "table: row 1 has 2 classes, expected 3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(widths_are_columns),    cmocka_unit_test(table_is_aligned),
      cmocka_unit_test(classes_and_confusion), cmocka_unit_test(names_cannot_steer_the_terminal),
      cmocka_unit_test(rejects_bad_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
