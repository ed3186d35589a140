/* svg.h: the page's figures: line chart, confusion matrix, bars. Coordinates are pixels of a
 * nominal size that the page scales. Colours come from the style sheet's classes. */
#ifndef MER_REPORT_SVG_H
#define MER_REPORT_SVG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text_buffer.h"

/** Opens a figure. `id` is unique in the page; `title` and `description` are read by screen
 * readers. `wide`: it is not made narrower than its size, its box scrolls. */
void mer__svg_open(mer__text_buffer *out, int id, double width, double height, bool wide,
                   const char *title, const char *description);
void mer__svg_close(mer__text_buffer *out);
/** Text at a point; `classes` are "s" (start), "m" (middle) or "e" (end) and further classes. */
void mer__svg_label(mer__text_buffer *out, double x, double y, const char *classes,
                    const char *text);
/** Estimated width of a text of the figure's size, in pixels. */
double mer__svg_text_width(const char *text);
/** The label, cut to about `width` pixels with an ellipsis. */
void mer__svg_short_label(mer__text_buffer *out, double x, double y, const char *classes,
                          const char *text, double width);

/** Ticks at round numbers: first, first + step, .. up to `n` of them. */
typedef struct mer__ticks {
  double first, step;
  int n, digits; /* digits after the point that tell the ticks apart */
} mer__ticks;

/** About `wanted` ticks that cover low .. high (finite). */
mer__ticks mer__ticks_choose(double low, double high, int wanted);

typedef struct mer__chart_line {
  const char *label;    /* at its end; NULL: a thin line without one */
  const char *split;    /* class of its dashes: "train", "dev", "test" */
  const double *values; /* [n_x]; NaN: a gap */
} mer__chart_line;

typedef struct mer__chart {
  const char *title, *description;
  const mer__chart_line *lines;
  int n_lines;
  int32_t n_x;      /* values lie at 1 .. n_x */
  int32_t marked;   /* a dot here on the dev and test lines; 0: none */
  int colour;       /* of the run */
  bool percent;     /* values are shares: the axis is 0 .. 100 % */
  double reference; /* a grey level line; NaN: none */
  const char *reference_label;
} mer__chart;

void mer__svg_chart(mer__text_buffer *out, int id, const mer__chart *chart);

/** A line of a chart over steps. */
typedef struct mer__step_line {
  const char *label;        /* at its end */
  const double *values;     /* [n_x], shares; NaN: none */
  const double *low, *high; /* [n_x]: an interval of each, or NULL */
  int colour;
} mer__step_line;

typedef struct mer__step_chart {
  const char *title, *description, *y_title, *x_title;
  const char *const *x_labels; /* [n_x] */
  int32_t n_x;
  const mer__step_line *lines;
  int n_lines;
} mer__step_chart;

/** Shares at a few steps that have names, equally far apart: points, joined by lines. */
void mer__svg_steps(mer__text_buffer *out, int id, const mer__step_chart *chart);

/** Heat map of `counts` [n, n], row: true, column: predicted; coloured by the share of the row. */
void mer__svg_confusion(mer__text_buffer *out, int id, const char *title, const int64_t *counts,
                        const char *const *labels, int32_t n);

/** The same of `changes` [n, n] of the shares of the row, -1 .. 1, in percentage points. */
void mer__svg_confusion_change(mer__text_buffer *out, int id, const char *title,
                               const double *changes, const char *const *labels, int32_t n);

/** Points of answers against targets, both [n_rows, n_columns], of which `column` is drawn (of many
 * rows some, evenly), and the diagonal, on which both are the same. */
void mer__svg_scatter(mer__text_buffer *out, int id, const char *title, const float *targets,
                      const float *answers, int64_t n_rows, int64_t n_columns, int64_t column);

/** Bars of `values` [n_runs, n_labels] in 0 .. 1, grouped by label. */
void mer__svg_bars(mer__text_buffer *out, int id, const char *title, const double *values,
                   const char *const *runs, int n_runs, const char *const *labels,
                   int32_t n_labels);

#endif
