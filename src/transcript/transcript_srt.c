/* transcript_srt.c: SubRip: a number, a line of times, lines of text, a blank line. There is no
 * standard, and what programs write differs; so the text of an entry is all up to the next line of
 * times, but for the number before that. Lines that Whisper's programs print have times in brackets
 * and the text after them. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "transcript/cue_lines.h"
#include "transcript/transcript_build.h"

static bool is_number(const char *line, size_t size) {
  while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t')) size--;
  for (size_t i = 0; i < size; i++)
    if (line[i] < '0' || line[i] > '9') return false;
  return size > 0;
}

/* Bytes of a tag that says how a text looks (<i>, </font>, {\an8}); 0: none. */
static size_t tag_size(const char *text, size_t size) {
  static const char *const names[] = {"i", "b", "u", "s", "font"};
  const char close = text[0] == '<' ? '>' : text[0] == '{' ? '}' : 0;
  const char *end = close ? mer__cue_tag_end(text, size, close) : NULL;
  if (!end) return 0;
  const size_t n = (size_t)(end - text) + 1;
  if (close == '}') return text[1] == '\\' ? n : 0;
  const char *name = text + 1 + (text[1] == '/');
  const size_t name_size = strcspn(name, " >");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (name_size == strlen(names[i]) && memcmp(name, names[i], name_size) == 0) return n;
  return 0;
}

static mer_status add_line(mer_transcript *t, const char *line, size_t size, mer_error *err) {
  mer_status status = MER_OK;
  size_t from = 0;
  for (size_t i = 0; i < size && status == MER_OK;) {
    const size_t n = tag_size(line + i, size - i);
    if (n) status = mer__transcript_add_text(t, line + from, i - from, err);
    i += n ? n : 1;
    if (n) from = i;
  }
  if (status == MER_OK) status = mer__transcript_add_text(t, line + from, size - from, err);
  return status == MER_OK ? mer__transcript_add_text(t, " ", 1, err) : status;
}

/* Adds a line to the entry that has begun, or, as what has no times, to one of its own. */
static mer_status add_text(mer_transcript *t, const char *line, size_t size, int64_t number,
                           mer_error *err) {
  mer_status status = MER_OK;
  if (!t->n_entries) {
    status = mer__transcript_begin(t, NAN, NAN, number, err);
    if (status == MER_OK) t->entries[0].fault = "a text without times before it";
  }
  return status == MER_OK ? add_line(t, line, size, err) : status;
}

/* A line that is a number is held until it is known what it is: right before a line of times that
 * of the entry, else text. */
static mer_status add_held(mer_transcript *t, mer__cue_lines *lines, mer_error *err) {
  const size_t size = lines->held.size;
  lines->held.size = 0;
  return size ? add_text(t, lines->held.data, size, lines->held_number, err) : MER_OK;
}

/* Ends the last entry, to which a number that is held belongs, and begins another one. */
static mer_status begin_next(mer_transcript *t, mer__cue_lines *lines, double start_s, double end_s,
                             mer_error *err) {
  mer_status status = add_held(t, lines, err);
  if (t->n_entries) mer__transcript_end(t, NULL, 0);
  return status == MER_OK ? mer__transcript_begin(t, start_s, end_s, lines->number, err) : status;
}

/* A line that is not blank. `*any` becomes true with the first times. */
static mer_status read_line(mer_transcript *t, mer__cue_lines *lines, bool *any, mer_error *err) {
  double start_s, end_s;
  const char *printed;
  size_t size;
  mer_status status;
  if (mer__cue_printed(&start_s, &end_s, &printed, &size, lines)) {
    *any = true;
    status = begin_next(t, lines, start_s, end_s, err);
    return status == MER_OK ? add_line(t, printed, size, err) : status;
  }
  if (mer__cue_times(&start_s, &end_s, lines)) {
    *any = true;
    if (lines->held_number == lines->number - 1) lines->held.size = 0;
    return begin_next(t, lines, start_s, end_s, err);
  }
  status = add_held(t, lines, err);
  if (status != MER_OK) return status;
  return is_number(lines->line, lines->size)
             ? mer__cue_hold(lines)
             : add_text(t, lines->line, lines->size, lines->number, err);
}

mer_status mer__transcript_read_srt(mer_transcript *transcript, mer__cue_lines *lines,
                                    mer_error *err) {
  mer_transcript *t = transcript;
  mer_status status = MER_OK;
  bool any = false;
  while (status == MER_OK && mer__cue_next(lines))
    if (!mer__cue_is_blank(lines)) status = read_line(t, lines, &any, err);
  if (status == MER_OK) status = add_held(t, lines, err);
  if (t->n_entries) mer__transcript_end(t, NULL, 0);
  if (any || lines->status != MER_OK || (status != MER_OK && status != MER_STATUS_LIMIT))
    return status;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: no transcript: expected SRT, WebVTT, JSON of Whisper, or a table with the "
                   "columns start, end, text",
                   t->path);
}
