/* report_text.c: comparison, classes and confusion matrix as plain text for a terminal. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/format.h"
#include "mer/report.h"
#include "report/display_width.h"
#include "report/measures.h"
#include "report/text_table.h"

/* Hands the text of a buffer over to the caller. */
static mer_status give(char **text, mer__text_buffer *out, mer_error *err) {
  if (out->failed) {
    mer__text_clear(out);
    return mer__fail_memory(err);
  }
  *text = out->data;
  *out = (mer__text_buffer){0};
  return MER_OK;
}

/* What stands after the mean: "", " \u00b10.4", " [59.4, 63.2]" or both. Returns its columns. */
static int format_suffix(char text[96], const mer_report_row *row, mer__measure measure) {
  mer__mean m = mer__measure_mean(row->metrics, row->n_seeds, measure);
  const mer_interval *i =
      measure == MER__WEIGHTED_F1 ? mer__measure_interval(row->bootstrap, measure) : NULL;
  double unit = measure == MER__LOSS ? 1 : 100;
  int size = 0;
  text[0] = 0;
  if (isfinite(m.deviation))
    size = mer__format(text, 48, " \u00b1%.*f", measure == MER__LOSS ? 3 : 1, unit * m.deviation);
  if (size >= 0 && size < 48 && i && isfinite(i->low) && isfinite(i->high))
    mer__format(text + size, 48, " [%.1f, %.1f]", 100 * i->low, 100 * i->high);
  return (int)mer__display_width(text);
}

/* The mean and its suffix, the latter filled up to `width` columns so that the means stand below
 * each other. */
static void add_measure(mer__text_table *table, const mer_report_row *row, mer__measure measure,
                        int width) {
  char suffix[96];
  mer__mean m = mer__measure_mean(row->metrics, row->n_seeds, measure);
  int blanks = width - format_suffix(suffix, row, measure);
  if (!isfinite(m.mean)) mer__text_table_add(table, "-%*s", width, "");
  else if (measure == MER__LOSS)
    mer__text_table_add(table, "%.3f%s%*s", m.mean, suffix, blanks, "");
  else mer__text_table_add(table, "%.1f%s%*s", 100 * m.mean, suffix, blanks, "");
}

static void print_measures(mer__text_buffer *out, const mer_report_row *rows, int32_t n_rows) {
  mer__text_table table = {.n_columns = 1 + MER__N_MEASURES};
  int widths[MER__N_MEASURES] = {0};
  char suffix[96];
  mer__text_table_add(&table, "%s", "");
  for (int k = 0; k < MER__N_MEASURES; k++) {
    mer__text_table_add(&table, k == MER__LOSS ? "%s" : "%s %%",
                        mer__measure_title((mer__measure)k));
    for (int32_t r = 0; r < n_rows; r++) {
      int width = format_suffix(suffix, &rows[r], (mer__measure)k);
      if (width > widths[k]) widths[k] = width;
    }
  }
  for (int32_t r = 0; r < n_rows; r++) {
    mer__text_table_add(&table, "%s", rows[r].name);
    for (int k = 0; k < MER__N_MEASURES; k++)
      add_measure(&table, &rows[r], (mer__measure)k, widths[k]);
  }
  mer__text_table_print(out, &table);
  mer__text_table_clear(&table);
}

static double class_mean(const mer_report_row *row, int32_t c, bool f1) {
  double sum = 0;
  for (int32_t s = 0; s < row->n_seeds; s++) {
    const mer_class_metrics *k = &row->metrics[s].classes[c];
    sum += f1 ? k->f1 : k->recall;
  }
  return sum / row->n_seeds;
}

