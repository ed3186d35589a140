/* svg_chart.c: a line chart over epochs, its lines labelled at their ends. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "report/svg.h"

enum { WIDTH = 440, HEIGHT = 240, LEFT = 44, RIGHT = 64, TOP = 26, BOTTOM = 40 };
enum { LABEL_HEIGHT = 14, MAX_LABELS = 8 };

/* Where values lie. */
typedef struct frame {
  double low, high; /* of the axis */
  int32_t n_x;
  mer__ticks ticks;
} frame;

static double x_of(const frame *f, double x) {
  double width = WIDTH - LEFT - RIGHT;
  return f->n_x < 2 ? LEFT + width / 2 : LEFT + width * (x - 1) / (f->n_x - 1);
}

static double y_of(const frame *f, double value) {
  double share = (value - f->low) / (f->high - f->low);
  return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * fmin(fmax(share, 0), 1);
}

static bool shown(double value) { return isfinite(value) && fabs(value) < 1e12; }

/* The largest value; `n_above` counts those over `bound`. */
static double largest(const mer__chart *chart, double bound, long *n_above, long *n) {
  double most = 0;
  *n_above = *n = 0;
  for (int l = 0; l < chart->n_lines; l++)
    for (int32_t i = 0; i < chart->n_x; i++) {
      double value = chart->lines[l].values[i];
      if (!shown(value)) continue;
      most = fmax(most, value);
      ++*n;
      *n_above += value > bound;
    }
  return most;
}

/* A few values far above the rest (a first epoch) would flatten the curves: the axis then ends
 * below them. Returns the end of the axis. */
static double choose_end(const mer__chart *chart) {
  long n_above, n;
  double end = largest(chart, 0, &n_above, &n);
  while (end > 1e-9) {
    largest(chart, end / 4, &n_above, &n);
    if (n_above * 4 > n) return end;
    end /= 2;
  }
  return 1;
}

static frame make_frame(const mer__chart *chart) {
  frame f = {.low = 0, .high = 1, .n_x = chart->n_x};
  if (!chart->percent) f.high = choose_end(chart);
  f.ticks = mer__ticks_choose(f.low, f.high, chart->percent ? 5 : 4);
  f.high = f.ticks.first + f.ticks.step * (f.ticks.n - 1);
  return f;
}

static void draw_y_axis(mer__text_buffer *out, const frame *f, bool percent) {
  char text[32];
  for (int i = 0; i < f->ticks.n; i++) {
    double value = f->ticks.first + i * f->ticks.step, y = y_of(f, value);
    mer__text_printf(out, "<path class=\"rule\" d=\"M%d %.1fH%d\"/>\n", LEFT, y, WIDTH - RIGHT);
    if (percent) mer__format(text, sizeof text, "%.0f", 100 * value);
    else if (value >= 1e5) mer__format(text, sizeof text, "%.0e", value);
    else mer__format(text, sizeof text, "%.*f", f->ticks.digits, value);
    mer__svg_label(out, LEFT - 8, y + 4, "e tick", text);
  }
}

static void draw_x_axis(mer__text_buffer *out, const frame *f) {
  char text[32];
  mer__ticks ticks = mer__ticks_choose(0, f->n_x, f->n_x < 8 ? f->n_x : 6);
  int step = ticks.step < 1 ? 1 : (int)ticks.step;
  if (step > 3) mer__svg_label(out, x_of(f, 1), HEIGHT - BOTTOM + 17, "m tick", "1");
  for (int x = step; x <= f->n_x; x += step) {
    snprintf(text, sizeof text, "%d", x);
    mer__svg_label(out, x_of(f, x), HEIGHT - BOTTOM + 17, "m tick", text);
  }
  mer__svg_label(out, LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 5, "m tick", "epoch");
}

/* A point alone gets a dot, neighbours are joined. */
static void draw_line(mer__text_buffer *out, const frame *f, const mer__chart_line *line) {
  const char *weight = line->label ? "" : " thin";
  const double *v = line->values;
  for (int32_t i = 0; i < f->n_x; i++) {
    if (!shown(v[i])) continue;
    int32_t from = i;
    while (i + 1 < f->n_x && shown(v[i + 1])) i++;
    if (i == from) {
      mer__text_printf(out, "<circle class=\"dot%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", weight,
                       x_of(f, i + 1), y_of(f, v[i]));
      continue;
    }
    mer__text_printf(out, "<path class=\"line %s%s\" d=\"", line->split, weight);
    for (int32_t k = from; k <= i; k++)
      mer__text_printf(out, "%s%.1f %.1f", k == from ? "M" : "L", x_of(f, k + 1), y_of(f, v[k]));
    mer__text_puts(out, "\"/>\n");
  }
}

