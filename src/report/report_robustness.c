/* report_robustness.c: what noise, missing words and missing modalities cost: charts and a table.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "mer/report.h"
#include "report/html.h"
#include "report/report_page.h"
#include "report/svg.h"

enum { LABEL_BYTES = 32, MAX_STEPS = 16 /* of a chart */ };

static bool is_kind(const mer__results_disturbed *d, const char *kind) {
  return strcmp(d->kind, kind) == 0;
}

/* "20 dB", "10 %" */
static void name_step(char *text, const mer__results_disturbed *d) {
  if (is_kind(d, "noise")) mer__format(text, LABEL_BYTES, "%.0f dB", d->amount);
  else mer__format(text, LABEL_BYTES, "%.0f\u00a0%%", 100 * d->amount);
}

/* Whether both are noise in the same modality, or both words left out. */
static bool is_alike(const mer__results_disturbed *a, const mer__results_disturbed *b) {
  if (strcmp(a->kind, b->kind) != 0 || !a->modality != !b->modality) return false;
  return !a->modality || strcmp(a->modality, b->modality) == 0;
}

static const mer__results_seed *seed_of(const mer__results *results, int32_t run) {
  return &results->runs[run].seeds[0];
}

/* Measures of a step, NULL being that nothing is disturbed; NULL: the seed has none. */
static const mer__results_metrics *metrics_at(const mer__results_seed *seed,
                                              const mer__results_disturbed *step) {
  if (!step) return &seed->splits[MER_SPLIT_TEST];
  for (int32_t i = 0; i < seed->n_disturbed; i++) {
    const mer__results_disturbed *d = &seed->disturbed[i];
    if (is_alike(d, step) && d->amount == step->amount) return &d->metrics;
  }
  return NULL;
}

static bool has_alike(const mer__results_seed *seed, const mer__results_disturbed *of) {
  for (int32_t i = 0; i < seed->n_disturbed; i++)
    if (is_alike(&seed->disturbed[i], of)) return true;
  return false;
}

/* The steps like `of` that the seed has, from what is not disturbed on. */
static int32_t list_steps(const mer__results_disturbed **steps, const mer__results_seed *seed,
                          const mer__results_disturbed *of) {
  int32_t n = 0;
  steps[n++] = NULL;
  for (int32_t i = 0; i < seed->n_disturbed && n < MAX_STEPS; i++)
    if (is_alike(&seed->disturbed[i], of)) steps[n++] = &seed->disturbed[i];
  return n;
}

/* What a chart's lines are drawn from. */
typedef struct step_values {
  double f1[MAX_STEPS], uar[MAX_STEPS], low[MAX_STEPS], high[MAX_STEPS];
} step_values;

static void read_steps(step_values *values, const mer__results_seed *seed,
                       const mer__results_disturbed *const *steps, int32_t n) {
  for (int32_t i = 0; i < n; i++) {
    const mer__results_metrics *m = metrics_at(seed, steps[i]);
    values->f1[i] = m ? m->values.weighted_f1 : (double)NAN;
    values->uar[i] = m ? m->values.uar : (double)NAN;
    values->low[i] = m ? m->intervals.weighted_f1.low : (double)NAN;
    values->high[i] = m ? m->intervals.weighted_f1.high : (double)NAN;
  }
}

/* Over the steps like `of`, as `seed` has them: weighted F1 of the runs that have such, or of a
 * page's only run weighted F1 and UAR. */
static void put_chart(mer__page *page, const mer__results_seed *seed,
                      const mer__results_disturbed *of, const char *x_title) {
  char names[MAX_STEPS][LABEL_BYTES] = {"none"};
  const char *labels[MAX_STEPS];
  const mer__results_disturbed *steps[MAX_STEPS];
  step_values values[MER_REPORT_MAX_RUNS];
  mer__step_line lines[MER_REPORT_MAX_RUNS + 1];
  const mer__results *results = page->results;
  const int32_t n = list_steps(steps, seed, of);
  const bool single = results->n_runs == 1;
  int n_lines = 0;
  for (int32_t i = 0; i < n; i++) {
    if (steps[i]) name_step(names[i], steps[i]);
    labels[i] = names[i];
  }
  for (int32_t r = 0; r < results->n_runs; r++) {
    step_values *v = &values[r];
    if (!has_alike(seed_of(results, r), of)) continue;
    read_steps(v, seed_of(results, r), steps, n);
    lines[n_lines++] =
        (mer__step_line){single ? "weighted F1" : results->runs[r].title, v->f1,
                         single ? v->low : NULL, single ? v->high : NULL, mer__html_colour(r)};
  }
  if (single) lines[n_lines++] = (mer__step_line){"UAR", values[0].uar, NULL, NULL, 1};
  const mer__step_chart chart = {
      .title = x_title,
      .description = single
                         ? "Weighted F1 with its 95 % interval, and UAR. The table below has the "
                           "numbers."
                         : "Weighted F1 of each run. The tables below have the numbers and "
                           "intervals.",
      .y_title = single ? "Score" : "Weighted F1",
      .x_title = x_title,
      .x_labels = labels,
      .n_x = n,
      .lines = lines,
      .n_lines = n_lines};
  mer__svg_steps(page->out, ++page->n_figures, &chart);
}

