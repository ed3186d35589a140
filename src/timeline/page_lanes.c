/* page_lanes.c: the recording in rows of some minutes, in each a lane for each speaker: the
 * waveform of the channel, and the segments in the colours of their labels. */
#include <math.h>
#include <strings.h>

#include "report/html.h"
#include "timeline/page_state.h"

enum { LEFT = 110, WIDTH = 920, LANE = 46, GAP = 6, AXIS = 18, MOST_ROWS = 24 };

/* Seconds of a row: so many that the rows are not too many. */
static double choose_row(double duration_s) {
  static const double choices[] = {30, 60, 120, 300, 600, 900, 1800, 3600, 7200};
  const size_t n = sizeof choices / sizeof *choices;
  for (size_t i = 0; i < n; i++)
    if (duration_s <= choices[i] * (i < 3 ? 4 : MOST_ROWS)) return choices[i];
  return ceil(duration_s / MOST_ROWS);
}

typedef struct row {
  double start_s, length_s;
} row;

static double x_of(const row *r, double seconds) {
  const double share = (seconds - r->start_s) / r->length_s;
  return LEFT + WIDTH * (share < 0 ? 0 : share > 1 ? 1 : share);
}

static double y_of(int lane) { return lane * (LANE + GAP); }

/* The waveform of the lane's channel, as a path round its middle. */
static void put_waveform(const mer__page_view *v, const row *r, int lane) {
  const mer_recording *rec = v->recording;
  const int channel = v->page->channels[lane] > 1 ? 1 : 0;
  if (!(rec->peak_s > 0)) return;
  const double middle = y_of(lane) + LANE / 2.0;
  const int64_t first = (int64_t)(r->start_s / rec->peak_s);
  int64_t end = (int64_t)ceil((r->start_s + r->length_s) / rec->peak_s);
  if (end > rec->n_peaks) end = rec->n_peaks;
  if (end <= first) return;
  mer__text_puts(v->out, "<path class=\"wave\" d=\"");
  for (int64_t i = first; i < end; i++) {
    const double height = .5 + rec->peaks[channel][i] / 255.0 * (LANE / 2.0 - 1);
    mer__text_printf(v->out, "M%.1f %.1fv%.1f", x_of(r, ((double)i + .5) * rec->peak_s),
                     middle - height, 2 * height);
  }
  mer__text_puts(v->out, "\"/>\n");
}

/* What a segment is, for the pointer and for a screen reader. */
static void put_description(const mer__page_view *v, const mer__shown *s) {
  mer__page_clock(v->out, s->start_s);
  mer__text_puts(v->out, " ");
  mer__html_text(v->out, mer__page_speaker(v->page, s));
  mer__text_puts(v->out, " ");
  mer__page_label(v->out, v->page, s->label);
  if (s->label >= 0) mer__text_printf(v->out, " %.0f %%", 100.0 * (double)s->prob);
}

/* Room for the first letter, and for each of those that follow. */
static const double LETTER = 12, MORE = 7;

static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/* How many first letters of a label tell it from all others, so that colour alone does not; 0: it
 * does not begin with a letter. */
static int n_letters(const mer_model *model, int32_t label) {
  const char *name = mer_model_label(model, label);
  int n = is_letter(name[0]) ? 1 : 0;
  for (int32_t k = 0; k < mer_model_n_labels(model); k++)
    while (k != label && n > 0 && is_letter(name[n]) &&
           strncasecmp(name, mer_model_label(model, k), (size_t)n) == 0)
      n++;
  return n;
}