static void draw_mark(mer__text_buffer *out, const frame *f, const mer__chart *chart) {
  int32_t at = chart->marked;
  for (int l = 0; l < chart->n_lines && at >= 1 && at <= chart->n_x; l++) {
    const mer__chart_line *line = &chart->lines[l];
    double value = line->values[at - 1];
    if (!line->label || strcmp(line->split, "train") == 0 || !shown(value)) continue;
    mer__text_printf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", x_of(f, at),
                     y_of(f, value));
  }
}

typedef struct end_label {
  double y;
  const char *text, *classes;
} end_label;

static double last_value(const mer__chart_line *line, int32_t n) {
  for (int32_t i = n; i-- > 0;)
    if (shown(line->values[i])) return line->values[i];
  return NAN;
}

/* Inserts in the order of y. */
static int add_label(end_label *labels, int n, double y, const char *text, const char *classes) {
  if (n == MAX_LABELS || !isfinite(y)) return n;
  int at = n;
  for (; at > 0 && labels[at - 1].y > y; at--) labels[at] = labels[at - 1];
  labels[at] = (end_label){y, text, classes};
  return n + 1;
}

/* Moves labels apart: downwards first, then up again from the bottom. */
static void spread(end_label *labels, int n) {
  double bottom = HEIGHT - BOTTOM + 2;
  for (int i = 1; i < n; i++) labels[i].y = fmax(labels[i].y, labels[i - 1].y + LABEL_HEIGHT);
  for (int i = n; i-- > 0;) {
    labels[i].y = fmin(labels[i].y, bottom);
    bottom = labels[i].y - LABEL_HEIGHT;
  }
}

static void draw_end_labels(mer__text_buffer *out, const frame *f, const mer__chart *chart) {
  end_label labels[MAX_LABELS];
  int n = 0;
  for (int l = 0; l < chart->n_lines; l++) {
    const mer__chart_line *line = &chart->lines[l];
    if (!line->label) continue;
    double last = last_value(line, chart->n_x);
    n = add_label(labels, n, isfinite(last) ? y_of(f, last) : (double)NAN, line->label, "s end");
  }
  if (isfinite(chart->reference))
    n = add_label(labels, n, y_of(f, chart->reference), chart->reference_label, "s tick");
  spread(labels, n);
  for (int i = 0; i < n; i++)
    mer__svg_label(out, WIDTH - RIGHT + 8, labels[i].y + 4, labels[i].classes, labels[i].text);
}

/* Says so where values lie above the axis. */
static void draw_cut(mer__text_buffer *out, const frame *f, const mer__chart *chart) {
  char text[64];
  long n_above, n;
  double most = largest(chart, f->high, &n_above, &n);
  if (n_above == 0) return;
  mer__format(text, sizeof text, "\u2191 up to %.3g", most);
  mer__svg_label(out, WIDTH - RIGHT, TOP - 10, "e tick", text);
}

void mer__svg_chart(mer__text_buffer *out, int id, const mer__chart *chart) {
  frame f = make_frame(chart);
  mer__svg_open(out, id, WIDTH, HEIGHT, false, chart->title, chart->description);
  mer__svg_label(out, 0, TOP - 10, "s head", chart->percent ? "Accuracy, %" : "Loss");
  draw_y_axis(out, &f, chart->percent);
  draw_x_axis(out, &f);
  if (isfinite(chart->reference))
    mer__text_printf(out, "<path class=\"reference\" d=\"M%d %.1fH%d\"/>\n", LEFT,
                     y_of(&f, chart->reference), WIDTH - RIGHT);
  mer__text_printf(out, "<g class=\"c%d\">\n", chart->colour);
  for (int l = 0; l < chart->n_lines; l++) draw_line(out, &f, &chart->lines[l]);
  draw_mark(out, &f, chart);
  mer__text_puts(out, "</g>\n");
  draw_end_labels(out, &f, chart);
  if (!chart->percent) draw_cut(out, &f, chart);
  mer__svg_close(out);
}
