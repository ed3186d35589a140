/* output_file.h: what an option that names a file to write may replace. */
#ifndef MER_CLI_OUTPUT_FILE_H
#define MER_CLI_OUTPUT_FILE_H

#include "mer/base.h"

/** What a file that mer has written is known by. */
typedef struct cli_own_file {
  const char *what;     /* "a report of mer" */
  const char *start;    /* its first bytes */
  size_t start_bytes;   /* how many, where a zero is among them; 0: all of a text */
  const char *holds[3]; /* its first line has one of these; NULL: it need not */
  int more_lines;       /* in which one of these may be, too, after the first */
  bool in_place;        /* an earlier one is not replaced by renaming, but written anew */
} cli_own_file;

/** Whether a file can be written there, asked before it is computed. Its folder must exist, and
 * allow a file beside it; a regular file that is there already is replaced only if it is empty or
 * as `own` says. A FIFO, a device or an open descriptor is written through. `path` NULL and "-",
 * standard output, are good. MER_STATUS_INVALID, MER_STATUS_NOT_FOUND, MER_STATUS_IO,
 * MER_STATUS_NO_MEMORY. */
mer_status cli_check_output(const char *path, const cli_own_file *own, mer_error *err);

/** Whether two paths lead to one regular file, there already or not, so that writing the one would
 * replace the other. Either may be NULL. */
bool cli_same_file(const char *a, const char *b);

#endif
