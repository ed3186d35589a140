/* html.h: the pieces of HTML that every section of the page uses. */
#ifndef MER_REPORT_HTML_H
#define MER_REPORT_HTML_H

#include <stdbool.h>

#include "base/text_buffer.h"

/** Text as the content of an element or attribute; characters that HTML does not allow become
 * U+FFFD. NULL is a dash. */
void mer__html_text(mer__text_buffer *out, const char *text);
/** The same, of the first `size` bytes. */
void mer__html_text_part(mer__text_buffer *out, const char *text, size_t size);

/** `x` with the number of digits, or a dash if it is not finite. */
void mer__html_number(mer__text_buffer *out, double x, int digits);
/** 100 `x` with one digit, or a dash. */
void mer__html_percent(mer__text_buffer *out, double x);

/** `<section>` with a heading. */
void mer__html_section(mer__text_buffer *out, const char *heading);
/** A table in a box that scrolls by itself; `caption` says what it shows, and is visible. */
void mer__html_table_open(mer__text_buffer *out, const char *caption);
void mer__html_table_close(mer__text_buffer *out);
/** A pair of a list of settings; `text` may be NULL: then there is none. */
void mer__html_pair(mer__text_buffer *out, const char *key, const char *text);
/** The command that has made a page, and a note about the data; NULL: none. */
void mer__html_command(mer__text_buffer *out, const char *command);
void mer__html_note(mer__text_buffer *out, const char *note);
/** Header cell of a column: plain text. `numbers`: aligned to the right. */
void mer__html_column(mer__text_buffer *out, const char *title, bool numbers);
/** Header cell of a row; `colour` is the run's index, -1: none. */
void mer__html_row_title(mer__text_buffer *out, const char *title, int colour);

/** The same of the majority class's row. */
void mer__html_majority_title(mer__text_buffer *out, const char *label);
/** A square in a run's colour. */
void mer__html_swatch(mer__text_buffer *out, int colour);

/** Number of colours for runs. */
#define MER__N_COLOURS 8
/** Index of a run's colour: class c<index> of the style sheet. */
int mer__html_colour(int run);

#endif
