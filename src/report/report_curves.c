/* report_curves.c: loss and accuracy of each run by epoch: the mean over seeds, and each seed as a
 * thin line. */
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "mer/report.h"
#include "report/html.h"
#include "report/report_page.h"
#include "report/svg.h"

enum { MAX_LINES = MER_N_SPLITS * (1 + MER_REPORT_MAX_SEEDS) };

static double value_at(const mer__results_seed *seed, int32_t epoch, int split, bool accuracy) {
  if (epoch >= seed->n_epochs) return NAN;
  const mer__results_epoch *e = &seed->epochs[epoch];
  return accuracy ? e->accuracy[split] : e->loss[split];
}

/* Fills `values` [n_epochs] of one seed; false if there are none. */
static bool seed_values(double *values, const mer__results_run *run, int32_t seed, int split,
                        bool accuracy) {
  bool any = false;
  for (int32_t e = 0; e < run->n_epochs; e++) {
    values[e] = value_at(&run->seeds[seed], e, split, accuracy);
    any |= isfinite(values[e]);
  }
  return any;
}

static bool mean_values(double *values, const mer__results_run *run, int split, bool accuracy) {
  bool any = false;
  for (int32_t e = 0; e < run->n_epochs; e++) {
    mer__mean mean = {0};
    for (int32_t s = 0; s < run->n_seeds; s++)
      mer__mean_add(&mean, value_at(&run->seeds[s], e, split, accuracy));
    mer__mean_finish(&mean);
    values[e] = mean.mean;
    any |= isfinite(values[e]);
  }
  return any;
}

/* Lines of all splits, the thin ones first so that the means lie above them. `values` has room for
 * [MAX_LINES, n_epochs]. Returns their number. */
static int make_lines(mer__chart_line *lines, double *values, const mer__results_run *run,
                      bool accuracy) {
  int n = 0;
  size_t width = (size_t)run->n_epochs;
  for (int split = 0; run->n_seeds > 1 && split < MER_N_SPLITS; split++)
    for (int32_t s = 0; s < run->n_seeds; s++, n++) {
      double *row = values + (size_t)n * width;
      lines[n] = (mer__chart_line){NULL, mer__results_split_names[split], row};
      if (!seed_values(row, run, s, split, accuracy)) n--;
    }
  for (int split = 0; split < MER_N_SPLITS; split++, n++) {
    const char *name = mer__results_split_names[split];
    lines[n] = (mer__chart_line){name, name, values + (size_t)n * width};
    if (!mean_values(values + (size_t)n * width, run, split, accuracy)) n--;
  }
  return n;
}

/* The epoch whose model was kept and is measured in the tables; 0 if there is not one alone. */
static int32_t kept_epoch(const mer__results_run *run) {
  int64_t epoch = run->n_seeds == 1 ? run->seeds[0].best_epoch : 0;
  return epoch <= run->n_epochs ? (int32_t)epoch : 0;
}

static void put_chart(mer__page *page, int32_t index, double *values, bool accuracy) {
  const mer__results_run *run = &page->results->runs[index];
  mer__chart_line lines[MAX_LINES];
  char title[128], description[192];
  snprintf(title, sizeof title, "%s by epoch", accuracy ? "Accuracy" : "Loss");
  snprintf(description, sizeof description,
           "Lines of %s over %d epochs; solid: test, dashed: train, dotted: dev.",
           accuracy ? "accuracy" : "mean cross entropy", (int)run->n_epochs);
  mer__chart chart = {
      .title = title,
      .description = description,
      .lines = lines,
      .n_lines = make_lines(lines, values, run, accuracy),
      .n_x = run->n_epochs,
      .marked = kept_epoch(run),
      .colour = mer__html_colour(index),
      .percent = accuracy,
      .reference = accuracy ? page->results->majority[MER_SPLIT_TEST].values.accuracy : (double)NAN,
      .reference_label = "majority",
  };
  if (chart.n_lines > 0) mer__svg_chart(page->out, ++page->n_figures, &chart);
}

static void put_run(mer__page *page, int32_t index) {
  const mer__results_run *run = &page->results->runs[index];
  size_t n_lines = MER_N_SPLITS * (1 + (size_t)run->n_seeds);
  double *values = mer__malloc(n_lines * (size_t)run->n_epochs, sizeof *values);
  if (!values) {
    page->out->failed = true;
    return;
  }
  mer__text_puts(page->out, "<figure>\n<figcaption>");
  mer__html_swatch(page->out, mer__html_colour(index));
  mer__html_text(page->out, run->title);
  mer__text_puts(page->out, "</figcaption>\n<div class=\"pair\">\n");
  put_chart(page, index, values, false);
  put_chart(page, index, values, true);
  mer__text_puts(page->out, "</div>\n</figure>\n");
  mer__free(values);
}

static bool have_marks(const mer__results *results) {
  for (int32_t r = 0; r < results->n_runs; r++)
    if (kept_epoch(&results->runs[r]) > 0) return true;
  return false;
}

static bool have_many_seeds(const mer__results *results) {
  for (int32_t r = 0; r < results->n_runs; r++)
    if (results->runs[r].n_epochs > 0 && results->runs[r].n_seeds > 1) return true;
  return false;
}

static bool have_test(const mer__results *results) {
  for (int32_t r = 0; r < results->n_runs; r++)
    for (int32_t s = 0; s < results->runs[r].n_seeds; s++)
      for (int32_t e = 0; e < results->runs[r].seeds[s].n_epochs; e++)
        if (isfinite(results->runs[r].seeds[s].epochs[e].loss[MER_SPLIT_TEST])) return true;
  return false;
}

void mer__page_curves(mer__page *page) {
  const mer__results *results = page->results;
  int32_t n_shown = 0;
  for (int32_t r = 0; r < results->n_runs; r++) n_shown += results->runs[r].n_epochs > 0;
  if (n_shown == 0) return;
  mer__html_section(page->out, "Training by epoch");
  mer__text_printf(page->out,
                   "<p class=\"legend\">%sDashed: train, as measured while the epoch trained. "
                   "Dotted: dev.",
                   have_test(results) ? "Solid: test. " : "");
  if (isfinite(results->majority[MER_SPLIT_TEST].values.accuracy))
    mer__text_puts(page->out, " Grey, in the charts of accuracy: the majority class on test.");
  if (have_marks(results))
    mer__text_puts(page->out, " Dots: the epoch that was kept, which the tables measure.");
  if (have_many_seeds(results))
    mer__text_puts(page->out, " Thick lines are means over seeds, thin ones single seeds.");
  mer__text_puts(page->out,
                 " Loss is the mean cross entropy, on a scale of its own for each run.</p>\n");
  for (int32_t r = 0; r < results->n_runs; r++)
    if (results->runs[r].n_epochs > 0) put_run(page, r);
  mer__text_puts(page->out, "</section>\n");
}
