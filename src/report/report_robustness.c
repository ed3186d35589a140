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

enum { LABEL_BYTES = 32 };

static bool is_kind(const mer__results_disturbed *d, const char *kind) {
  return strcmp(d->kind, kind) == 0;
}

/* "20 dB", "10 %" */
static void name_step(char *text, const mer__results_disturbed *d) {
  if (is_kind(d, "noise")) mer__format(text, LABEL_BYTES, "%.0f dB", d->amount);
  else mer__format(text, LABEL_BYTES, "%.0f\u00a0%%", 100 * d->amount);
}

/* Weighted F1 and UAR over the steps of a kind, from what is not disturbed on. */
static void put_chart(mer__page *page, const mer__results_seed *seed, const char *kind,
                      const char *x_title) {
  char names[1 + MER_MAX_DISTURBANCES][LABEL_BYTES] = {"none"};
  const char *labels[1 + MER_MAX_DISTURBANCES] = {names[0]};
  double f1[1 + MER_MAX_DISTURBANCES], uar[1 + MER_MAX_DISTURBANCES];
  double low[1 + MER_MAX_DISTURBANCES], high[1 + MER_MAX_DISTURBANCES];
  int32_t n = 0;
  for (int32_t i = -1; i < seed->n_disturbed; i++) {
    const mer__results_disturbed *d = i < 0 ? NULL : &seed->disturbed[i];
    const mer__results_metrics *m = d ? &d->metrics : &seed->splits[MER_SPLIT_TEST];
    if (d && !is_kind(d, kind)) continue;
    if (d) name_step(names[n], d);
    labels[n] = names[n];
    f1[n] = m->values.weighted_f1;
    uar[n] = m->values.uar;
    low[n] = m->intervals.weighted_f1.low;
    high[n++] = m->intervals.weighted_f1.high;
  }
  if (n < 2) return;
  const mer__step_line lines[] = {{"weighted F1", f1, low, high, 0}, {"UAR", uar, NULL, NULL, 1}};
  const mer__step_chart chart = {.title = x_title,
                                 .description =
                                     "Weighted F1 with its 95 % interval, and UAR. The "
                                     "table below has the numbers.",
                                 .y_title = "Score",
                                 .x_title = x_title,
                                 .x_labels = labels,
                                 .n_x = n,
                                 .lines = lines,
                                 .n_lines = 2};
  mer__svg_steps(page->out, ++page->n_figures, &chart);
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

static void put_table(mer__text_buffer *out, const mer__results_seed *seed) {
  char name[128];
  mer__html_table_open(out, "Test split, disturbed");
  mer__text_puts(out, "<thead><tr>");
  mer__html_column(out, "Rows", false);
  for (int k = 0; k < MER__LOSS; k++)
    mer__html_column(out, mer__measure_title((mer__measure)k), true);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  put_row(out, "As they are", &seed->splits[MER_SPLIT_TEST]);
  for (int32_t i = 0; i < seed->n_disturbed; i++) {
    const mer__results_disturbed *d = &seed->disturbed[i];
    if (d->modality) mer__format(name, sizeof name, "Without %.100s", d->modality);
    else if (is_kind(d, "noise")) mer__format(name, sizeof name, "Noise at %.0f dB", d->amount);
    else mer__format(name, sizeof name, "%.0f\u00a0%% of the words left out", 100 * d->amount);
    put_row(out, name, &d->metrics);
  }
  mer__html_table_close(out);
}

void mer__page_robustness(mer__page *page) {
  mer__text_buffer *out = page->out;
  for (int32_t r = 0; r < page->results->n_runs; r++) {
    const mer__results_seed *seed = &page->results->runs[r].seeds[0];
    if (seed->n_disturbed == 0) continue;
    mer__html_section(out, "Robustness, test split");
    mer__text_puts(
        out,
        "<p class=\"legend\">White noise below the sound by so many decibels (0: as loud "
        "as the sound), words left out at random, and modalities left out. Where one is "
        "missing, a model can at best be as good as the others alone.</p>\n"
        "<figure><div class=\"pair\">\n");
    put_chart(page, seed, "noise", "Noise, decibels below the sound");
    put_chart(page, seed, "words", "Words left out");
    mer__text_puts(out, "</div></figure>\n");
    put_table(out, seed);
    mer__text_puts(out, "</section>\n");
  }
}
