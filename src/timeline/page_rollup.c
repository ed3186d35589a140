/* page_rollup.c: what prevails: shares of labels of each speaker, over the whole recording and by
 * its quarters, weighed by seconds of speech; and where another label prevails. */
#include <math.h>

#include "report/html.h"
#include "timeline/page_state.h"

enum { QUARTERS = 4 };

/* Sums over the segments of a speaker in a part of the recording. */
typedef struct sums {
  double labels[MER_MAX_LABELS], speech, intensity, with_intensity;
} sums;

static void add(sums *s, const mer__shown *shown) {
  const double seconds = shown->end_s - shown->start_s;
  if (!isfinite(seconds)) return;
  s->speech += seconds;
  if (shown->label >= 0) s->labels[shown->label] += seconds;
  if (isnan(shown->intensity)) return;
  s->intensity += seconds * (double)shown->intensity;
  s->with_intensity += seconds;
}

/* Whether a segment begins in a quarter; -1: all of the recording. One without times is in none. */
static bool begins_in(const mer__page_view *v, const mer__shown *shown, int quarter) {
  const double share = shown->start_s / v->duration_s;
  if (quarter < 0) return true;
  if (!(share < 1)) return share >= 1 && quarter == QUARTERS - 1;
  return (int)(share * QUARTERS) == quarter;
}

static sums sum_up(const mer__page_view *v, int lane, int quarter) {
  sums s = {{0}, 0, 0, 0};
  for (size_t i = 0; i < v->page->n_items; i++) {
    const mer__shown *shown = &v->page->items[i];
    if (shown->lane == lane && begins_in(v, shown, quarter)) add(&s, shown);
  }
  return s;
}

/* A bar of the shares, and the largest ones in words. */
static void put_bar(const mer__page_view *v, const sums *s) {
  mer__text_puts(v->out, "<span class=\"shares\">");
  for (int32_t k = 0; k < mer_model_n_labels(v->page->model); k++)
    if (s->labels[k] > 0)
      mer__text_printf(v->out, "<span class=\"c%d\" style=\"flex-grow:%.3f\"></span>",
                       mer__page_colour(v->page, k), s->labels[k] / s->speech);
  mer__text_puts(v->out, "</span>");
}

/* The label with most seconds, as "joy 54 %". */
static void put_largest(const mer__page_view *v, const sums *s) {
  int32_t best = 0;
  for (int32_t k = 1; k < mer_model_n_labels(v->page->model); k++)
    if (s->labels[k] > s->labels[best]) best = k;
  if (!(s->labels[best] > 0)) {
    mer__html_text(v->out, NULL);
    return;
  }
  mer__page_label(v->out, v->page, best);
  mer__text_printf(v->out, " %.0f&#8239;%%", 100 * s->labels[best] / s->speech);
}

static void put_cell(const mer__page_view *v, const sums *s) {
  mer__text_puts(v->out, "<td>");
  put_largest(v, s);
  if (s->speech > 0) put_bar(v, s);
  mer__text_puts(v->out, "</td>");
}

static void put_lane(const mer__page_view *v, int lane) {
  const sums all = sum_up(v, lane, -1);
  mer__html_row_title(v->out, mer__page_lane(v->page, lane), -1);
  mer__text_puts(v->out, "<td>");
  mer__page_clock(v->out, all.speech);
  mer__text_puts(v->out, "</td><td>");
  mer__html_number(v->out, all.with_intensity > 0 ? all.intensity / all.with_intensity : NAN, 2);
  mer__text_puts(v->out, "</td>");
  put_cell(v, &all);
  for (int q = 0; q < QUARTERS; q++) {
    const sums s = sum_up(v, lane, q);
    put_cell(v, &s);
  }
  mer__text_puts(v->out, "</tr>\n");
}

static void put_changes(const mer__page_view *v) {
  const mer_timeline_page *page = v->page;
  bool any = false;
  for (size_t i = 0; i < page->n_items; i++) {
    const mer__shown *s = &page->items[i];
    const char *speaker = mer__page_speaker(page, s);
    if (s->after < 0) continue;
    mer__text_puts(v->out, any ? "" : "<h3>Changes</h3>\n<ul>\n");
    any = true;
    mer__text_printf(v->out, "<li><button class=\"go\" data-i=\"%zu\">", i);
    mer__page_clock(v->out, s->start_s);
    mer__text_puts(v->out, "</button> ");
    mer__html_text(v->out, *speaker ? speaker : "speech");
    mer__text_puts(v->out, ": from ");
    mer__page_label(v->out, page, s->before);
    mer__text_puts(v->out, " to ");
    mer__page_label(v->out, page, s->after);
    mer__text_puts(v->out, "</li>\n");
  }
  if (any) mer__text_puts(v->out, "</ul>\n");
}

void mer__page_rollup(const mer__page_view *view) {
  static const char *const quarters[QUARTERS] = {"First quarter", "Second", "Third", "Last"};
  mer__html_section(view->out, "What prevails");
  mer__html_table_open(view->out, "The largest share of speech of each speaker");
  mer__text_puts(view->out, "<thead><tr>");
  mer__html_column(view->out, "Speaker", false);
  mer__html_column(view->out, "Speech", true);
  mer__html_column(view->out, "Intensity", true);
  mer__html_column(view->out, "All", true);
  for (int q = 0; q < QUARTERS; q++) mer__html_column(view->out, quarters[q], true);
  mer__text_puts(view->out, "</tr></thead>\n<tbody>\n");
  for (int lane = 0; lane < view->page->n_lanes; lane++) put_lane(view, lane);
  mer__html_table_close(view->out);
  put_changes(view);
  mer__text_puts(view->out, "</section>\n");
}
