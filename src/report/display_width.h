/* display_width.h: how wide a text is, in columns of a terminal. */
#ifndef MER_REPORT_DISPLAY_WIDTH_H
#define MER_REPORT_DISPLAY_WIDTH_H

#include <stddef.h>

/** Columns of an UTF-8 text: 2 for wide characters, 0 for combining ones; a byte that is not UTF-8
 * counts 1. */
size_t mer__display_width(const char *text);

/** Bytes of the longest beginning of `text` that is at most `columns` wide. */
size_t mer__display_prefix(const char *text, size_t columns);

#endif
