/* svg_scatter.c: answers against targets: a point for each row, and the diagonal. */
#include <math.h>

#include "base/format.h"
#include "report/svg.h"

enum { SIZE = 360, LEFT = 44, BOTTOM = 40, TOP = 30, RIGHT = 10, MOST_POINTS = 1000 };

/* The values that both axes show, and where. */
typedef struct plan {
  mer__ticks ticks;
  double low, high;
} plan;

static plan make_plan(const float *targets, const float *answers, int64_t n, int64_t columns,
                      int64_t column) {
  double low = INFINITY, high = -INFINITY;
  for (int64_t i = column; i < n * columns; i += columns) {
    low = fmin(low, fmin(targets[i], answers[i]));
    high = fmax(high, fmax(targets[i], answers[i]));
  }
  if (!(high > low)) low -= 1, high += 1;
  plan p = {.ticks = mer__ticks_choose(low, high, 5)};
  p.low = fmin(low, p.ticks.first);
  p.high = fmax(high, p.ticks.first + (p.ticks.n - 1) * p.ticks.step);
  return p;
}

static double x_of(const plan *p, double value) {
  return LEFT + (SIZE - LEFT - RIGHT) * (value - p->low) / (p->high - p->low);
}

static double y_of(const plan *p, double value) {
  return SIZE - BOTTOM - (SIZE - BOTTOM - TOP) * (value - p->low) / (p->high - p->low);
}

static void draw_axes(mer__text_buffer *out, const plan *p) {
  char text[32];
  for (int i = 0; i < p->ticks.n; i++) {
    const double value = p->ticks.first + i * p->ticks.step, x = x_of(p, value), y = y_of(p, value);
    mer__text_printf(out,
                     "<path class=\"rule\" d=\"M%.1f %dV%d\"/>\n<path class=\"rule\" "
                     "d=\"M%d %.1fH%d\"/>\n",
                     x, TOP, SIZE - BOTTOM, LEFT, y, SIZE - RIGHT);
    mer__format(text, sizeof text, "%.*f", p->ticks.digits, value);
    mer__svg_label(out, x, SIZE - BOTTOM + 16, "m tick", text);
    mer__svg_label(out, LEFT - 6, y + 4, "e tick", text);
  }
  mer__svg_label(out, (LEFT + SIZE - RIGHT) / 2.0, SIZE - 6, "m tick", "target");
  mer__svg_label(out, 0, TOP - 12, "s tick", "answer");
  mer__text_printf(out, "<path class=\"diagonal\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", x_of(p, p->low),
                   y_of(p, p->low), x_of(p, p->high), y_of(p, p->high));
}

void mer__svg_scatter(mer__text_buffer *out, int id, const char *title, const float *targets,
                      const float *answers, int64_t n_rows, int64_t n_columns, int64_t column) {
  const plan p = make_plan(targets, answers, n_rows, n_columns, column);
  const int64_t step = (n_rows + MOST_POINTS - 1) / MOST_POINTS;
  mer__svg_open(out, id, SIZE, SIZE, false, title,
                "A point for each utterance: the target to the right, the answer upwards. On the "
                "diagonal both are the same. The table below has the numbers.");
  draw_axes(out, &p);
  for (int64_t i = 0; i < n_rows; i += step) {
    const int64_t at = i * n_columns + column;
    mer__text_printf(out, "<circle class=\"point c0\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>\n",
                     x_of(&p, targets[at]), y_of(&p, answers[at]));
  }
  mer__svg_close(out);
}