/* Whether step `i` of run `r` is the first of its like. */
static bool is_first(const mer__results *results, int32_t r, int32_t i) {
  const mer__results_disturbed *all = seed_of(results, r)->disturbed, *d = &all[i];
  bool first = is_kind(d, "noise") || is_kind(d, "words");
  for (int32_t j = 0; j < i; j++) first &= !is_alike(&all[j], d);
  for (int32_t earlier = 0; earlier < r; earlier++)
    first &= !has_alike(seed_of(results, earlier), d);
  return first;
}

/* A chart for each kind of steps of a run that no earlier run has: noise in a modality, and words
 * left out. */
static void put_charts(mer__page *page, int32_t r) {
  const mer__results_seed *seed = seed_of(page->results, r);
  char title[128];
  for (int32_t i = 0; i < seed->n_disturbed; i++) {
    const mer__results_disturbed *d = &seed->disturbed[i];
    if (!is_first(page->results, r, i)) continue;
    if (is_kind(d, "words")) mer__format(title, sizeof title, "Words left out");
    else
      mer__format(title, sizeof title, "Noise in %.60s, decibels below it",
                  d->modality ? d->modality : "the sound");
    put_chart(page, seed, d, title);
  }
}

static void put_value(mer__text_buffer *out, double x, const mer_interval *interval) {
  mer__text_puts(out, "<td>");
  mer__html_percent(out, x);
  if (isfinite(interval->low) && isfinite(interval->high))
    mer__text_printf(out, "<span class=\"interval\">%.1f\u2009\u2013\u2009%.1f</span>",
                     100 * interval->low, 100 * interval->high);
  mer__text_puts(out, "</td>");
}

static void put_row(mer__text_buffer *out, const char *name, const mer__results_metrics *m) {
  mer__text_puts(out, "<tr>");
  mer__html_row_title(out, name, -1);
  put_value(out, m->values.accuracy, &m->intervals.accuracy);
  put_value(out, m->values.weighted_f1, &m->intervals.weighted_f1);
  put_value(out, m->values.macro_f1, &m->intervals.macro_f1);
  put_value(out, m->values.uar, &m->intervals.uar);
  mer__text_puts(out, "</tr>\n");
}

static void name_row(char *name, size_t size, const mer__results_disturbed *d) {
  const char *modality = d->modality ? d->modality : "the sound";
  if (is_kind(d, "noise"))
    mer__format(name, size, "Noise at %.0f dB in %.60s", d->amount, modality);
  else if (is_kind(d, "words"))
    mer__format(name, size, "%.0f\u00a0%% of the words left out", 100 * d->amount);
  else
    mer__format(name, size, "%s %.60s",
                is_kind(d, "replaced") ? "Noise in the place of" : "Without", modality);
}

static void put_table(mer__text_buffer *out, const mer__results_seed *seed) {
  char name[128];
  mer__html_table_open(out, "Test split, disturbed");
  mer__text_puts(out, "<thead><tr>");
  mer__html_column(out, "Rows", false);
  for (int k = 0; k < MER__LOSS; k++) {
    mer__format(name, sizeof name, "%s,\u00a0%%", mer__measure_title((mer__measure)k));
    mer__html_column(out, name, true);
  }
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  put_row(out, "As they are", &seed->splits[MER_SPLIT_TEST]);
  for (int32_t i = 0; i < seed->n_disturbed; i++) {
    const mer__results_disturbed *d = &seed->disturbed[i];
    name_row(name, sizeof name, d);
    put_row(out, name, &d->metrics);
  }
  mer__html_table_close(out);
}

void mer__page_robustness(mer__page *page) {
  const mer__results *results = page->results;
  mer__text_buffer *out = page->out;
  int32_t n_disturbed = 0;
  for (int32_t r = 0; r < results->n_runs; r++) n_disturbed += seed_of(results, r)->n_disturbed;
  if (n_disturbed == 0) return;
  mer__html_section(out, "Robustness, test split");
  mer__text_puts(
      out,
      "<p class=\"legend\">White noise below what a modality has by so many decibels (0: as "
      "strong), words left out at random, noise alone in the place of a modality (of a text "
      "words of other texts), and modalities left out. Where one is missing or says nothing, "
      "a model can at best be as good as the others alone.");
  if (results->n_runs > 1 || results->runs[0].n_seeds > 1)
    mer__text_puts(out, " Of the first seed of each run.");
  mer__text_puts(out, "</p>\n<figure><div class=\"pair\">\n");
  for (int32_t r = 0; r < results->n_runs; r++) put_charts(page, r);
  mer__text_puts(out, "</div></figure>\n");
  for (int32_t r = 0; r < results->n_runs; r++) {
    if (seed_of(results, r)->n_disturbed == 0) continue;
    mer__page_run_heading(page, r);
    put_table(out, seed_of(results, r));
  }
  mer__text_puts(out, "</section>\n");
}
