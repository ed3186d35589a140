/* report_comparison.c: one table for each split: the majority class, then the runs. */
#include <math.h>

#include "report/html.h"
#include "report/report_page.h"

static double unit_of(mer__measure measure) { return measure == MER__LOSS ? 1 : 100; }
static int digits_of(mer__measure measure) { return measure == MER__LOSS ? 3 : 1; }

/* A value as the table shows it: equal digits are equally good. */
static double rounded(double x, mer__measure measure) {
  double shown = pow(10, digits_of(measure)) * unit_of(measure);
  return round(x * shown) / shown;
}

/* The best rounded value of a column. */
static double best_of(const mer__results *results, mer_split split, mer__measure measure) {
  const mer__results_metrics *majority = &results->majority[split];
  double best = majority->present ? mer__measure_of(&majority->values, measure) : (double)NAN;
  for (int32_t r = 0; r < results->n_runs; r++) {
    double x = mer__run_mean(&results->runs[r], split, measure).mean;
    best = measure == MER__LOSS ? fmin(best, x) : fmax(best, x);
  }
  return rounded(best, measure);
}

static void put_value(mer__text_buffer *out, double x, mer__measure measure, double best) {
  bool bold = isfinite(x) && rounded(x, measure) == best;
  mer__text_puts(out, bold ? "<b>" : "");
  mer__html_number(out, unit_of(measure) * x, digits_of(measure));
  mer__text_puts(out, bold ? "</b>" : "");
}

static void put_cell(mer__text_buffer *out, const mer__results_run *run, mer_split split,
                     mer__measure measure, double best) {
  mer__mean mean = mer__run_mean(run, split, measure);
  mer_interval interval = mer__run_interval(run, split, measure);
  double unit = unit_of(measure);
  int digits = digits_of(measure);
  mer__text_puts(out, "<td>");
  put_value(out, mean.mean, measure, best);
  if (isfinite(mean.deviation))
    mer__text_printf(out, "<span class=\"deviation\"> \u00b1 %.*f</span>", digits,
                     unit * mean.deviation);
  if (isfinite(interval.low))
    mer__text_printf(out, "<span class=\"interval\">%.*f\u2009\u2013\u2009%.*f</span>", digits,
                     unit * interval.low, digits, unit * interval.high);
  mer__text_puts(out, "</td>");
}

static void put_majority(mer__text_buffer *out, const mer__results *results, mer_split split,
                         const double *best) {
  const mer__results_metrics *majority = &results->majority[split];
  mer__text_puts(out, "<tr class=\"majority\">");
  mer__html_majority_title(out, results->majority_label);
  for (int k = 0; k < MER__N_MEASURES; k++) {
    double x = majority->present && k != MER__LOSS
                   ? mer__measure_of(&majority->values, (mer__measure)k)
                   : (double)NAN;
    mer__text_puts(out, "<td>");
    put_value(out, x, (mer__measure)k, best[k]);
    mer__text_puts(out, "</td>");
  }
  mer__text_puts(out, "</tr>\n");
}

static const char *column_title(mer__measure measure) {
  static const char *const titles[] = {
#define TITLE(name, key, title) title ",\u00a0%",
      MER__MEASURE_MAP(TITLE)
#undef TITLE
  };
  return measure == MER__LOSS ? "Loss" : titles[measure];
}

static void put_table(mer__text_buffer *out, const mer__results *results, mer_split split,
                      const char *caption) {
  double best[MER__N_MEASURES];
  mer__html_table_open(out, caption);
  mer__text_puts(out, "<thead><tr>");
  mer__html_column(out, "Run", false);
  for (int k = 0; k < MER__N_MEASURES; k++) {
    best[k] = best_of(results, split, (mer__measure)k);
    mer__html_column(out, column_title((mer__measure)k), true);
  }
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  put_majority(out, results, split, best);
  for (int32_t r = 0; r < results->n_runs; r++) {
    mer__text_puts(out, "<tr>");
    mer__html_row_title(out, results->runs[r].title, mer__html_colour(r));
    for (int k = 0; k < MER__N_MEASURES; k++)
      put_cell(out, &results->runs[r], split, (mer__measure)k, best[k]);
    mer__text_puts(out, "</tr>\n");
  }
  mer__html_table_close(out);
}

static bool have_seeds(const mer__results *results) {
  for (int32_t r = 0; r < results->n_runs; r++)
    if (results->runs[r].n_seeds > 1) return true;
  return false;
}

static bool have_intervals(const mer__results *results) {
  for (int32_t r = 0; r < results->n_runs; r++)
    if (isfinite(mer__run_interval(&results->runs[r], MER_SPLIT_TEST, MER__WEIGHTED_F1).low))
      return true;
  return false;
}

static void put_how_to_read(mer__text_buffer *out, const mer__results *results) {
  bool seeds = have_seeds(results), intervals = have_intervals(results);
  mer__text_puts(out,
                 "<div class=\"reading\">\n<p><b>How to read this.</b> Values are percentages, but "
                 "for the loss (mean cross entropy); the best of a column is bold. The first row "
                 "is what a program scores that always gives the most frequent label of the "
                 "training split: a run is of use where it is above it. Weighted F1 averages the "
                 "classes\u2019 F1 by their frequency, macro F1 and UAR (unweighted average "
                 "recall) count each class the same, so that rare classes show.");
  if (intervals)
    mer__text_puts(out,
                   " Small figures are 95&nbsp;% bootstrap intervals: how far the value may move "
                   "with another draw of test utterances.");
  mer__text_puts(out,
                 seeds ? " \u00b1\u00a0is the standard deviation over seeds. A difference smaller "
                         "than either may be chance."
                       : " A run with another seed gives somewhat different values, so small "
                         "differences are noise.");
  mer__text_puts(out,
                 " Results describe expression as labelled in the data, not a person\u2019s inner "
                 "state.</p>\n</div>\n");
}

void mer__page_comparison(mer__page *page) {
  static const char *const captions[] = {"Train split", "Dev split", "Test split"};
  static const mer_split order[] = {MER_SPLIT_TEST, MER_SPLIT_DEV, MER_SPLIT_TRAIN};
  mer__html_section(page->out, "Comparison");
  for (int i = 0; i < MER_N_SPLITS; i++) {
    if (!mer__results_have(page->results, order[i])) continue;
    put_table(page->out, page->results, order[i], captions[order[i]]);
    if (i == 0) put_how_to_read(page->out, page->results);
  }
  mer__text_puts(page->out, "</section>\n");
}
