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

static void add_line(mer_transcript *t, const char *line, size_t size) {
  size_t from = 0;
  for (size_t i = 0; i < size;) {
    const size_t n = tag_size(line + i, size - i);
    if (n) mer__transcript_add_text(t, line + from, i - from);
    i += n ? n : 1;
    if (n) from = i;
  }
  mer__transcript_add_text(t, line + from, size - from);
  mer__transcript_add_text(t, " ", 1);
}

/* The last line that is not blank, which belongs to the text unless it is the number right before a
 * line of times. */
typedef struct held_line {
  const char *line;
  size_t size;
  int64_t number;
  bool is_closed; /* a blank line has followed */
} held_line;

/* Adds a line to the entry that has begun, or, as what has no times, to one of its own. */
static mer_status add_held(mer_transcript *t, const held_line *held, mer_error *err) {
  mer_status status = MER_OK;
  if (!held->line) return MER_OK;
  if (!t->n_entries) {
    status = mer__transcript_begin(t, NAN, NAN, held->number, err);
    if (status == MER_OK) t->entries[0].fault = "a text without times before it";
  }
  if (status == MER_OK) add_line(t, held->line, held->size);
  return status;
}

/* Ends the last entry, to which `held` belongs, and begins another one. */
static mer_status begin_next(mer_transcript *t, const held_line *held, double start_s, double end_s,
                             int64_t line, mer_error *err) {
  mer_status status = add_held(t, held, err);
  if (t->n_entries) mer__transcript_end(t, NULL, 0);
  return status == MER_OK ? mer__transcript_begin(t, start_s, end_s, line, err) : status;
}

mer_status mer__transcript_read_srt(mer_transcript *transcript, const char *text, size_t size,
                                    mer_error *err) {
  mer_transcript *t = transcript;
  mer__cue_lines lines = {.at = text, .end = text + size};
  held_line before = {0};
  double start_s, end_s;
  const char *printed;
  size_t printed_size;
  mer_status status = MER_OK;
  bool any = false;
  while (status == MER_OK && mer__cue_next(&lines)) {
    if (mer__cue_printed(&start_s, &end_s, &printed, &printed_size, &lines)) {
      status = begin_next(t, &before, start_s, end_s, lines.number, err);
      if (status == MER_OK) add_line(t, printed, printed_size);
      before = (held_line){0};
      any = true;
    } else if (mer__cue_times(&start_s, &end_s, &lines)) {
      if (!before.is_closed && is_number(before.line, before.size)) before = (held_line){0};
      status = begin_next(t, &before, start_s, end_s, lines.number, err);
      before = (held_line){0};
      any = true;
    } else if (mer__cue_is_blank(&lines)) {
      before.is_closed = true;
    } else {
      status = add_held(t, &before, err);
      before = (held_line){lines.line, lines.size, lines.number, false};
    }
  }
  if (status == MER_OK) status = add_held(t, &before, err);
  if (t->n_entries) mer__transcript_end(t, NULL, 0);
  if (status != MER_OK || any) return status;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: no transcript: expected SRT, WebVTT, JSON of Whisper, or a table with the "
                   "columns start, end, text",
                   t->path);
}
