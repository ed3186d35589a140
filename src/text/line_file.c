/* line_file.c: the lines of a text in batches: as many as are there, and never waiting for more
 * while one is. So a file is read in large batches and a conversation over a pipe is answered line
 * by line. Memory is that of one batch. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "text/line_file.h"
#include "text/text_decode.h"

enum { READ_BYTES = 1 << 16, ENCODING_BYTES = 4 };

struct mer_line_file {
  int fd;
  char *name; /* for messages */
  size_t max_bytes;
  char too_long[80];    /* the fault of a line of more */
  char raw[READ_BYTES]; /* [n_raw]: read, and not yet decoded */
  size_t n_raw;
  bool encoding_known, ended;
  mer__encoding encoding;
  mer__text_buffer text;  /* decoded; what lies before `start` has been given out */
  size_t start, searched; /* no line ends between the two */
  bool skips;     /* the line that is being read is too long, and its beginning thrown away */
  bool strict;    /* as mer__line_file_of says */
  bool after_cr;  /* the line before has ended with one: an LF that follows belongs to it */
  int64_t number; /* of the last line that was given out */
  mer_line lines[MER_MAX_LINES];
  int n_lines;
};

mer_status mer__line_file_of(mer_line_file **out, int fd, const char *name, size_t max_bytes,
                             mer_error *err) {
  mer_line_file *file = *out = mer__calloc(1, sizeof *file);
  if (file) file->name = mer__strdup(name);
  if (!file || !file->name) {
    if (fd > STDIN_FILENO) close(fd);
    mer__free(file);
    *out = NULL;
    return mer__fail_memory_for(err, name);
  }
  file->fd = fd;
  file->strict = true;
  file->max_bytes = max_bytes;
  snprintf(file->too_long, sizeof file->too_long,
           "the line is too long, at most %zu bytes are read", max_bytes);
  return MER_OK;
}

mer_status mer_line_file_open(mer_line_file **out, const char *path, size_t max_bytes,
                              mer_error *err) {
  const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  *out = NULL;
  if (fd < 0)
    return mer__fail(err, errno == ENOENT ? MER_STATUS_NOT_FOUND : MER_STATUS_IO,
                     "%s: cannot open: %s", path, strerror(errno));
  mer_status status = mer__line_file_of(out, fd, path ? path : "standard input", max_bytes, err);
  if (status == MER_OK) (*out)->strict = false;
  return status;
}

bool mer__line_is_too_long(const mer_line_file *file, const mer_line *line) {
  return line->fault == file->too_long;
}

void mer_line_file_close(mer_line_file *file) {
  if (!file) return;
  if (file->fd > STDIN_FILENO) close(file->fd);
  mer__text_clear(&file->text);
  mer__free(file->name);
  mer__free(file);
}

const char *mer_line_file_name(const mer_line_file *file) { return file->name; }

static mer_status read_raw(mer_line_file *file, mer_error *err) {
  ssize_t n;
  do n = read(file->fd, file->raw + file->n_raw, READ_BYTES - file->n_raw);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return mer__fail(err, MER_STATUS_IO, "%s: cannot read: %s", file->name, strerror(errno));
  file->n_raw += (size_t)n;
  file->ended = n == 0;
  return MER_OK;
}

/* The first bytes tell the encoding, once there are enough of them. */
static bool find_encoding(mer_line_file *file) {
  size_t mark;
  if (file->encoding_known) return true;
  if (file->n_raw < ENCODING_BYTES && !file->ended && !memchr(file->raw, '\n', file->n_raw))
    return false;
  file->encoding = mer__encoding_detect(&mark, file->raw, file->n_raw);
  file->n_raw -= mark;
  memmove(file->raw, file->raw + mark, file->n_raw);
  return file->encoding_known = true;
}

/* Moves what has been read to the text. */
static mer_status decode(mer_line_file *file, mer_error *err) {
  if (!find_encoding(file)) return MER_OK;
  size_t used = mer__text_decode(&file->text, file->encoding, file->raw, file->n_raw, file->ended);
  file->n_raw -= used;
  memmove(file->raw, file->raw + used, file->n_raw);
  return file->text.failed ? mer__fail_memory_for(err, file->name) : MER_OK;
}

static mer_status read_and_decode(mer_line_file *file, mer_error *err) {
  const mer_status status = read_raw(file, err);
  return status == MER_OK ? decode(file, err) : status;
}

static void give_line(mer_line_file *file, char *text, size_t size) {
  mer_line *line = &file->lines[file->n_lines++];
  if (size && text[size - 1] == '\r') size--;
  text[size] = 0;
  *line = (mer_line){.text = text, .size = size, .number = ++file->number};
  if (file->skips || size > file->max_bytes) line->fault = file->too_long;
  else if (memchr(text, 0, size)) line->fault = "a zero byte in the line";
  if (line->fault && !file->strict) text[line->size = 0] = 0;
  file->skips = false;
}

/* The first end of a line at `text` [size]; NULL: there is none. */
static char *find_end(const mer_line_file *file, char *text, size_t size) {
  if (!file->strict) return memchr(text, '\n', size);
  for (size_t i = 0; i < size; i++)
    if (text[i] == '\n' || text[i] == '\r') return text + i;
  return NULL;
}

/* Steps over the LF of a CRLF whose CR has ended a line. */
static void skip_lf(mer_line_file *file) {
  if (!file->after_cr || file->start == file->text.size) return;
  file->after_cr = false;
  if (file->text.data[file->start] == '\n') file->searched = ++file->start;
}

/* Gives out the lines that are there; at the end also what stands after the last line end. */
static void take_lines(mer_line_file *file) {
  mer__text_buffer *text = &file->text;
  while (skip_lf(file), file->n_lines < MER_MAX_LINES && file->start < text->size) {
    char *line = text->data + file->start;
    char *end = find_end(file, text->data + file->searched, text->size - file->searched);
    if (!end) file->searched = text->size;
    if (!end && !file->ended) return;
    size_t size = end ? (size_t)(end - line) : text->size - file->start;
    file->start = file->searched = file->start + size + (end != NULL);
    file->after_cr = file->strict && end && *end == '\r';
    give_line(file, line, size);
  }
}

/* Drops the lines that have been given out, and the beginning of one that is too long: a byte of
 * it stays, so that it is a line. */
static void drop_used(mer_line_file *file) {
  mer__text_buffer *text = &file->text;
  if (file->start) memmove(text->data, text->data + file->start, text->size - file->start);
  text->size -= file->start;
  file->searched -= file->start;
  file->start = 0;
  if (text->size <= file->max_bytes + 1) return; /* a CR may follow the longest line */
  file->skips = true;
  file->ended |= file->strict;
  if (!file->strict) text->size = file->searched = 1;
}

mer_status mer_line_file_next(const mer_line **lines, int *n_lines, mer_line_file *file,
                              mer_error *err) {
  mer_status status = MER_OK;
  *lines = file->lines;
  *n_lines = file->n_lines = 0;
  take_lines(file);
  while (status == MER_OK && file->n_lines == 0 && !file->ended) {
    drop_used(file);
    if (!file->ended) status = read_and_decode(file, err);
    take_lines(file);
  }
  *n_lines = file->n_lines;
  return status;
}
