/* target_text.c: metrics of several labels, or of values, as JSON and as plain text for a terminal.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "mer/report.h"
#include "report/metrics_json.h"
#include "report/target_measures.h"
#include "report/text_table.h"
#include "tensor/json_memory.h"

static json_t *measures_to_json(const void *object, const mer__target_measure *measures, int n) {
  json_t *json = json_object();
  int failed = 0;
  for (int i = 0; i < n; i++)
    failed |= json_object_set_new(json, measures[i].key,
                                  mer__real_to_json(mer__target_measure_at(object, &measures[i])));
  if (!failed) return json;
  json_decref(json);
  return NULL;
}

static json_t *each_to_json(const mer_target_metrics *m, const char *const *labels) {
  const mer__target_measures *of = mer__target_measures_of(m->target);
  json_t *list = json_array();
  int failed = 0;
  for (int32_t k = 0; k < m->n_labels; k++) {
    json_t *one = json_object(), *measures = measures_to_json(&m->labels[k], of->each, of->n_each);
    failed |= json_object_set_new(one, of->one, json_string(labels[k]));
    failed |= json_object_update(one, measures);
    if (of->has_support)
      failed |= json_object_set_new(one, "support", json_integer(m->labels[k].support));
    failed |= json_array_append_new(list, one);
    json_decref(measures);
  }
  if (!failed) return list;
  json_decref(list);
  return NULL;
}

mer_status mer_report_target_json(char **json, const mer_target_metrics *metrics,
                                  const char *const *labels, mer_error *err) {
  const mer__target_measures *of = mer__target_measures_of(metrics->target);
  mer__json_watch();
  json_t *root = json_object(), *measures = measures_to_json(metrics, of->overall, of->n_overall);
  int failed = json_object_set_new(root, "n", json_integer(metrics->n));
  failed |= json_object_update(root, measures);
  failed |= json_object_set_new(root, of->all, each_to_json(metrics, labels));
  char *text = failed ? NULL : mer__json_dump(root, JSON_COMPACT | JSON_REAL_PRECISION(15));
  json_decref(measures);
  json_decref(root);
  *json = text ? mer__strdup(text) : NULL;
  free(text);
  if (*json) return MER_OK;
  if (text || mer__json_no_memory()) return mer__fail_memory(err);
  return mer__fail(err, MER_STATUS_INVALID, "metrics: a label is not UTF-8");
}

static void add_titles(mer__text_table *table, const mer__target_measure *measures, int n) {
  mer__text_table_add(table, "%s", "");
  for (int i = 0; i < n; i++)
    mer__text_table_add(table, measures[i].percent ? "%s %%" : "%s", measures[i].title);
}

static void add_row(mer__text_table *table, const char *name, const void *object,
                    const mer__target_measure *measures, int n) {
  mer__text_table_add(table, "%s", name);
  for (int i = 0; i < n; i++) {
    const double x = mer__target_measure_at(object, &measures[i]);
    if (measures[i].percent) mer__text_table_percent(table, x);
    else mer__text_table_add(table, isfinite(x) ? "%.3f" : "-", x);
  }
}

static void print_overall(mer__text_buffer *out, const mer_report_target_row *rows,
                          int32_t n_rows) {
  const mer__target_measures *of = mer__target_measures_of(rows[0].metrics->target);
  mer__text_table table = {.n_columns = 1 + (size_t)of->n_overall};
  add_titles(&table, of->overall, of->n_overall);
  for (int32_t r = 0; r < n_rows; r++)
    add_row(&table, rows[r].name, rows[r].metrics, of->overall, of->n_overall);
  mer__text_table_print(out, &table);
  mer__text_table_clear(&table);
}

static void print_each(mer__text_buffer *out, const mer_target_metrics *m,
                       const char *const *labels) {
  const mer__target_measures *of = mer__target_measures_of(m->target);
  mer__text_table table = {.n_columns = 1 + (size_t)of->n_each + of->has_support};
  add_titles(&table, of->each, of->n_each);
  if (of->has_support) mer__text_table_add(&table, "Support");
  for (int32_t k = 0; k < m->n_labels; k++) {
    add_row(&table, labels[k], &m->labels[k], of->each, of->n_each);
    if (of->has_support) mer__text_table_add(&table, "%lld", (long long)m->labels[k].support);
  }
  mer__text_table_print(out, &table);
  mer__text_table_clear(&table);
}

mer_status mer_report_target_table(char **text, const mer_report_target_row *rows, int32_t n_rows,
                                   const char *const *labels, mer_error *err) {
  mer__text_buffer out = {0};
  if (n_rows < 1) return mer__fail(err, MER_STATUS_INVALID, "table: no rows");
  for (int32_t r = 1; r < n_rows; r++)
    if (rows[r].metrics->target != rows[0].metrics->target)
      return mer__fail(err, MER_STATUS_INVALID, "table: rows of labels and of values");
  print_overall(&out, rows, n_rows);
  mer__text_puts(&out, "\n");
  print_each(&out, rows[n_rows - 1].metrics, labels);
  if (out.failed) {
    mer__text_clear(&out);
    return mer__fail_memory(err);
  }
  *text = out.data;
  return MER_OK;
}
