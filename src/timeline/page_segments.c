/* page_segments.c: all segments as a table, from which each can be played. */
#include <math.h>

#include "report/html.h"
#include "timeline/page_state.h"

static void put_row(const mer__page_view *v, const mer__shown *s, size_t index) {
  mer__text_printf(v->out, "<tr id=\"s%zu\"", index);
  if (isfinite(s->start_s))
    mer__text_printf(v->out, " data-start=\"%.3f\" data-end=\"%.3f\"", s->start_s, s->end_s);
  mer__text_printf(v->out, "><td><button class=\"go\" data-i=\"%zu\">", index);
  if (isfinite(s->start_s)) mer__page_clock(v->out, s->start_s);
  else mer__text_puts(v->out, "no time");
  mer__text_puts(v->out, "</button></td><td>");
  mer__html_text(v->out, mer__page_speaker(v->page, s));
  mer__text_puts(v->out, "</td><td>");
  if (s->label >= 0)
    mer__text_printf(v->out, "<span class=\"swatch c%d\"></span>",
                     mer__page_colour(v->page, s->label));
  mer__page_label(v->out, v->page, s->label);
  mer__text_puts(v->out, "</td><td class=\"n\">");
  if (s->label >= 0) mer__text_printf(v->out, "%.0f&#8239;%%", 100.0 * (double)s->prob);
  mer__text_puts(v->out, "</td><td class=\"n\">");
  mer__html_number(v->out, (double)s->intensity, 2);
  mer__text_puts(v->out, "</td><td class=\"said\">");
  mer__text_puts(v->out, v->page->strings.data + s->words);
  mer__text_puts(v->out, "</td></tr>\n");
}

void mer__page_segments(const mer__page_view *view) {
  mer__html_section(view->out, "Segments");
  mer__html_table_open(view->out, "All segments in the order of their beginnings");
  mer__text_puts(view->out, "<thead><tr>");
  static const char *const titles[] = {"From",        "Speaker",   "Emotion",
                                       "Probability", "Intensity", "Words"};
  for (int i = 0; i < 6; i++) mer__html_column(view->out, titles[i], i == 3 || i == 4);
  mer__text_puts(view->out, "</tr></thead>\n<tbody class=\"segments\">\n");
  for (size_t i = 0; i < view->page->n_items; i++) put_row(view, &view->page->items[i], i);
  mer__html_table_close(view->out);
  mer__text_puts(view->out, "</section>\n");
}