/* F1 or recall of each class and row. */
static void print_by_class(mer__text_buffer *out, const mer_report_row *rows, int32_t n_rows,
                           const char *const *labels, bool f1) {
  int32_t n_classes = rows[0].metrics->n_classes;
  mer__text_table table = {.n_columns = 1 + (size_t)n_classes};
  mer__text_table_add(&table, f1 ? "F1 %%" : "Recall %%");
  for (int32_t c = 0; c < n_classes; c++) mer__text_table_add(&table, "%s", labels[c]);
  for (int32_t r = 0; r < n_rows; r++) {
    mer__text_table_add(&table, "%s", rows[r].name);
    for (int32_t c = 0; c < n_classes; c++)
      mer__text_table_percent(&table, class_mean(&rows[r], c, f1));
  }
  mer__text_puts(out, "\n");
  mer__text_table_print(out, &table);
  mer__text_table_clear(&table);
}

static mer_status check_rows(const mer_report_row *rows, int32_t n_rows, mer_error *err) {
  if (n_rows < 1) return mer__fail(err, MER_STATUS_INVALID, "table: no rows");
  for (int32_t r = 0; r < n_rows; r++) {
    if (rows[r].n_seeds < 1)
      return mer__fail(err, MER_STATUS_INVALID, "table: row %d has no metrics", (int)r);
    for (int32_t s = 0; s < rows[r].n_seeds; s++)
      if (rows[r].metrics[s].n_classes != rows[0].metrics[0].n_classes)
        return mer__fail(err, MER_STATUS_INVALID, "table: row %d has %d classes, expected %d",
                         (int)r, (int)rows[r].metrics[s].n_classes,
                         (int)rows[0].metrics[0].n_classes);
  }
  return MER_OK;
}

mer_status mer_report_table(char **text, const mer_report_row *rows, int32_t n_rows,
                            const char *const *labels, mer_error *err) {
  mer_status status = check_rows(rows, n_rows, err);
  if (status != MER_OK) return status;
  mer__text_buffer out = {0};
  print_measures(&out, rows, n_rows);
  if (labels) {
    print_by_class(&out, rows, n_rows, labels, true);
    print_by_class(&out, rows, n_rows, labels, false);
  }
  return give(text, &out, err);
}

static void print_classes(mer__text_buffer *out, const mer_metrics *m, const char *const *labels) {
  mer__text_table table = {.n_columns = 5};
  static const char *const titles[] = {"", "Precision %", "Recall %", "F1 %", "Support"};
  for (size_t i = 0; i < 5; i++) mer__text_table_add(&table, "%s", titles[i]);
  for (int32_t c = 0; c < m->n_classes; c++) {
    mer__text_table_add(&table, "%s", labels[c]);
    mer__text_table_percent(&table, m->classes[c].precision);
    mer__text_table_percent(&table, m->classes[c].recall);
    mer__text_table_percent(&table, m->classes[c].f1);
    mer__text_table_add(&table, "%lld", (long long)m->classes[c].support);
  }
  mer__text_table_print(out, &table);
  mer__text_table_clear(&table);
}

static void print_confusion(mer__text_buffer *out, const mer_metrics *m,
                            const char *const *labels) {
  mer__text_table table = {.n_columns = 1 + (size_t)m->n_classes};
  mer__text_table_add(&table, "true \\ predicted");
  for (int32_t c = 0; c < m->n_classes; c++) mer__text_table_add(&table, "%s", labels[c]);
  for (int32_t c = 0; c < m->n_classes; c++) {
    mer__text_table_add(&table, "%s", labels[c]);
    for (int32_t p = 0; p < m->n_classes; p++)
      mer__text_table_add(&table, "%lld", (long long)m->confusion[c][p]);
  }
  mer__text_table_print(out, &table);
  mer__text_table_clear(&table);
}

mer_status mer_report_classes(char **text, const mer_metrics *metrics, const char *const *labels,
                              mer_error *err) {
  mer__text_buffer out = {0};
  print_classes(&out, metrics, labels);
  mer__text_puts(&out, "\n");
  print_confusion(&out, metrics, labels);
  return give(text, &out, err);
}
