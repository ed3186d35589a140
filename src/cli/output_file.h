/* output_file.h: what an option that names a file to write may replace. */
#ifndef MER_CLI_OUTPUT_FILE_H
#define MER_CLI_OUTPUT_FILE_H

#include "mer/base.h"

/** Whether a file may be written there: a regular file that is there already is replaced only if it
 * is empty or begins with `start`, as `what` does. MER_STATUS_INVALID. `path` may be NULL. */
mer_status cli_check_output(const char *path, const char *start, const char *what, mer_error *err);

#endif
