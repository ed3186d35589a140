/* target_page.c: the page of one model of several labels, or of values, on one split: no scripts,
 * nothing from outside. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/sized_options.h"
#include "mer/report.h"
#include "report/calibration.h"
#include "report/html.h"
#include "report/report_page.h"
#include "report/svg.h"
#include "report/target_measures.h"
#include "tensor/json_memory.h"

/* What a page is made of. */
typedef struct target_page {
  mer__text_buffer *out;
  const mer_report_evaluation *e;
  const mer__target_measures *measures;
  const char *labels[MER_MAX_LABELS];
  int n_figures;
} target_page;

static const char constant_name[] = "Always the training mean";

static void put_measure(mer__text_buffer *out, const void *object, const mer__target_measure *m) {
  const double x = mer__target_measure_at(object, m);
  if (m->percent) mer__html_percent(out, x);
  else mer__html_number(out, x, 3);
}

static const char *title_of(const mer_report_evaluation *e) {
  return e->title ? e->title : e->name;
}

/* The measure that a model is chosen by, against that of constant answers. */
static void put_answer(target_page *p) {
  const mer__target_measure *m = &p->measures->overall[0];
  const bool of_labels = p->e->target_metrics->target == MER_TARGET_LABELS;
  mer__text_buffer *out = p->out;
  mer__text_puts(out, "<p class=\"answer\"><b>");
  mer__html_text(out, title_of(p->e));
  mer__text_printf(out, "</b> has a %s on the %s split of <b>", of_labels ? "macro F1" : "mean CCC",
                   mer_split_name(p->e->split));
  put_measure(out, p->e->target_metrics, m);
  mer__text_puts(out, of_labels ? "\u00a0%</b>, against " : "</b>, against ");
  put_measure(out, p->e->constant, m);
  mer__text_puts(out, of_labels ? "\u00a0% for always answering how frequent each label is in the "
                                  "training split.</p>\n"
                                : " for always answering the mean of the training split.</p>\n");
  mer__html_note(out, p->e->note);
}

static void put_columns(mer__text_buffer *out, const char *first, const mer__target_measure *m,
                        int n) {
  mer__text_puts(out, "<thead><tr>");
  mer__html_column(out, first, false);
  for (int i = 0; i < n; i++) {
    char title[64];
    snprintf(title, sizeof title, "%s%s", m[i].title, m[i].percent ? ",\u00a0%" : "");
    mer__html_column(out, title, true);
  }
}

static void put_cells(mer__text_buffer *out, const void *object, const mer__target_measure *m,
                      int n) {
  for (int i = 0; i < n; i++) {
    mer__text_puts(out, "<td>");
    put_measure(out, object, &m[i]);
    mer__text_puts(out, "</td>");
  }
}

static void put_overall(target_page *p) {
  const mer__target_measures *of = p->measures;
  mer__text_buffer *out = p->out;
  mer__html_section(out, "Measures");
  mer__html_table_open(out, "All rows of the split");
  put_columns(out, "Model", of->overall, of->n_overall);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n<tr class=\"majority\">");
  mer__html_row_title(out, constant_name, -1);
  put_cells(out, p->e->constant, of->overall, of->n_overall);
  mer__text_puts(out, "</tr>\n<tr>");
  mer__html_row_title(out, title_of(p->e), 0);
  put_cells(out, p->e->target_metrics, of->overall, of->n_overall);
  mer__text_puts(out, "</tr>\n");
  mer__html_table_close(out);
}

static void put_how_to_read(target_page *p) {
  const bool of_labels = p->e->target_metrics->target == MER_TARGET_LABELS;
  mer__text_puts(p->out, "<div class=\"reading\">\n<p><b>How to read this.</b> ");
  mer__text_puts(
      p->out,
      of_labels
          ? "A label is answered where its probability is .5 or more. Macro F1 is the mean over "
            "the "
            "labels, so that rare ones count like frequent ones; micro F1 counts all answers "
            "together; weighted F1 averages by frequency. Average precision asks how well a "
            "label\u2019s probability ranks the rows, whatever the threshold. The loss is the mean "
            "binary cross entropy."
          : "CCC, the concordance correlation coefficient, is 1 where answers and targets are the "
            "same, 0 where they have nothing in common; unlike Pearson\u2019s, it falls where the "
            "answers have another mean or spread. MAE is the mean absolute error, RMSE the root of "
            "the mean squared error, in the units of the data.");
  mer__text_puts(p->out,
                 " Results describe expression as labelled in the data, not a person\u2019s inner "
                 "state.</p>\n</div>\n</section>\n");
}

/* Bars of one measure of each. */
static void put_bars(target_page *p, const mer__target_measure *measure) {
  const mer_target_metrics *m = p->e->target_metrics;
  const char *run = title_of(p->e);
  double values[MER_MAX_LABELS];
  for (int32_t k = 0; k < m->n_labels; k++)
    values[k] = mer__target_measure_at(&m->labels[k], measure);
  mer__svg_bars(p->out, ++p->n_figures, measure->title, values, &run, 1, p->labels, m->n_labels);
}

static const mer__target_measure *find_measure(const mer__target_measures *of, const char *key) {
  const mer__target_measure *found = of->each;
  for (int i = 0; i < of->n_each; i++)
    if (strcmp(of->each[i].key, key) == 0) found = &of->each[i];
  return found;
}

