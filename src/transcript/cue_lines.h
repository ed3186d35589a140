/* cue_lines.h: the lines of a transcript, which is not held whole, and those that say from when to
 * when: what SRT and WebVTT have in common. */
#ifndef MER_TRANSCRIPT_CUE_LINES_H
#define MER_TRANSCRIPT_CUE_LINES_H

#include "base/text_buffer.h"
#include "mer/text.h"

/** Most bytes of a tag; what is longer is text. */
enum { MER__CUE_TAG_BYTES = 1024 };

/** Zero-initialize. */
typedef struct mer__cue_lines {
  mer_line_file *file;
  size_t file_bytes;
  const mer_line *read; /* [n_read]: the last batch, of which `next` comes next */
  int n_read, next;
  const char *line; /* [size]: the line at hand, until the next; without its end */
  size_t size;
  int64_t number;        /* of it, from 1 */
  mer__text_buffer held; /* an earlier line, of number `held_number`; empty: none */
  int64_t held_number;
  mer_status status; /* why there is no next line; MER_OK: the end */
  mer_error *err;
} mer__cue_lines;

/** Opens a regular file of at most `max_bytes`, whose lines have at most `max_line_bytes` as UTF-8.
 * `err` is also that of the lines. MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__cue_open(mer__cue_lines *lines, const char *path, size_t max_bytes,
                         size_t max_line_bytes, mer_error *err);
/** Accepts a zeroed struct. */
void mer__cue_close(mer__cue_lines *lines);
/** The first line that is not blank, from its first character that is no blank; it will be next.
 * What is too long is cut. NULL: there is none. */
const char *mer__cue_first(mer__cue_lines *lines);
/** The next line; false at the end, or with a `status`: MER_STATUS_LIMIT (a line that is too long),
 * MER_STATUS_FORMAT (a zero byte), MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
bool mer__cue_next(mer__cue_lines *lines);
/** Keeps a copy of the line at hand in `held`. MER_STATUS_NO_MEMORY. */
mer_status mer__cue_hold(mer__cue_lines *lines);
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
