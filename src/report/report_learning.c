/* report_learning.c: learning curves: weighted F1 over the number of training utterances, of runs
 * that differ in that alone. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mer/report.h"
#include "report/html.h"
#include "report/report_page.h"
#include "report/svg.h"

enum { MOST = MER_REPORT_MAX_RUNS, LABEL_BYTES = 24 };

static bool same_curve(const mer__results_run *a, const mer__results_run *b) {
  return a->curve && b->curve && strcmp(a->curve, b->curve) == 0;
}

/* Whether there is another point of a run's curve. */
static bool has_others(const mer__results *results, int32_t run) {
  const mer__results_run *own = &results->runs[run];
  for (int32_t r = 0; r < results->n_runs; r++)
    if (same_curve(&results->runs[r], own) && results->runs[r].utterances != own->utterances)
      return true;
  return false;
}

/* Whether no run before it is of the same curve. */
static bool is_first(const mer__results *results, int32_t run) {
  for (int32_t r = 0; r < run; r++)
    if (same_curve(&results->runs[r], &results->runs[run])) return false;
  return true;
}

/* The numbers of utterances of all curves, in their order, into `steps` [MOST]; how many. */
static int32_t find_steps(int64_t *steps, const mer__results *results) {
  int32_t n = 0;
  for (int32_t r = 0; r < results->n_runs; r++) {
    const int64_t own = results->runs[r].utterances;
    int32_t at = 0;
    if (!has_others(results, r)) continue;
    while (at < n && steps[at] < own) at++;
    if (at < n && steps[at] == own) continue;
    memmove(steps + at + 1, steps + at, (size_t)(n - at) * sizeof *steps);
    steps[at] = own;
    n++;
  }
  return n;
}

typedef struct curve {
  double values[MOST], low[MOST], high[MOST];
  int32_t largest; /* run of the most utterances, after which it is named */
} curve;

static void fill_curve(curve *c, const mer__results *results, int32_t first, const int64_t *steps,
                       int32_t n) {
  for (int32_t i = 0; i < n; i++) c->values[i] = c->low[i] = c->high[i] = NAN;
  c->largest = first;
  for (int32_t r = first; r < results->n_runs; r++) {
    const mer__results_run *run = &results->runs[r];
    int32_t at = 0;
    if (!same_curve(run, &results->runs[first])) continue;
    while (at < n - 1 && steps[at] != run->utterances) at++;
    const mer_interval interval = mer__run_interval(run, MER_SPLIT_TEST, MER__WEIGHTED_F1);
    c->values[at] = mer__run_mean(run, MER_SPLIT_TEST, MER__WEIGHTED_F1).mean;
    c->low[at] = interval.low;
    c->high[at] = interval.high;
    if (run->utterances > results->runs[c->largest].utterances) c->largest = r;
  }
}

void mer__page_learning(mer__page *page) {
  const mer__results *results = page->results;
  int64_t steps[MOST + 1];
  char names[MOST][LABEL_BYTES];
  const char *labels[MOST];
  curve curves[MOST];
  mer__step_line lines[MOST];
  int n_lines = 0;
  const int32_t n = find_steps(steps, results);
  if (n < 2) return;
  for (int32_t i = 0; i < n; i++) {
    snprintf(names[i], LABEL_BYTES, "%lld", (long long)steps[i]);
    labels[i] = names[i];
  }
  for (int32_t r = 0; r < results->n_runs; r++) {
    if (!has_others(results, r) || !is_first(results, r)) continue;
    curve *c = &curves[n_lines];
    fill_curve(c, results, r, steps, n);
    lines[n_lines] = (mer__step_line){results->runs[c->largest].title, c->values, c->low, c->high,
                                      mer__html_colour(c->largest)};
    n_lines++;
  }
  const mer__step_chart chart = {.title = "Learning curves",
                                 .description =
                                     "Weighted F1 on the test split, mean over the "
                                     "seeds, with its 95 % interval. The table of the "
                                     "comparison has the numbers.",
                                 .y_title = "Weighted F1",
                                 .x_title = "Training utterances",
                                 .x_labels = labels,
                                 .n_x = n,
                                 .lines = lines,
                                 .n_lines = n_lines};
  mer__html_section(page->out, "Learning curves, test split");
  mer__text_puts(page->out,
                 "<p class=\"legend\">Runs that differ in the number of training utterances alone "
                 "(<code>--limit</code>). Where a line still rises at its end, more data would "
                 "probably help.</p>\n<figure>\n");
  mer__svg_steps(page->out, ++page->n_figures, &chart);
  mer__text_puts(page->out, "</figure>\n</section>\n");
}
