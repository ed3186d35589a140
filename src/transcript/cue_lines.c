/* cue_lines.c: lines of subtitles and their times. */
#include "transcript/cue_lines.h"

#include <string.h>

#include "data/cells.h"

enum { TIME_BYTES = 32 }; /* longer ones are none */

bool mer__cue_next(mer__cue_lines *lines) {
  if (lines->at >= lines->end) return false;
  const char *at = lines->at;
  while (at < lines->end && *at != '\n' && *at != '\r') at++;
  lines->line = lines->at;
  lines->size = (size_t)(at - lines->at);
  if (at + 1 < lines->end && at[0] == '\r' && at[1] == '\n') at++;
  lines->at = at < lines->end ? at + 1 : at;
  lines->number++;
  return true;
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
