/* output_file.h: what an option that names a file to write may replace. */
#ifndef MER_CLI_OUTPUT_FILE_H
#define MER_CLI_OUTPUT_FILE_H

#include "mer/base.h"

/** Whether a file can be written there, asked before it is computed. Its folder must exist; a
 * regular file that is there already is replaced only if it is empty or begins with `start`, as
 * `what` does. A FIFO or a device is written through. `path` NULL and "-", standard output, are
 * good. MER_STATUS_INVALID, MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
mer_status cli_check_output(const char *path, const char *start, const char *what, mer_error *err);

/** Whether two outputs are one regular file, there already or not, so that the second would replace
 * the first. Either may be NULL. */
bool cli_same_output(const char *a, const char *b);

#endif
