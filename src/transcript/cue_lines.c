/* cue_lines.c: lines of subtitles and their times. */
#include "transcript/cue_lines.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "data/cells.h"
#include "text/line_file.h"

enum { TIME_BYTES = 32 }; /* longer ones are none */

mer_status mer__cue_open(mer__cue_lines *lines, const char *path, size_t max_bytes,
                         size_t max_line_bytes, mer_error *err) {
  int fd;
  lines->err = err;
  const mer_status status = mer__file_open_within(&fd, &lines->file_bytes, path, max_bytes, err);
  return status == MER_OK ? mer__line_file_of(&lines->file, fd, path, max_line_bytes, err) : status;
}

void mer__cue_close(mer__cue_lines *lines) {
  mer_line_file_close(lines->file);
  mer__text_clear(&lines->held);
}

/* The next line, which stays the next one; NULL: there is none. */
static const mer_line *peek(mer__cue_lines *l) {
  if (l->status != MER_OK) return NULL;
  if (l->next == l->n_read) {
    l->next = 0;
    l->status = mer_line_file_next(&l->read, &l->n_read, l->file, l->err);
  }
  return l->n_read > 0 && l->status == MER_OK ? &l->read[l->next] : NULL;
}

const char *mer__cue_first(mer__cue_lines *lines) {
  for (const mer_line *line; (line = peek(lines)); lines->next++) {
    const char *first = line->text + strspn(line->text, " \t");
    if (*first || line->fault) return first;
  }
  return NULL;
}

static mer_status fail(const mer__cue_lines *lines, const mer_line *line) {
  const char *path = mer_line_file_name(lines->file);
  const long long number = (long long)line->number;
  if (mer__line_is_too_long(lines->file, line))
    return mer__fail_at(lines->err, MER_STATUS_LIMIT, number,
                        "%s:%lld: %s: expected those of a transcript", path, number, line->fault);
  return mer__fail_at(lines->err, MER_STATUS_FORMAT, number,
                      "%s:%lld: a zero byte: expected a text in UTF-8, UTF-16 or Windows-1252",
                      path, number);
}

bool mer__cue_next(mer__cue_lines *lines) {
  const mer_line *line = peek(lines);
  if (!line) return false;
  if (line->fault) {
    lines->status = fail(lines, line);
    return false;
  }
  lines->next++;
  lines->line = line->text;
  lines->size = line->size;
  lines->number = line->number;
  return true;
}

mer_status mer__cue_hold(mer__cue_lines *lines) {
  lines->held.size = 0;
  lines->held_number = lines->number;
  mer__text_append(&lines->held, lines->line, lines->size);
  return lines->held.failed ? mer__fail_memory(lines->err) : MER_OK;
}

bool mer__cue_is_blank(const mer__cue_lines *lines) {
  for (size_t i = 0; i < lines->size; i++)
    if (lines->line[i] != ' ' && lines->line[i] != '\t') return false;
  return true;
}

/* The time that begins after the blanks at `text` and ends before the next one. `*digit` becomes
 * true if it begins with one, a sign before it or not. */
static double read_time(bool *digit, const char *text, const char *end) {
  char time[TIME_BYTES + 1];
  while (text < end && (*text == ' ' || *text == '\t')) text++;
  const char *first = text < end && *text == '-' ? text + 1 : text;
  *digit |= first < end && *first >= '0' && *first <= '9';
  size_t n = 0;
  while (text + n < end && text[n] != ' ' && text[n] != '\t') n++;
  const size_t kept = n <= TIME_BYTES ? n : 0;
  memcpy(time, text, kept);
  time[kept] = 0;
  return mer__cell_time(time);
}

bool mer__cue_times(double *start_s, double *end_s, const mer__cue_lines *lines) {
  const char *line = lines->line, *end = line + lines->size;
  for (const char *at = line; at + 3 <= end; at++) {
    if (memcmp(at, "-->", 3) != 0) continue;
    bool digit = false;
    *start_s = read_time(&digit, line, at);
    *end_s = read_time(&digit, at + 3, end);
    return digit;
  }
  return false;
}

bool mer__cue_printed(double *start_s, double *end_s, const char **text, size_t *size,
                      const mer__cue_lines *lines) {
  const char *close =
      lines->size && lines->line[0] == '[' ? mer__cue_tag_end(lines->line, lines->size, ']') : NULL;
  if (!close) return false;
  mer__cue_lines times = {.line = lines->line + 1, .size = (size_t)(close - lines->line) - 1};
  *text = close + 1;
  *size = lines->size - times.size - 2;
  return mer__cue_times(start_s, end_s, &times);
}

const char *mer__cue_tag_end(const char *text, size_t size, char close) {
  return memchr(text, close, size < MER__CUE_TAG_BYTES ? size : MER__CUE_TAG_BYTES);
}
