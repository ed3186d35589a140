/* cue_lines.h: lines of a text in memory, and those that say from when to when: what SRT and WebVTT
 * have in common. */
#ifndef MER_TRANSCRIPT_CUE_LINES_H
#define MER_TRANSCRIPT_CUE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most bytes of a tag; what is longer is text. */
enum { MER__CUE_TAG_BYTES = 1024 };

typedef struct mer__cue_lines {
  const char *at, *end;
  const char *line; /* [size]: the line at hand, without its end (LF, CRLF or CR) */
  size_t size;
  int64_t number; /* of it, from 1 */
} mer__cue_lines;

/** The next line; false at the end. */
bool mer__cue_next(mer__cue_lines *lines);
/** Whether the line at hand is blank. */
bool mer__cue_is_blank(const mer__cue_lines *lines);
/** Whether the line at hand is "FROM --> TO", one of which at least begins with a digit, with or
 * without settings after it. A time that is not one is NaN. */
bool mer__cue_times(double *start_s, double *end_s, const mer__cue_lines *lines);
/** The same of a line as Whisper's programs print it, "[00:01.000 --> 00:02.500] text": the times,
 * and the text [size] after them. */
bool mer__cue_printed(double *start_s, double *end_s, const char **text, size_t *size,
                      const mer__cue_lines *lines);
/** The `close` that ends a tag at `text` [size]; NULL: it is not a tag. */
const char *mer__cue_tag_end(const char *text, size_t size, char close);

#endif
