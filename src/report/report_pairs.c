/* report_pairs.c: whether runs differ: against the best single modality and against the baseline.
 */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "report/html.h"
#include "report/report_page.h"
#include "report/svg.h"

static void put_p(mer__text_buffer *out, double p) {
  if (!isfinite(p)) mer__html_text(out, NULL);
  else if (p < 0.001) mer__text_puts(out, "&lt; .001");
  else mer__text_printf(out, "%.3f", p);
}

static const char *reason(const mer__results_pair *pair) {
  if (pair->best_single && pair->baseline) return "best single modality, baseline";
  return pair->best_single ? "best single modality" : "baseline";
}

/* The index of a run by its name; -1 if there is none. */
static int find_run(const mer__results *results, const char *name) {
  for (int32_t r = 0; r < results->n_runs; r++)
    if (strcmp(results->runs[r].name, name) == 0) return r;
  return -1;
}

static void put_title(mer__text_buffer *out, const mer__results *results,
                      const mer__results_pair *pair) {
  mer__text_puts(out, "<th scope=\"row\" class=\"run\">");
  const int run = find_run(results, pair->run);
  mer__html_swatch(out, mer__html_colour(run < 0 ? 0 : run));
  mer__html_text(out, pair->run);
  mer__text_puts(out, " against ");
  mer__html_text(out, pair->other);
  mer__text_printf(out, "<span class=\"interval\">%s</span></th>", reason(pair));
}

/* "+1.2" or "-1.2", with a minus sign in the place of the hyphen. */
static void put_points(mer__text_buffer *out, double difference) {
  mer__text_printf(out, "%s%.1f", difference < 0 ? "\u2212" : "+", 100 * fabs(difference));
}

static void put_difference(mer__text_buffer *out, const mer_difference *d) {
  const bool clear = d->interval.low > 0 || d->interval.high < 0;
  mer__text_puts(out, clear ? "<td><b>" : "<td>");
  if (isfinite(d->difference)) put_points(out, d->difference);
  else mer__html_text(out, NULL);
  mer__text_puts(out, clear ? "</b>" : "");
  if (isfinite(d->interval.low) && isfinite(d->interval.high)) {
    mer__text_puts(out, "<span class=\"interval\">");
    put_points(out, d->interval.low);
    mer__text_puts(out, " to ");
    put_points(out, d->interval.high);
    mer__text_puts(out, "</span>");
  }
  mer__text_puts(out, "<span class=\"interval\">p\u00a0");
  put_p(out, d->p);
  mer__text_puts(out, "</span></td>");
}

static void put_row(mer__text_buffer *out, const mer__results *results,
                    const mer__results_pair *pair) {
  mer__text_puts(out, "<tr>");
  put_title(out, results, pair);
  for (int k = 0; k < MER__LOSS; k++) put_difference(out, &pair->differences[k]);
  mer__text_puts(out, "<td>");
  put_p(out, pair->mcnemar_p);
  mer__text_printf(out, "</td><td>%lld</td></tr>\n", (long long)pair->n);
}

/* Shares of the rows of a run's confusion matrix, into `shares` [n, n]; false if it has none. */
static bool row_shares(double *shares, const mer__results_run *run, int32_t n) {
  int64_t counts[MER_MAX_CLASSES * MER_MAX_CLASSES];
  if (!mer__run_confusion(counts, run, n)) return false;
  for (int32_t t = 0; t < n; t++) {
    double total = 0;
    for (int32_t p = 0; p < n; p++) total += (double)counts[t * n + p];
    for (int32_t p = 0; p < n; p++)
      shares[t * n + p] = total > 0 ? (double)counts[t * n + p] / total : 0;
  }
  return true;
}

/* What one run takes for what more often than the other. */
static void put_change(mer__page *page, const mer__results_pair *pair) {
  const mer__results *results = page->results;
  const int32_t n = results->n_labels;
  const int run = find_run(results, pair->run), other = find_run(results, pair->other);
  double *shares = mer__malloc(2 * (size_t)n * (size_t)n, sizeof *shares);
  if (!shares) page->out->failed = true;
  if (shares && run >= 0 && other >= 0 && row_shares(shares, &results->runs[run], n) &&
      row_shares(shares + n * n, &results->runs[other], n)) {
    for (int32_t i = 0; i < n * n; i++) shares[i] -= shares[n * n + i];
    mer__text_puts(page->out, "<figure>\n<figcaption>");
    mer__html_text(page->out, pair->run);
    mer__text_puts(page->out, "<span class=\"aside\"> less </span>");
    mer__html_text(page->out, pair->other);
    mer__text_puts(page->out, "</figcaption>\n<div class=\"scroll\">\n");
    mer__svg_confusion_change(page->out, ++page->n_figures, "Difference of confusion matrices",
                              shares, results->labels, n);
    mer__text_puts(page->out, "</div>\n</figure>\n");
  }
  mer__free(shares);
}

static void put_changes(mer__page *page) {
  mer__text_puts(
      page->out,
      "<h3>Differences of confusion matrices</h3>\n<p class=\"legend\">Percentage points "
      "of the row: blue is what the run answers more often than the other, orange less "
      "often. On the diagonal that is recall.</p>\n");
  mer__text_printf(page->out, "<div class=\"%s\">\n",
                   page->results->n_labels > 8 ? "stack" : "grid");
  for (int32_t i = 0; i < page->results->n_pairs; i++) put_change(page, &page->results->pairs[i]);
  mer__text_puts(page->out, "</div>\n");
}

void mer__page_pairs(mer__page *page) {
  const mer__results *results = page->results;
  mer__text_buffer *out = page->out;
  if (results->n_pairs == 0) return;
  mer__html_section(out, "Differences");
  mer__html_table_open(out, "Test split: run less the other, percentage points");
  mer__text_puts(out, "<thead><tr>");
  mer__html_column(out, "Run", false);
  for (int k = 0; k < MER__LOSS; k++)
    mer__html_column(out, mer__measure_title((mer__measure)k), true);
  mer__html_column(out, "McNemar\u2019s p", true);
  mer__html_column(out, "Utterances", true);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  for (int32_t i = 0; i < results->n_pairs; i++) put_row(out, results, &results->pairs[i]);
  mer__html_table_close(out);
  mer__text_puts(
      out,
      "<div class=\"reading\">\n<p><b>How to read this.</b> Both runs answer the same utterances, "
      "which are drawn anew 10,000 times (paired bootstrap): the small figures are the 95&nbsp;% "
      "interval of the difference and the two-sided p-value. A difference is bold where the "
      "interval is wholly on one side of 0. Where there are several seeds, the difference is that "
      "of their means. The best single modality is chosen by weighted F1 on dev. McNemar\u2019s "
      "exact test looks at the utterances of which only one of two models is right; its p is the "
      "median over the seeds. With many rows, some p-values are small by chance.</p>\n"
      "</div>\n");
  put_changes(page);
  mer__text_puts(out, "</section>\n");
}
