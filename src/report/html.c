/* html.c: escaping and the small pieces of the page. */
#include "report/html.h"

#include <math.h>
#include <string.h>

static const char *escape(unsigned char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\t':
    case '\n': return NULL;
    default: return c < 0x20 || c == 0x7f ? "\uFFFD" : NULL;
  }
}

void mer__html_text_part(mer__text_buffer *out, const char *text, size_t size) {
  size_t from = 0;
  for (size_t i = 0; i < size; i++) {
    const char *instead = escape((unsigned char)text[i]);
    if (!instead) continue;
    mer__text_append(out, text + from, i - from);
    mer__text_puts(out, instead);
    from = i + 1;
  }
  mer__text_append(out, text + from, size - from);
}

void mer__html_text(mer__text_buffer *out, const char *text) {
  if (text) mer__html_text_part(out, text, strlen(text));
  else mer__text_puts(out, "\u2013");
}

void mer__html_number(mer__text_buffer *out, double x, int digits) {
  if (!isfinite(x)) mer__text_puts(out, "\u2013");
  else if (fabs(x) >= 1e9) mer__text_printf(out, "%.2e", x);
  else mer__text_printf(out, "%.*f", digits, x);
}

void mer__html_percent(mer__text_buffer *out, double x) { mer__html_number(out, 100 * x, 1); }

void mer__html_section(mer__text_buffer *out, const char *heading) {
  mer__text_printf(out, "<section>\n<h2>%s</h2>\n", heading);
}

void mer__html_table_open(mer__text_buffer *out, const char *caption) {
  mer__text_puts(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
  mer__html_text(out, caption);
  mer__text_puts(out, "\">\n<table>\n<caption>");
  mer__html_text(out, caption);
  mer__text_puts(out, "</caption>\n");
}

void mer__html_table_close(mer__text_buffer *out) {
  mer__text_puts(out, "</tbody>\n</table>\n</div>\n");
}

void mer__html_column(mer__text_buffer *out, const char *title, bool numbers) {
  mer__text_printf(out, "<th scope=\"col\"%s>", numbers ? " class=\"number\"" : "");
  mer__html_text(out, title);
  mer__text_puts(out, "</th>");
}

void mer__html_swatch(mer__text_buffer *out, int colour) {
  mer__text_printf(out, "<span class=\"swatch c%d\" aria-hidden=\"true\"></span>", colour);
}

void mer__html_row_title(mer__text_buffer *out, const char *title, int colour) {
  mer__text_printf(out, "<th scope=\"row\"%s>", colour < 0 ? "" : " class=\"run\"");
  if (colour >= 0) mer__html_swatch(out, colour);
  mer__html_text(out, title);
  mer__text_puts(out, "</th>");
}

void mer__html_majority_title(mer__text_buffer *out, const char *label) {
  mer__text_puts(out,
                 "<th scope=\"row\" class=\"run\"><span class=\"swatch none\" "
                 "aria-hidden=\"true\"></span>Always \u201c");
  mer__html_text(out, label);
  mer__text_puts(out, "\u201d</th>");
}

int mer__html_colour(int run) { return run % MER__N_COLOURS; }

void mer__html_pair(mer__text_buffer *out, const char *key, const char *text) {
  if (!text) return;
  mer__text_puts(out, "<div><dt>");
  mer__html_text(out, key);
  mer__text_puts(out, "</dt><dd>");
  mer__html_text(out, text);
  mer__text_puts(out, "</dd></div>\n");
}

void mer__html_command(mer__text_buffer *out, const char *command) {
  if (!command) return;
  mer__text_puts(out, "<pre><code>");
  mer__html_text(out, command);
  mer__text_puts(out, "</code></pre>\n");
}

void mer__html_note(mer__text_buffer *out, const char *note) {
  if (!note) return;
  mer__text_puts(out, "<aside class=\"note\" role=\"note\"><b>About the data.</b> ");
  mer__html_text(out, note);
  mer__text_puts(out, "</aside>\n");
}