static void put_segment(const mer__page_view *v, const row *r, const mer__shown *s, size_t index) {
  const double x = x_of(r, s->start_s), y = y_of(s->lane);
  const double width = fmax(x_of(r, s->end_s) - x, 1.5);
  const int letters = s->label < 0 ? 0 : n_letters(v->page->model, s->label);
  mer__text_printf(v->out,
                   "<g class=\"seg c%d\" data-i=\"%zu\"><rect class=\"%s\" x=\"%.1f\" y=\"%.0f\" "
                   "width=\"%.1f\" height=\"%d\" rx=\"2\"/><title>",
                   s->label < 0 ? 0 : mer__page_colour(v->page, s->label), index,
                   s->label < 0 ? "none" : "e", x, y, width, LANE);
  put_description(v, s);
  mer__text_puts(v->out, "</title>");
  if (s->after >= 0)
    mer__text_printf(v->out, "<text class=\"s mark\" x=\"%.1f\" y=\"%.0f\">&#9670;</text>", x,
                     y + LETTER);
  if (letters > 0 && width >= LETTER + (letters - 1) * MORE)
    mer__text_printf(v->out, "<text class=\"m in\" x=\"%.1f\" y=\"%.0f\">%.*s</text>",
                     x + width / 2, y + LANE - LETTER / 2, letters,
                     mer_model_label(v->page->model, s->label));
  mer__text_puts(v->out, "</g>\n");
}

static void put_axis(const mer__page_view *v, const row *r, double bottom) {
  const int n_ticks = 5;
  for (int i = 0; i <= n_ticks; i++) {
    const double t = r->start_s + r->length_s * i / n_ticks;
    if (t > v->duration_s + r->length_s / n_ticks) break;
    mer__text_printf(
        v->out,
        "<path class=\"rule\" d=\"M%.1f 0V%.0f\"/><text class=\"%s tick\" x=\"%.1f\" y=\"%.0f\">",
        x_of(r, t), bottom,
        i == n_ticks ? "e"
        : i          ? "m"
                     : "s",
        x_of(r, t), bottom + 13);
    mer__page_clock(v->out, t);
    mer__text_puts(v->out, "</text>\n");
  }
}

/* The name before a lane: as much of it as there is room for, and all of it for the pointer. Where
 * the lanes are scrolled the script moves it, so it has a background. */
static void put_name(const mer__page_view *v, int lane) {
  const char *name = mer__page_lane(v->page, lane);
  mer__text_printf(v->out,
                   "<svg class=\"name\" x=\"0\" y=\"%.0f\" width=\"%d\" height=\"%d\"><title>",
                   y_of(lane), LEFT - GAP, LANE + GAP);
  mer__html_text(v->out, name);
  mer__text_printf(
      v->out, "</title><rect width=\"%d\" height=\"%d\"/><text class=\"s who\" x=\"0\" y=\"%.0f\">",
      LEFT - GAP, LANE + GAP, LANE / 2.0 + 4);
  mer__html_text(v->out, name);
  mer__text_puts(v->out, "</text></svg>\n");
}

static void put_row(const mer__page_view *v, const row *r) {
  const mer_timeline_page *page = v->page;
  const double bottom = y_of(page->n_lanes);
  mer__text_printf(v->out,
                   "<svg class=\"lanes\" data-start=\"%.3f\" data-length=\"%.3f\" "
                   "viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"From ",
                   r->start_s, r->length_s, LEFT + WIDTH + 6, bottom + AXIS);
  mer__page_clock(v->out, r->start_s);
  mer__text_puts(v->out, " to ");
  mer__page_clock(v->out, fmin(r->start_s + r->length_s, v->duration_s));
  mer__text_puts(v->out, "\">\n");
  put_axis(v, r, bottom - GAP);
  for (size_t i = 0; i < page->n_items; i++) {
    const mer__shown *s = &page->items[i];
    if (s->end_s > r->start_s && s->start_s < r->start_s + r->length_s) put_segment(v, r, s, i);
  }
  for (int lane = 0; lane < page->n_lanes; lane++) put_waveform(v, r, lane);
  for (int lane = 0; lane < page->n_lanes; lane++) put_name(v, lane);
  mer__text_printf(v->out,
                   "<path class=\"cursor\" d=\"M%d 0V%.0f\" visibility=\"hidden\"/>\n</svg>\n",
                   LEFT, bottom);
}

void mer__page_lanes(const mer__page_view *view) {
  const double length = choose_row(view->duration_s);
  mer__text_puts(view->out,
                 "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                 "aria-label=\"The lanes of the speakers\">\n");
  for (double at = 0; at < view->duration_s; at += length) put_row(view, &(row){at, length});
  mer__text_puts(view->out, "</div>\n");
}
