/* svg_confusion.c: a confusion matrix as a heat map with the counts in its cells. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/html.h"
#include "report/svg.h"

enum { MAX_LABEL = 110, TITLE = 18, GAP = 6 };

/* Where the matrix lies. */
typedef struct grid {
  double left, top, cell;
  int32_t n;
} grid;

static double longest_label(const char *const *labels, int32_t n) {
  double longest = 0;
  for (int32_t i = 0; i < n; i++) longest = fmax(longest, mer__svg_text_width(labels[i]));
  return fmin(longest, MAX_LABEL);
}

/* Classes of a cell's number, so that it stands out from the cell's colour. */
static const char *cell_classes(int64_t count, double share) {
  if (count == 0) return "m count zero";
  if (share > 0.75) return "m count on";
  return share > 0.58 ? "m count half" : "m count";
}

static void draw_cell(mer__text_buffer *out, const grid *g, int32_t row, int32_t column,
                      int64_t count, double share, const char *const *labels) {
  double x = g->left + column * g->cell, y = g->top + row * g->cell;
  char text[32];
  mer__text_puts(out, "<g><title>");
  mer__html_text(out, labels[row]);
  mer__text_puts(out, " taken for ");
  mer__html_text(out, labels[column]);
  mer__text_printf(out, ": %lld (%.1f %%)</title>", (long long)count, 100 * share);
  mer__text_printf(out,
                   "<rect class=\"cell%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                   "style=\"fill-opacity:%.3f\"/>",
                   row == column ? " hit" : "", x + 0.5, y + 0.5, g->cell - 1, g->cell - 1, share);
  snprintf(text, sizeof text, "%lld", (long long)count);
  mer__svg_label(out, x + g->cell / 2, y + g->cell / 2 + 4, cell_classes(count, share), text);
  mer__text_puts(out, "</g>\n");
}

static void draw_row(mer__text_buffer *out, const grid *g, int32_t row, const int64_t *counts,
                     const char *const *labels) {
  double total = 0;
  for (int32_t c = 0; c < g->n; c++) total += (double)counts[c];
  for (int32_t c = 0; c < g->n; c++)
    draw_cell(out, g, row, c, counts[c], total > 0 ? (double)counts[c] / total : 0, labels);
  mer__svg_short_label(out, g->left - GAP, g->top + (row + 0.5) * g->cell + 4, "e", labels[row],
                       MAX_LABEL);
}

/* Labels above the columns, turned if they are wider than a cell. */
static void draw_column_labels(mer__text_buffer *out, const grid *g, const char *const *labels,
                               bool turned) {
  for (int32_t c = 0; c < g->n; c++) {
    double x = g->left + (c + 0.5) * g->cell, y = g->top - GAP;
    if (!turned) {
      mer__svg_label(out, x, y, "m", labels[c]);
      continue;
    }
    mer__text_printf(out, "<g transform=\"translate(%.1f %.1f) rotate(-45)\">", x + 3, y);
    mer__svg_short_label(out, 0, 0, "s", labels[c], MAX_LABEL);
    mer__text_puts(out, "</g>\n");
  }
}

static void draw_titles(mer__text_buffer *out, const grid *g) {
  double middle = g->n * g->cell / 2;
  mer__svg_label(out, g->left + middle, 12, "m tick", "predicted");
  mer__text_printf(out, "<g transform=\"translate(12 %.1f) rotate(-90)\">", g->top + middle);
  mer__svg_label(out, 0, 0, "m tick", "true");
  mer__text_puts(out, "</g>\n");
}

/* Where a matrix lies, and the size of its figure. */
static grid make_grid(double *width, double *height, bool *turned, const char *const *labels,
                      int32_t n) {
  double longest = longest_label(labels, n);
  grid g = {.n = n, .cell = n <= 8 ? 46 : 36};
  *turned = longest > g.cell - 4;
  double tail = *turned ? fmax(0, 0.71 * longest - g.cell / 2) : 0; /* of the last turned label */
  g.left = TITLE + longest + GAP;
  g.top = TITLE + GAP + (*turned ? 0.71 * longest + 10 : 14);
  *width = g.left + n * g.cell + tail + 2;
  *height = g.top + n * g.cell + 2;
  return g;
}

void mer__svg_confusion(mer__text_buffer *out, int id, const char *title, const int64_t *counts,
                        const char *const *labels, int32_t n) {
  double width, height;
  bool turned;
  const grid g = make_grid(&width, &height, &turned, labels, n);
  mer__svg_open(
      out, id, width, height, n > 8, title,
      "Rows are true labels, columns predictions; the darker a cell, the larger its share "
      "of the row. Numbers are counts.");
  draw_titles(out, &g);
  draw_column_labels(out, &g, labels, turned);
  for (int32_t row = 0; row < n; row++)
    draw_row(out, &g, row, counts + (size_t)row * (size_t)n, labels);
  mer__svg_close(out);
}

/* A difference of shares; of half the row it has the full colour. */
static void draw_change(mer__text_buffer *out, const grid *g, int32_t row, int32_t column,
                        double change, const char *const *labels) {
  double x = g->left + column * g->cell, y = g->top + row * g->cell;
  const double strength = fmin(1, 2 * fabs(change));
  char text[32];
  mer__text_puts(out, "<g><title>");
  mer__html_text(out, labels[row]);
  mer__text_puts(out, " taken for ");
  mer__html_text(out, labels[column]);
  mer__text_printf(out, ": %+.1f points</title>", 100 * change);
  mer__text_printf(out,
                   "<rect class=\"cell %s%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                   "height=\"%.1f\" style=\"fill-opacity:%.3f\"/>",
                   change < 0 ? "less" : "more", row == column ? " hit" : "", x + 0.5, y + 0.5,
                   g->cell - 1, g->cell - 1, strength);
  snprintf(text, sizeof text, "%+.0f", 100 * change);
  if (strcmp(text, "+0") == 0 || strcmp(text, "-0") == 0) strcpy(text, "0");
  mer__svg_label(out, x + g->cell / 2, y + g->cell / 2 + 4,
                 strcmp(text, "0") == 0 ? "m count zero" : cell_classes(1, strength), text);
  mer__text_puts(out, "</g>\n");
}

void mer__svg_confusion_change(mer__text_buffer *out, int id, const char *title,
                               const double *changes, const char *const *labels, int32_t n) {
  double width, height;
  bool turned;
  const grid g = make_grid(&width, &height, &turned, labels, n);
  mer__svg_open(out, id, width, height, n > 8, title,
                "Rows are true labels, columns predictions. Numbers are percentage points of the "
                "row; blue is more, orange less.");
  draw_titles(out, &g);
  draw_column_labels(out, &g, labels, turned);
  for (int32_t row = 0; row < n; row++) {
    for (int32_t c = 0; c < n; c++) draw_change(out, &g, row, c, changes[row * n + c], labels);
    mer__svg_short_label(out, g.left - GAP, g.top + (row + 0.5) * g.cell + 4, "e", labels[row],
                         MAX_LABEL);
  }
  mer__svg_close(out);
}
