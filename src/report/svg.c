/* svg.c: what the figures share: frame, labels, ticks at round numbers. */
#include "report/svg.h"

#include <math.h>
#include <string.h>

#include "report/display_width.h"
#include "report/html.h"

/* Mean width of a character of 12 pixels in the usual sans-serif fonts. */
static const double CHARACTER_WIDTH = 6.6;

void mer__svg_open(mer__text_buffer *out, int id, double width, double height, bool wide,
                   const char *title, const char *description) {
  mer__text_printf(out,
                   "<svg role=\"img\" aria-labelledby=\"t%d d%d\" viewBox=\"0 0 %.0f %.0f\" "
                   "width=\"%.0f\" height=\"%.0f\"%s>\n<title id=\"t%d\">",
                   id, id, width, height, width, height, wide ? " class=\"wide\"" : "", id);
  mer__html_text(out, title);
  mer__text_printf(out, "</title>\n<desc id=\"d%d\">", id);
  mer__html_text(out, description);
  mer__text_puts(out, "</desc>\n");
}

void mer__svg_close(mer__text_buffer *out) { mer__text_puts(out, "</svg>\n"); }

static void label_part(mer__text_buffer *out, double x, double y, const char *classes,
                       const char *text, size_t size, const char *rest) {
  mer__text_printf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, classes);
  mer__html_text_part(out, text, size);
  mer__text_printf(out, "%s</text>\n", rest);
}

void mer__svg_label(mer__text_buffer *out, double x, double y, const char *classes,
                    const char *text) {
  label_part(out, x, y, classes, text, strlen(text), "");
}

double mer__svg_text_width(const char *text) {
  return CHARACTER_WIDTH * (double)mer__display_width(text);
}

void mer__svg_short_label(mer__text_buffer *out, double x, double y, const char *classes,
                          const char *text, double width) {
  size_t columns = (size_t)fmax(1, width / CHARACTER_WIDTH);
  if (mer__display_width(text) <= columns) mer__svg_label(out, x, y, classes, text);
  else
    label_part(out, x, y, classes, text, mer__display_prefix(text, columns > 1 ? columns - 1 : 1),
               "\u2026");
}

mer__ticks mer__ticks_choose(double low, double high, int wanted) {
  if (!(high > low)) high = low + 1;
  double rough = (high - low) / wanted, power = pow(10, floor(log10(rough)));
  double part = rough / power;
  double step = power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
  double first = floor(low / step) * step;
  int digits = (int)-floor(log10(step) + 1e-9);
  return (mer__ticks){
      .first = first,
      .step = step,
      .n = (int)ceil((high - first) / step - 1e-9) + 1,
      .digits = digits > 0 ? digits : 0,
  };
}
