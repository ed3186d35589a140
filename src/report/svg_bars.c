/* svg_bars.c: horizontal bars of shares, one group for each label, one bar for each run. */
#include <math.h>
#include <stdio.h>

#include "report/html.h"
#include "report/svg.h"

enum { WIDTH = 440, MAX_LABEL = 110, RIGHT = 14, TOP = 34, GROUP_GAP = 12, TEXT_HEIGHT = 15 };

/* Where the bars lie. */
typedef struct plan {
  double left, bar, group, height;
} plan;

static plan make_plan(int n_runs, const char *const *labels, int32_t n_labels) {
  plan p = {.bar = n_runs <= 2 ? 10 : n_runs <= 4 ? 7 : 5};
  for (int32_t i = 0; i < n_labels; i++) p.left = fmax(p.left, mer__svg_text_width(labels[i]));
  p.left = fmin(p.left, MAX_LABEL) + 10;
  p.group = fmax(n_runs * (p.bar + 1), TEXT_HEIGHT) + GROUP_GAP;
  p.height = TOP + n_labels * p.group + 6;
  return p;
}

static void draw_axis(mer__text_buffer *out, const plan *p) {
  char text[16];
  for (int percent = 0; percent <= 100; percent += 25) {
    double x = p->left + (WIDTH - RIGHT - p->left) * percent / 100;
    mer__text_printf(out, "<path class=\"rule\" d=\"M%.1f %dV%.1f\"/>\n", x, TOP, p->height - 4);
    snprintf(text, sizeof text, "%d", percent);
    mer__svg_label(out, x, TOP - 6, "m tick", text);
  }
}

/* A bar of nothing is still a line two pixels wide; a missing value has no bar. */
static void draw_bar(mer__text_buffer *out, const plan *p, double y, double value, const char *run,
                     const char *label, int colour) {
  if (!isfinite(value)) return;
  double width = (WIDTH - RIGHT - p->left) * fmin(fmax(value, 0), 1);
  mer__text_printf(out,
                   "<rect class=\"bar c%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\">",
                   colour, p->left, y, fmax(width, 2), p->bar);
  mer__text_puts(out, "<title>");
  mer__html_text(out, run);
  mer__text_puts(out, ", ");
  mer__html_text(out, label);
  mer__text_printf(out, ": %.1f %%</title></rect>\n", 100 * value);
}

void mer__svg_bars(mer__text_buffer *out, int id, const char *title, const double *values,
                   const char *const *runs, int n_runs, const char *const *labels,
                   int32_t n_labels) {
  plan p = make_plan(n_runs, labels, n_labels);
  mer__svg_open(out, id, WIDTH, p.height, false, title,
                "A group of bars for each label, a bar for each run, in percent. The table below "
                "has the numbers.");
  char head[64];
  snprintf(head, sizeof head, "%s, %%", title);
  mer__svg_label(out, 0, 12, "s head", head);
  draw_axis(out, &p);
  for (int32_t i = 0; i < n_labels; i++) {
    double top = TOP + i * p.group + GROUP_GAP / 2.0, bars = n_runs * (p.bar + 1);
    double inner = p.group - GROUP_GAP;
    mer__svg_short_label(out, p.left - 8, top + inner / 2 + 4, "e", labels[i], MAX_LABEL);
    for (int r = 0; r < n_runs; r++)
      draw_bar(out, &p, top + (inner - bars) / 2 + r * (p.bar + 1), values[r * n_labels + i],
               runs[r], labels[i], mer__html_colour(r));
  }
  mer__svg_close(out);
}