/* Answers against targets of each value. */
static void put_points(target_page *p) {
  const mer_predictions *rows = p->e->predictions;
  mer__text_puts(p->out, "<div class=\"grid\">\n");
  for (int32_t k = 0; rows && k < rows->n_classes; k++) {
    mer__text_puts(p->out, "<figure>\n<figcaption>");
    mer__html_text(p->out, p->labels[k]);
    mer__text_puts(p->out, "</figcaption>\n");
    mer__svg_scatter(p->out, ++p->n_figures, "Answers and targets", rows->targets, rows->probs,
                     rows->n, rows->n_classes, k);
    mer__text_puts(p->out, "</figure>\n");
  }
  mer__text_puts(p->out, "</div>\n");
}

static void put_figures(target_page *p) {
  if (!p->measures->has_support) {
    put_points(p);
    return;
  }
  mer__text_puts(p->out, "<figure><div class=\"pair\">\n");
  put_bars(p, find_measure(p->measures, "f1"));
  put_bars(p, find_measure(p->measures, "average_precision"));
  mer__text_puts(p->out, "</div></figure>\n");
}

static void put_each(target_page *p) {
  const mer__target_measures *of = p->measures;
  const mer_target_metrics *m = p->e->target_metrics;
  mer__text_buffer *out = p->out;
  mer__html_section(out, of->has_support ? "By label" : "By value");
  put_figures(p);
  mer__html_table_open(out, of->has_support ? "Each label" : "Each value");
  put_columns(out, of->has_support ? "Label" : "Value", of->each, of->n_each);
  if (of->has_support) mer__html_column(out, "Rows that have it", true);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  for (int32_t k = 0; k < m->n_labels; k++) {
    mer__text_puts(out, "<tr>");
    mer__html_row_title(out, p->labels[k], -1);
    put_cells(out, &m->labels[k], of->each, of->n_each);
    if (of->has_support) mer__text_printf(out, "<td>%lld</td>", (long long)m->labels[k].support);
    mer__text_puts(out, "</tr>\n");
  }
  mer__html_table_close(out);
  mer__text_puts(out, "</section>\n");
}

static void put_calibration(target_page *p) {
  if (!p->e->calibration) return;
  mer__html_section(p->out, "Calibration");
  mer__page_reliability_legend(p->out, p->e->calibration->target);
  mer__page_reliability(p->out, ++p->n_figures, p->e->calibration, p->e->uncalibrated);
  mer__text_puts(p->out, "</section>\n");
}

static void put_count(mer__text_buffer *out, const char *key, int64_t n) {
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)n);
  mer__html_pair(out, key, text);
}

/* The settings of the model's training that are plain values. */
static void put_training(mer__text_buffer *out, const char *config) {
  const char *key;
  json_t *value;
  mer__json_watch();
  json_t *root = config ? mer__json_parse(config, strlen(config), 0, NULL) : NULL;
  json_object_foreach(json_object_get(root, "training"), key, value) {
    if (json_is_object(value) || json_is_array(value)) continue;
    char *text = json_is_string(value)
                     ? NULL
                     : mer__json_dump(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    mer__html_pair(out, key, text ? text : json_string_value(value));
    free(text);
  }
  out->failed |= mer__json_no_memory();
  json_decref(root);
}

static void put_origin(target_page *p) {
  const mer_report_evaluation *e = p->e;
  mer__text_buffer *out = p->out;
  mer__html_section(out, "Data and settings");
  mer__html_command(out, e->command);
  mer__text_puts(out, "<dl class=\"settings\">\n");
  mer__html_pair(out, "data", e->data_path);
  mer__html_pair(out, "digest", mer_dataset_digest(e->dataset));
  mer__html_pair(out, "split", mer_split_name(e->split));
  put_count(out, "utterances", e->target_metrics->n);
  if (e->n_without_input) put_count(out, "utterances without input", e->n_without_input);
  mer__html_pair(out, "mer", MER_VERSION);
  mer__html_pair(out, "created", e->created);
  put_training(out, e->model_config);
  mer__text_puts(out, "</dl>\n</section>\n");
}

static mer_status write_page(const char *path, const mer_report_evaluation *e,
                             const mer_monitor *monitor, mer_error *err) {
  mer__text_buffer out = {0}, title = {0};
  target_page p = {
      .out = &out, .e = e, .measures = mer__target_measures_of(e->target_metrics->target)};
  for (int32_t k = 0; k < e->target_metrics->n_labels; k++)
    p.labels[k] = mer_dataset_label(e->dataset, k);
  mer__text_printf(&title, "%s on the %s split", title_of(e), mer_split_name(e->split));
  mer__page_head(&out, title.data);
  put_answer(&p);
  put_overall(&p);
  put_how_to_read(&p);
  put_each(&p);
  put_calibration(&p);
  put_origin(&p);
  mer__text_puts(&out, "</main>\n</body>\n</html>\n");
  mer_status status = out.failed || title.failed
                          ? mer__fail_memory(err)
                          : mer_file_write(path, out.data, out.size, monitor, err);
  mer__text_clear(&out);
  mer__text_clear(&title);
  return status;
}

mer_status mer_report_target_page(const char *path, const mer_report_evaluation *evaluation,
                                  const mer_monitor *monitor, mer_error *err) {
  mer_report_evaluation e = {.size = sizeof e};
  mer_status status = mer__options_read(&e, sizeof e, evaluation, "mer_report_evaluation", err);
  if (status != MER_OK) return status;
  if (!e.target_metrics || !e.constant || !e.dataset ||
      mer_dataset_n_labels(e.dataset) != e.target_metrics->n_labels)
    return mer__fail(err, MER_STATUS_INVALID, "a page needs metrics and the data set's labels");
  return write_page(path, &e, monitor, err);
}
