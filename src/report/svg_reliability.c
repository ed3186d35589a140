/* svg_reliability.c: the reliability diagram: for each bin of probability how often the forecasts
 * were right, beside the diagonal, on which they would be right as often as they say. */
#include <math.h>

#include "base/format.h"
#include "report/calibration.h"
#include "report/svg.h"

enum {
  WIDTH = 440,
  LEFT = 48,
  RIGHT = 12,
  TOP = 30,
  BOTTOM = 330, /* of the plot */
  COUNTS_TOP = 384,
  COUNTS_BOTTOM = 444,
  HEIGHT = 452
};

static double x_of(double share) { return LEFT + (WIDTH - LEFT - RIGHT) * share; }

static double y_of(double share) { return BOTTOM - (BOTTOM - TOP) * fmin(fmax(share, 0), 1); }

static void draw_axes(mer__text_buffer *out) {
  char text[16];
  for (int percent = 0; percent <= 100; percent += 20) {
    const double x = x_of(percent / 100.0), y = y_of(percent / 100.0);
    mer__text_printf(out,
                     "<path class=\"rule\" d=\"M%.1f %dV%d\"/>\n<path class=\"rule\" "
                     "d=\"M%d %.1fH%d\"/>\n",
                     x, TOP, BOTTOM, LEFT, y, WIDTH - RIGHT);
    mer__format(text, sizeof text, "%d", percent);
    mer__svg_label(out, x, BOTTOM + 16, "m tick", text);
    mer__svg_label(out, LEFT - 6, y + 4, "e tick", text);
  }
  mer__svg_label(out, 0, TOP - 12, "s tick", "right, %");
  mer__svg_label(out, (LEFT + WIDTH - RIGHT) / 2.0, BOTTOM + 34, "m tick", "probability, %");
  mer__text_printf(out, "<path class=\"diagonal\" d=\"M%.1f %dL%.1f %d\"/>\n", x_of(0), BOTTOM,
                   x_of(1), TOP);
}

static bool is_drawn(const mer_reliability_bin *bin) {
  return bin->n > 0 && isfinite(bin->confidence) && isfinite(bin->accuracy);
}

/* A line through the bins that have forecasts, with a point for each. */
static void draw_bins(mer__text_buffer *out, const mer_calibration *c, int colour,
                      const char *dashes) {
  const char *command = "M";
  mer__text_printf(out, "<g class=\"c%d\">\n<path class=\"line%s\" d=\"", colour, dashes);
  for (int b = 0; b < MER_RELIABILITY_BINS; b++) {
    const mer_reliability_bin *bin = &c->bins[b];
    if (!is_drawn(bin)) continue;
    mer__text_printf(out, "%s%.1f %.1f", command, x_of(fmin(fmax(bin->confidence, 0), 1)),
                     y_of(bin->accuracy));
    command = "L";
  }
  mer__text_puts(out, "\"/>\n");
  for (int b = 0; b < MER_RELIABILITY_BINS; b++)
    if (is_drawn(&c->bins[b]))
      mer__text_printf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>\n",
                       x_of(fmin(fmax(c->bins[b].confidence, 0), 1)), y_of(c->bins[b].accuracy));
  mer__text_puts(out, "</g>\n");
}

/* How many forecasts each bin has. */
static void draw_counts(mer__text_buffer *out, const mer_calibration *c) {
  const double width = (WIDTH - LEFT - RIGHT) / (double)MER_RELIABILITY_BINS;
  int64_t most = 1;
  char text[32];
  for (int b = 0; b < MER_RELIABILITY_BINS; b++)
    if (c->bins[b].n > most) most = c->bins[b].n;
  mer__format(text, sizeof text, "%lld", (long long)most);
  mer__svg_label(out, 0, COUNTS_TOP - 12, "s tick", "answers");
  mer__svg_label(out, LEFT - 6, COUNTS_TOP + 4, "e tick", text);
  mer__svg_label(out, LEFT - 6, COUNTS_BOTTOM + 4, "e tick", "0");
  mer__text_puts(out, "<g class=\"c0\">\n");
  for (int b = 0; b < MER_RELIABILITY_BINS; b++) {
    const double height = (COUNTS_BOTTOM - COUNTS_TOP) * (double)c->bins[b].n / (double)most;
    mer__text_printf(out,
                     "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                     LEFT + b * width + 1, COUNTS_BOTTOM - height, width - 2, height);
  }
  mer__text_printf(out, "</g>\n<path class=\"rule\" d=\"M%d %dH%d\"/>\n", LEFT, COUNTS_BOTTOM,
                   WIDTH - RIGHT);
}

void mer__svg_reliability(mer__text_buffer *out, int id, const mer_calibration *calibration,
                          const mer_calibration *before) {
  mer__svg_open(out, id, WIDTH, HEIGHT, false, "Reliability",
                "For each bin of probability a point: the mean probability to the right, the share "
                "that was right upwards. On the diagonal both are the same; below it the model is "
                "too sure. Bars below count what is in each bin. The table has the numbers.");
  draw_axes(out);
  if (before) draw_bins(out, before, 1, " train");
  draw_bins(out, calibration, 0, "");
  draw_counts(out, calibration);
  mer__svg_close(out);
}
