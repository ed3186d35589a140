/* line_reader.c: lines in batches. */
#include "cli/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16, MAX_LINE_BYTES = 64 << 20 };

static mer_status fail(mer_error *err, mer_status status, const cli_line_reader *reader,
                       const char *what) {
  err->status = status;
  snprintf(err->message, sizeof err->message, "%s: %s", reader->name, what);
  return status;
}

mer_status cli_lines_open(cli_line_reader *reader, const char *path, mer_error *err) {
  bool standard = !path || strcmp(path, "-") == 0;
  reader->name = standard ? "standard input" : path;
  reader->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  reader->first_line = 1;
  return reader->fd >= 0 ? MER_OK : fail(err, MER_STATUS_NOT_FOUND, reader, strerror(errno));
}

void cli_lines_close(cli_line_reader *reader) {
  if (reader->fd > STDIN_FILENO) close(reader->fd);
  free(reader->buffer);
}

/* Reads once more behind what is there; at the end sets `ended`. One byte is kept free for a
 * terminator. */
static mer_status read_more(cli_line_reader *reader, mer_error *err) {
  if (reader->size > reader->start && reader->start > 0)
    memmove(reader->buffer, reader->buffer + reader->start, reader->size - reader->start);
  reader->size -= reader->start;
  reader->start = 0;
  if (reader->size > MAX_LINE_BYTES)
    return fail(err, MER_STATUS_LIMIT, reader, "a line of over 64 MiB");
  if (reader->capacity < reader->size + READ_BYTES + 1) {
    size_t capacity = 2 * reader->capacity + READ_BYTES + 1;
    char *grown = realloc(reader->buffer, capacity);
    if (!grown) return fail(err, MER_STATUS_NO_MEMORY, reader, "out of memory");
    reader->buffer = grown;
    reader->capacity = capacity;
  }
  ssize_t n;
  do n = read(reader->fd, reader->buffer + reader->size, READ_BYTES);
  while (n < 0 && errno == EINTR);
  if (n < 0) return fail(err, MER_STATUS_IO, reader, strerror(errno));
  reader->size += (size_t)n;
  reader->ended = n == 0;
  return MER_OK;
}

static void add_line(cli_line_reader *reader, size_t size) {
  char *line = reader->buffer + reader->start;
  reader->start += size + 1;
  if (size && line[size - 1] == '\r') size--;
  line[size] = 0;
  reader->lines[reader->n_lines] = line;
  reader->sizes[reader->n_lines++] = size;
}

/* Takes the complete lines of the buffer; at the end also what stands behind the last line end. */
static void take_lines(cli_line_reader *reader) {
  while (reader->buffer && reader->n_lines < CLI_BATCH_LINES && reader->start < reader->size) {
    char *line = reader->buffer + reader->start;
    char *end = memchr(line, '\n', reader->size - reader->start);
    if (!end && !reader->ended) return;
    add_line(reader, end ? (size_t)(end - line) : reader->size - reader->start);
  }
  if (reader->start > reader->size) reader->start = reader->size;
}

mer_status cli_lines_next(cli_line_reader *reader, mer_error *err) {
  reader->first_line += reader->n_lines;
  reader->n_lines = 0;
  take_lines(reader);
  while (reader->n_lines == 0 && !reader->ended) {
    if (reader->start == reader->size && reader->buffer) reader->start = reader->size = 0;
    mer_status status = read_more(reader, err);
    if (status != MER_OK) return status;
    take_lines(reader);
  }
  return MER_OK;
}
