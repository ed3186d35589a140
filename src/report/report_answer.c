/* report_answer.c: the answer first: which run has the highest weighted F1 on the test split, what
 * stands against it, and whether the data can tell. */
#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/report_page.h"

/* The run with the highest weighted F1; NULL if none has one. */
static const mer__results_run *best_run(const mer__results *results) {
  const mer__results_run *best = NULL;
  double most = -INFINITY;
  for (int32_t r = 0; r < results->n_runs; r++) {
    double f1 = mer__run_mean(&results->runs[r], MER_SPLIT_TEST, MER__WEIGHTED_F1).mean;
    if (!(f1 > most)) continue;
    most = f1;
    best = &results->runs[r];
  }
  return best;
}

/* "61.3 % (95 % interval 59.4 to 63.2 %)" */
static void put_score(mer__text_buffer *out, const mer__results_run *run) {
  mer_interval i = mer__run_interval(run, MER_SPLIT_TEST, MER__WEIGHTED_F1);
  mer__text_puts(out, "<b>");
  mer__html_percent(out, mer__run_mean(run, MER_SPLIT_TEST, MER__WEIGHTED_F1).mean);
  mer__text_puts(out, "\u00a0%</b>");
  bool have_interval = isfinite(i.low);
  if (!have_interval && run->n_seeds < 2) return;
  mer__text_puts(out, " (");
  if (run->n_seeds > 1) mer__text_printf(out, "mean of %d seeds", (int)run->n_seeds);
  if (have_interval)
    mer__text_printf(out, "%s95\u00a0%% interval %.1f to %.1f\u00a0%%",
                     run->n_seeds > 1 ? ", " : "", 100 * i.low, 100 * i.high);
  mer__text_puts(out, ")");
}

static void put_majority(mer__text_buffer *out, const mer__results *results, double majority) {
  mer__text_puts(out, ", against ");
  mer__html_percent(out, majority);
  mer__text_puts(out, "\u00a0% for always answering \u201c");
  mer__html_text(out, results->majority_label);
  mer__text_puts(out, "\u201d.");
}

/* Whether a test on the utterances of both tells two runs apart by their weighted F1. */
static bool told_apart(const mer__results *results, const char *a, const char *b) {
  for (int32_t i = 0; i < results->n_pairs; i++) {
    const mer__results_pair *pair = &results->pairs[i];
    const bool these = (strcmp(pair->run, a) == 0 && strcmp(pair->other, b) == 0) ||
                       (strcmp(pair->run, b) == 0 && strcmp(pair->other, a) == 0);
    const mer_interval difference = pair->differences[MER__WEIGHTED_F1].interval;
    if (these) return difference.low > 0 || difference.high < 0;
  }
  return false;
}

/* Names the other runs whose score lies within the best run's interval, but for those that a test
 * tells apart from it. */
static void put_rivals(mer__text_buffer *out, const mer__results *results,
                       const mer__results_run *best) {
  double low = mer__run_interval(best, MER_SPLIT_TEST, MER__WEIGHTED_F1).low;
  int n_rivals = 0;
  for (int32_t r = 0; r < results->n_runs; r++) {
    const mer__results_run *run = &results->runs[r];
    double f1 = mer__run_mean(run, MER_SPLIT_TEST, MER__WEIGHTED_F1).mean;
    if (run == best || !(f1 >= low) || told_apart(results, best->name, run->name)) continue;
    mer__text_puts(out, n_rivals++ ? "; " : " Within that interval lie also: ");
    mer__html_text(out, run->title);
    mer__text_puts(out, " (");
    mer__html_percent(out, f1);
    mer__text_puts(out, "\u00a0%)");
  }
  if (n_rivals > 0) mer__text_puts(out, ". This test split does not clearly tell them apart.");
}

/* What the numbers do not show. */
static void put_doubt(mer__text_buffer *out, const mer__results *results,
                      const mer__results_run *best, double majority) {
  double f1 = mer__run_mean(best, MER_SPLIT_TEST, MER__WEIGHTED_F1).mean;
  mer_interval interval = mer__run_interval(best, MER_SPLIT_TEST, MER__WEIGHTED_F1);
  if (f1 <= majority) mer__text_puts(out, " That is no better than the majority class.");
  else if (interval.low <= majority)
    mer__text_puts(out,
                   " The interval includes the majority class: this test split does not show that "
                   "the run is better.");
  put_rivals(out, results, best);
}

static void put_sentence(mer__text_buffer *out, const mer__results *results) {
  const mer__results_run *best = best_run(results);
  double majority = results->majority[MER_SPLIT_TEST].values.weighted_f1;
  if (!best) {
    mer__text_puts(out, "No run has a weighted F1 on the test split.");
    return;
  }
  mer__text_puts(out, "<b>");
  mer__html_text(out, best->title);
  mer__text_puts(out, results->n_runs > 1 ? "</b> has the highest weighted F1 on the test split: "
                                          : "</b> has a weighted F1 on the test split of ");
  put_score(out, best);
  put_majority(out, results, majority);
  put_doubt(out, results, best, majority);
}

void mer__page_answer(mer__page *page) {
  mer__text_buffer *out = page->out;
  mer__text_puts(out, "<p class=\"answer\">");
  put_sentence(out, page->results);
  mer__text_puts(out, "</p>\n");
  mer__html_note(out, page->results->note);
}
