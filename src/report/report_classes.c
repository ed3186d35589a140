/* report_classes.c: what each run does with each class of the test split: confusion matrices, bars
 * and a table. */
#include <string.h>

#include "mer/report.h"
#include "report/html.h"
#include "report/report_page.h"
#include "report/svg.h"

/* Most labels side by side in a table. */
enum { MOST_COLUMNS = 9 };

bool mer__run_confusion(int64_t *counts, const mer__results_run *run, int32_t n) {
  bool any = false;
  memset(counts, 0, (size_t)n * (size_t)n * sizeof *counts);
  for (int32_t s = 0; s < run->n_seeds; s++) {
    const mer__results_metrics *m = &run->seeds[s].splits[MER_SPLIT_TEST];
    if (!m->has_confusion) continue;
    any = true;
    for (int32_t t = 0; t < n; t++)
      for (int32_t p = 0; p < n; p++) counts[t * n + p] += m->values.confusion[t][p];
  }
  return any;
}

static void put_confusion(mer__page *page, int32_t index) {
  const mer__results *results = page->results;
  const mer__results_run *run = &results->runs[index];
  static const char title[] = "Confusion matrix on the test split";
  int64_t counts[MER_MAX_CLASSES * MER_MAX_CLASSES];
  if (!mer__run_confusion(counts, run, results->n_labels)) return;
  mer__text_puts(page->out, "<figure>\n<figcaption>");
  mer__html_swatch(page->out, mer__html_colour(index));
  mer__html_text(page->out, run->title);
  if (run->n_seeds > 1)
    mer__text_printf(page->out, "<span class=\"aside\">, sum of %d seeds</span>",
                     (int)run->n_seeds);
  mer__text_puts(page->out, "</figcaption>\n<div class=\"scroll\">\n");
  mer__svg_confusion(page->out, ++page->n_figures, title, counts, results->labels,
                     results->n_labels);
  mer__text_puts(page->out, "</div>\n</figure>\n");
}

void mer__page_confusions(mer__page *page) {
  mer__html_section(page->out, "Confusion matrices, test split");
  mer__text_puts(
      page->out,
      "<p class=\"legend\">Rows are true labels, columns predictions. Numbers count utterances; "
      "the colour is the share of the row, so that a strong diagonal means high recall.</p>\n");
  mer__text_printf(page->out, "<div class=\"%s\">\n",
                   page->results->n_labels > 8 ? "stack" : "grid");
  for (int32_t r = 0; r < page->results->n_runs; r++) put_confusion(page, r);
  mer__text_puts(page->out, "</div>\n</section>\n");
}

static void put_legend(mer__text_buffer *out, const mer__results *results) {
  mer__text_puts(out, "<p class=\"keys\">");
  for (int32_t r = 0; r < results->n_runs; r++) {
    mer__text_puts(out, "<span>");
    mer__html_swatch(out, mer__html_colour(r));
    mer__html_text(out, results->runs[r].title);
    mer__text_puts(out, "</span>\n");
  }
  mer__text_puts(out, "</p>\n");
}

static void put_bars(mer__page *page, bool f1) {
  const mer__results *results = page->results;
  const char *titles[MER_REPORT_MAX_RUNS];
  double means[MER_REPORT_MAX_RUNS * MER_MAX_CLASSES];
  for (int32_t r = 0; r < results->n_runs; r++) {
    titles[r] = results->runs[r].title;
    for (int32_t c = 0; c < results->n_labels; c++)
      means[r * results->n_labels + c] = mer__run_class_mean(&results->runs[r], c, f1);
  }
  mer__svg_bars(page->out, ++page->n_figures, f1 ? "F1" : "Recall", means, titles, results->n_runs,
                results->labels, results->n_labels);
}

/* A share; `run` -1: of the majority class. */
static void put_share(mer__text_buffer *out, const mer__results *results, int32_t run,
                      int32_t label, bool f1) {
  const mer_class_metrics *m = &results->majority[MER_SPLIT_TEST].values.classes[label];
  double majority = f1 ? m->f1 : m->recall;
  mer__text_puts(out, "<td>");
  mer__html_percent(out, run < 0 ? majority : mer__run_class_mean(&results->runs[run], label, f1));
  mer__text_puts(out, "</td>");
}

/* Rows are runs. */
static void put_by_run(mer__text_buffer *out, const mer__results *results, bool f1) {
  mer__html_column(out, "Run", false);
  for (int32_t c = 0; c < results->n_labels; c++) mer__html_column(out, results->labels[c], true);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  for (int32_t r = -1; r < results->n_runs; r++) {
    mer__text_puts(out, r < 0 ? "<tr class=\"majority\">" : "<tr>");
    if (r < 0) mer__html_majority_title(out, results->majority_label);
    else mer__html_row_title(out, results->runs[r].title, mer__html_colour(r));
    for (int32_t c = 0; c < results->n_labels; c++) put_share(out, results, r, c, f1);
    mer__text_puts(out, "</tr>\n");
  }
}

/* Rows are labels: for more of them than a page has room for beside each other. */
static void put_by_label(mer__text_buffer *out, const mer__results *results, bool f1) {
  mer__html_column(out, "Label", false);
  mer__html_column(out, "Majority class", true);
  for (int32_t r = 0; r < results->n_runs; r++) mer__html_column(out, results->runs[r].title, true);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  for (int32_t c = 0; c < results->n_labels; c++) {
    mer__text_puts(out, "<tr>");
    mer__html_row_title(out, results->labels[c], -1);
    for (int32_t r = -1; r < results->n_runs; r++) put_share(out, results, r, c, f1);
    mer__text_puts(out, "</tr>\n");
  }
}

static void put_table(mer__text_buffer *out, const mer__results *results, bool f1) {
  mer__html_table_open(out, f1 ? "F1 by class, %" : "Recall by class, %");
  mer__text_puts(out, "<thead><tr>");
  if (results->n_labels <= MOST_COLUMNS) put_by_run(out, results, f1);
  else put_by_label(out, results, f1);
  mer__html_table_close(out);
}

void mer__page_classes(mer__page *page) {
  mer__html_section(page->out, "By class, test split");
  put_legend(page->out, page->results);
  mer__text_puts(page->out, "<figure><div class=\"pair\">\n");
  put_bars(page, true);
  put_bars(page, false);
  mer__text_puts(page->out, "</div></figure>\n");
  put_table(page->out, page->results, true);
  put_table(page->out, page->results, false);
  mer__text_puts(page->out, "</section>\n");
}
