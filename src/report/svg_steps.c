/* svg_steps.c: shares at a few steps that have names: points with intervals, joined by lines. */
#include <math.h>
#include <stdio.h>

#include "report/html.h"
#include "report/svg.h"

enum { WIDTH = 440, HEIGHT = 250, LEFT = 44, RIGHT = 96, TOP = 26, BOTTOM = 50, LABEL_HEIGHT = 14 };
enum { MOST_LINES = 16 };

static double x_of(const mer__step_chart *chart, double i) {
  const double width = WIDTH - LEFT - RIGHT;
  return LEFT + width * (i + 0.5) / chart->n_x;
}

static double y_of(double share) {
  return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * fmin(fmax(share, 0), 1);
}

static void draw_axes(mer__text_buffer *out, const mer__step_chart *chart) {
  char text[64];
  snprintf(text, sizeof text, "%s, %%", chart->y_title);
  mer__svg_label(out, 0, TOP - 10, "s head", text);
  for (int percent = 0; percent <= 100; percent += 25) {
    const double y = y_of(percent / 100.0);
    mer__text_printf(out, "<path class=\"rule\" d=\"M%d %.1fH%d\"/>\n", LEFT, y, WIDTH - RIGHT);
    snprintf(text, sizeof text, "%d", percent);
    mer__svg_label(out, LEFT - 8, y + 4, "e tick", text);
  }
  for (int32_t i = 0; i < chart->n_x; i++)
    mer__svg_label(out, x_of(chart, i), HEIGHT - BOTTOM + 17, "m tick", chart->x_labels[i]);
  mer__svg_label(out, LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 10, "m tick", chart->x_title);
}

static void draw_point(mer__text_buffer *out, const mer__step_chart *chart,
                       const mer__step_line *line, int32_t i) {
  const double x = x_of(chart, i), value = line->values[i];
  if (line->low && isfinite(line->low[i]) && isfinite(line->high[i]))
    mer__text_printf(out, "<path class=\"line thin\" d=\"M%.1f %.1fV%.1f\"/>\n", x,
                     y_of(line->low[i]), y_of(line->high[i]));
  mer__text_printf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>", x,
                   y_of(value));
  mer__html_text(out, line->label);
  mer__text_puts(out, ", ");
  mer__html_text(out, chart->x_labels[i]);
  mer__text_printf(out, ": %.1f %%</title></circle>\n", 100 * value);
}

static void draw_line(mer__text_buffer *out, const mer__step_chart *chart,
                      const mer__step_line *line) {
  int32_t before = -1;
  mer__text_printf(out, "<g class=\"c%d\">\n", line->colour);
  for (int32_t i = 0; i < chart->n_x; i++) {
    if (!isfinite(line->values[i])) continue;
    if (before >= 0)
      mer__text_printf(out, "<path class=\"line\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n",
                       x_of(chart, before), y_of(line->values[before]), x_of(chart, i),
                       y_of(line->values[i]));
    before = i;
  }
  for (int32_t i = 0; i < chart->n_x; i++)
    if (isfinite(line->values[i])) draw_point(out, chart, line, i);
  mer__text_puts(out, "</g>\n");
}

static double last_value(const mer__step_line *line, int32_t n) {
  for (int32_t i = n; i-- > 0;)
    if (isfinite(line->values[i])) return line->values[i];
  return NAN;
}

/* The lines' names at their ends, from the top, so that none covers another. */
static void draw_names(mer__text_buffer *out, const mer__step_chart *chart) {
  int order[MOST_LINES], n = 0;
  double ends[MOST_LINES], y = 0;
  for (int l = 0; l < chart->n_lines && l < MOST_LINES; l++) {
    ends[l] = last_value(&chart->lines[l], chart->n_x);
    if (!isfinite(ends[l])) continue;
    int at = n++;
    for (; at > 0 && ends[order[at - 1]] < ends[l]; at--) order[at] = order[at - 1];
    order[at] = l;
  }
  for (int i = 0; i < n; i++) {
    y = fmax(y_of(ends[order[i]]), y + LABEL_HEIGHT);
    mer__svg_short_label(out, WIDTH - RIGHT + 8, y + 4, "s end", chart->lines[order[i]].label,
                         RIGHT - 10);
  }
}

void mer__svg_steps(mer__text_buffer *out, int id, const mer__step_chart *chart) {
  mer__svg_open(out, id, WIDTH, HEIGHT, false, chart->title, chart->description);
  draw_axes(out, chart);
  for (int l = 0; l < chart->n_lines; l++) draw_line(out, chart, &chart->lines[l]);
  if (chart->n_lines > 1) draw_names(out, chart);
  mer__svg_close(out);
}
