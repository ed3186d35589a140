/* line_reader.h: lines in batches: as many as are there, and never waiting for more while one is.
 * So a file is read in large batches and a conversation over a pipe is answered line by line. */
#ifndef MER_CLI_LINE_READER_H
#define MER_CLI_LINE_READER_H

#include "mer/base.h"

/** Most lines of a batch. */
enum { CLI_BATCH_LINES = 512 };

/** Zero-initialize. */
typedef struct cli_line_reader {
  int fd;
  const char *name; /* of the file, for messages */
  char *buffer;
  size_t size, start, capacity;
  bool ended;
  int64_t first_line; /* number of the batch's first line, from 1 */
  int n_lines;
  char *lines[CLI_BATCH_LINES]; /* 0-terminated, without their ends (LF or CRLF); valid until the
                                   next batch */
  size_t sizes[CLI_BATCH_LINES];
} cli_line_reader;

/** Opens a file; "-" or NULL is standard input. */
mer_status cli_lines_open(cli_line_reader *reader, const char *path, mer_error *err);
/** Reads the next batch; n_lines 0 at the end. MER_STATUS_IO, MER_STATUS_LIMIT (a line over 64
 * MiB), MER_STATUS_NO_MEMORY. */
mer_status cli_lines_next(cli_line_reader *reader, mer_error *err);
void cli_lines_close(cli_line_reader *reader);

#endif
