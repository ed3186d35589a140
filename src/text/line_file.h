/* line_file.h: the lines of a whole file, whatever ends them. */
#ifndef MER_TEXT_LINE_FILE_H
#define MER_TEXT_LINE_FILE_H

#include "mer/text.h"

/** The lines of `fd`, which it closes, also if it fails; `name` is for messages. LF, CRLF and CR
 * end a line. One with a fault keeps its text; of one that is too long that is the beginning, and
 * nothing after it is read. MER_STATUS_NO_MEMORY. */
mer_status mer__line_file_of(mer_line_file **out, int fd, const char *name, size_t max_bytes,
                             mer_error *err);
/** Whether that is the line's fault. */
bool mer__line_is_too_long(const mer_line_file *file, const mer_line *line);

#endif
