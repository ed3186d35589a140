/* text_line.h: a text as a part of a line that is printed for people. */
#ifndef MER_CLI_TEXT_LINE_H
#define MER_CLI_TEXT_LINE_H

#include <stdio.h>

/** Writes a text in one line, without what a terminal would obey; blanks fill it up to `width`. */
void cli_put_line(FILE *out, const char *text, int width);

#endif
