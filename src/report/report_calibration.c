/* report_calibration.c: whether probabilities are as often right as they say: measures, the
 * reliability diagram, and its numbers as a table. */
#include <math.h>

#include "base/format.h"
#include "report/calibration.h"
#include "report/html.h"
#include "report/report_page.h"

static void put_measures(mer__text_buffer *out, const char *name, int colour,
                         const mer_calibration *c) {
  mer__text_puts(out, "<tr>");
  mer__html_row_title(out, name, colour);
  mer__text_puts(out, "<td>");
  mer__html_percent(out, c->ece);
  mer__text_puts(out, "</td><td>");
  mer__html_number(out, c->brier, 3);
  mer__text_puts(out, "</td><td>");
  mer__html_number(out, c->nll, 3);
  mer__text_puts(out, "</td></tr>\n");
}

static void put_overview(mer__text_buffer *out, const mer_calibration *c,
                         const mer_calibration *before) {
  char name[64] = "At the model's temperature";
  if (isfinite(c->temperature))
    mer__format(name, sizeof name, "At the temperature %.3f", c->temperature);
  mer__html_table_open(out, "Error of the probabilities");
  mer__text_puts(out, "<thead><tr>");
  mer__html_column(out, "Probabilities", false);
  mer__html_column(out, "ECE, %", true);
  mer__html_column(out, "Brier score", true);
  mer__html_column(out, "Negative log likelihood", true);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  put_measures(out, before ? name : "Not calibrated", 0, c);
  if (before) put_measures(out, "Without a temperature (dashed)", 1, before);
  mer__html_table_close(out);
}

static void put_bin(mer__text_buffer *out, int b, const mer_reliability_bin *bin) {
  char range[48];
  mer__format(range, sizeof range, "%.1f to %.1f", 100.0 * b / MER_RELIABILITY_BINS,
              100.0 * (b + 1) / MER_RELIABILITY_BINS);
  mer__text_puts(out, "<tr>");
  mer__html_row_title(out, range, -1);
  mer__text_printf(out, "<td>%lld</td><td>", (long long)bin->n);
  mer__html_percent(out, bin->confidence);
  mer__text_puts(out, "</td><td>");
  mer__html_percent(out, bin->accuracy);
  mer__text_puts(out, "</td></tr>\n");
}

static void put_bins(mer__text_buffer *out, const mer_calibration *c) {
  mer__html_table_open(out, "Reliability");
  mer__text_puts(out, "<thead><tr>");
  mer__html_column(out, "Probability, %", false);
  mer__html_column(out, "Answers", true);
  mer__html_column(out, "Mean probability, %", true);
  mer__html_column(out, "Right, %", true);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  for (int b = 0; b < MER_RELIABILITY_BINS; b++) put_bin(out, b, &c->bins[b]);
  mer__html_table_close(out);
}

void mer__page_reliability_legend(mer__text_buffer *out, mer_target target) {
  mer__text_printf(
      out,
      "<p class=\"legend\">%s ECE is the mean distance of probability and share over the bins, "
      "weighted by their answers; the Brier score is the mean squared distance of all "
      "probabilities from what was the case.</p>\n",
      target == MER_TARGET_LABELS ? "Each label of each utterance is an answer with a "
                                    "probability; of those of about 70\u00a0% "
                                    "about 70\u00a0% should be the case."
                                  : "Of the answers with a probability of about 70\u00a0% about "
                                    "70\u00a0% should be right.");
}

void mer__page_reliability(mer__text_buffer *out, int id, const mer_calibration *c,
                           const mer_calibration *before) {
  put_overview(out, c, before);
  mer__text_puts(out, "<div class=\"pair\">\n<figure>\n");
  mer__svg_reliability(out, id, c, before);
  mer__text_puts(out, "</figure>\n");
  put_bins(out, c);
  mer__text_puts(out, "</div>\n");
}

void mer__page_calibration(mer__page *page) {
  const mer__results *results = page->results;
  bool any = false;
  for (int32_t r = 0; r < results->n_runs; r++) {
    const mer__results_calibration *c = &results->runs[r].seeds[0].calibration;
    if (!c->present) continue;
    if (!any) {
      mer__html_section(page->out, "Calibration, test split");
      mer__page_reliability_legend(page->out, c->values.target);
    }
    mer__page_run_heading(page, r);
    mer__page_reliability(page->out, ++page->n_figures, &c->values,
                          c->has_before ? &c->before : NULL);
    any = true;
  }
  if (any) mer__text_puts(page->out, "</section>\n");
}
