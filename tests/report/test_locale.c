/* test_locale.c: a program whose locale has a decimal comma gets the same page, tables, JSON and
 * messages as any other. */
#include <locale.h>

#include "base/error.h"
#include "base/file.h"
#include "mer/report.h"
#include "sample_results.h"
#include "test_support.h"

static char folder[64];

/* Takes a locale with a decimal comma: one made for the test, or one that the machine has. */
static bool take_locale(void) {
  char command[256];
  snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' 2>&1 >/dev/null",
           folder);
  if (system(command) == 0) setenv("LOCPATH", folder, 1);
  return setlocale(LC_ALL, "de_DE.UTF-8") && strcmp(localeconv()->decimal_point, ",") == 0;
}

/* Everything with numbers, in one text, for free(). */
static char *make_all(void) {
  static const int32_t truth[] = {0, 0, 1, 1, 1, 2}, guess[] = {0, 1, 1, 1, 0, 2};
  static const char *const labels[] = {"joy", "anger", "fear"};
  char path[128], *page, *table, *classes, *json, *all, *results;
  size_t size;
  mer_error err = {0}, message = {0};
  mer_metrics m;
  mer_bootstrap interval;
  json_t *root = sample_results(&(sample_shape){7, 4, 3, 5, 1});
  results = json_dumps(root, 0);
  json_decref(root);
  snprintf(path, sizeof path, "%s/report.html", folder);
  assert_ok(mer_report_write_html(path, results, NULL, &err));
  assert_ok(mer__file_read(&page, &size, path, (size_t)1 << 28, &err));
  assert_ok(mer_metrics_compute(&m, truth, guess, NULL, 6, 3, &err));
  m.loss = 0.92345;
  assert_ok(mer_metrics_bootstrap(&interval, truth, guess, 6, 3, 100, 1, &err));
  const mer_report_row row = {"a model", &m, 1, &interval};
  assert_ok(mer_report_table(&table, &row, 1, labels, &err));
  assert_ok(mer_report_classes(&classes, &m, labels, &err));
  assert_ok(mer_report_metrics_json(&json, &m, &interval, labels, &err));
  mer__fail(&message, MER_STATUS_LIMIT, "%.1f s long", 2.5);
  size = strlen(page) + strlen(table) + strlen(classes) + strlen(json) + 1024;
  all = malloc(size);
  assert_non_null(all);
  snprintf(all, size, "%s%s%s%s%s", page, table, classes, json, message.message);
  free(results);
  mer_report_free(page);
  mer_report_free(table);
  mer_report_free(classes);
  mer_report_free(json);
  return all;
}

static void numbers_are_the_same_in_every_locale(void **state) {
  (void)state;
  char number[16], *before = make_all();
  bool found = take_locale();
  if (!found) {
    free(before);
    print_message("skipped: no locale with a decimal comma (package locales)\n");
    skip();
  }
  snprintf(number, sizeof number, "%.1f", 2.5);
  assert_string_equal(number, "2,5"); /* so the locale is in force */
  char *after = make_all();
  assert_non_null(strstr(after, "2.5 s long"));
  assert_string_equal(before, after);
  snprintf(number, sizeof number, "%.1f", 2.5);
  assert_string_equal(number, "2,5"); /* and stays so */
  free(before);
  free(after);
}

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_the_same_in_every_locale),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
