/* transcript_vtt.c: WebVTT (w3.org/TR/webvtt1): blocks of lines between blank ones. A block with a
 * line of times is an entry, NOTE, STYLE and REGION are none. Of the tags in a text <v NAME> is the
 * speaker; one that changes within an entry begins another entry with the same times. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "transcript/cue_lines.h"
#include "transcript/transcript_build.h"

/* What a tag or an entity (&amp;) at `text` stands for. */
typedef struct markup {
  size_t size;         /* 0: none */
  const char *becomes; /* of an entity */
  const char *voice;   /* [voice_size]: of <v NAME> */
  size_t voice_size;
} markup;

static markup read_entity(const char *text, size_t size) {
  static const char *const entities[][2] = {{"&amp;", "&"},   {"&lt;", "<"}, {"&gt;", ">"},
                                            {"&nbsp;", " "},  {"&lrm;", ""}, {"&rlm;", ""},
                                            {"&quot;", "\""}, {"&#39;", "'"}};
  for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
    const size_t n = strlen(entities[i][0]);
    if (n <= size && memcmp(text, entities[i][0], n) == 0)
      return (markup){.size = n, .becomes = entities[i][1]};
  }
  return (markup){0};
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static markup read_markup(const char *text, size_t size) {
  if (text[0] == '&') return read_entity(text, size);
  const char *end = text[0] == '<' ? mer__cue_tag_end(text, size, '>') : NULL;
  if (!end) return (markup){0};
  markup m = {.size = (size_t)(end - text) + 1, .becomes = ""};
  if (text[1] != 'v' || !strchr(". \t", text[2])) return m;
  const char *name = text + 2;
  while (name < end && !is_blank(*name)) name++; /* classes (<v.loud Ann>) */
  while (name < end && is_blank(*name)) name++;
  if (name == end) return m;
  m.voice = name;
  m.voice_size = (size_t)(end - name);
  return m;
}

/* The entry that is being read. */
typedef struct cue {
  double start_s, end_s;
  int64_t line;
  char voice[MER__CUE_TAG_BYTES]; /* [voice_size]: who speaks; 0: not known */
  size_t voice_size;
} cue;

/* Ends the entry, in whose speaker's name entities are characters. */
static void end_entry(mer_transcript *t, const cue *c) {
  mer__transcript_end(t, c->voice_size ? c->voice : NULL, c->voice_size);
  const int64_t speaker = t->entries[t->n_entries - 1].speaker;
  if (t->strings.failed || speaker < 0) return;
  char *to = t->strings.data + speaker;
  for (const char *from = to; *from;) {
    const markup m = *from == '&' ? read_entity(from, strlen(from)) : (markup){0};
    const char *becomes = m.size ? m.becomes : from;
    const size_t n = m.size ? strlen(becomes) : 1;
    memmove(to, becomes, n);
    to += n;
    from += m.size ? m.size : 1;
  }
  *to = 0;
}

/* Another voice in the same cue; the first one is that of all of it. */
static mer_status change_voice(mer_transcript *t, cue *c, const markup *m, mer_error *err) {
  mer_status status = MER_OK;
  if (t->strings.size > t->entries[t->n_entries - 1].text) {
    end_entry(t, c);
    status = mer__transcript_begin(t, c->start_s, c->end_s, c->line, err);
  }
  memcpy(c->voice, m->voice, m->voice_size);
  c->voice_size = m->voice_size;
  return status;
}

static mer_status add_line(mer_transcript *t, cue *c, const char *line, size_t size,
                           mer_error *err) {
  mer_status status = MER_OK;
  size_t from = 0;
  for (size_t i = 0; i < size && status == MER_OK;) {
    const markup m = read_markup(line + i, size - i);
    if (!m.size) {
      i++;
      continue;
    }
    status = mer__transcript_add_text(t, line + from, i - from, err);
    if (m.voice && status == MER_OK) status = change_voice(t, c, &m, err);
    if (m.becomes && status == MER_OK)
      status = mer__transcript_add_text(t, m.becomes, strlen(m.becomes), err);
    from = i += m.size;
  }
  if (status == MER_OK) status = mer__transcript_add_text(t, line + from, size - from, err);
  return status == MER_OK ? mer__transcript_add_text(t, " ", 1, err) : status;
}

/* Lines up to the next blank one, which are the text of the entry that has begun. */
static mer_status read_text(mer_transcript *t, mer__cue_lines *lines, cue *c, mer_error *err) {
  mer_status status = mer__transcript_begin(t, c->start_s, c->end_s, c->line, err);
  while (status == MER_OK && mer__cue_next(lines) && !mer__cue_is_blank(lines))
    status = add_line(t, c, lines->line, lines->size, err);
  if (status == MER_OK) end_entry(t, c);
  return status;
}

static bool begins(const mer__cue_lines *lines, const char *word) {
  const size_t n = strlen(word);
  return lines->size >= n && memcmp(lines->line, word, n) == 0 &&
         (lines->size == n || lines->line[n] == ' ' || lines->line[n] == '\t');
}

static void skip_block(mer__cue_lines *lines) {
  while (mer__cue_next(lines) && !mer__cue_is_blank(lines)) {}
}

/* A block without times, whose first line is held, is told with that line's number. The second one
 * is at hand; `ended`: there is none. */
static mer_status add_stray(mer_transcript *t, mer__cue_lines *lines, bool ended, mer_error *err) {
  cue c = {.line = lines->held_number, .start_s = NAN, .end_s = NAN};
  mer_status status = mer__transcript_begin(t, NAN, NAN, c.line, err);
  if (status != MER_OK) return status;
  t->entries[t->n_entries - 1].fault = "a text without times before it";
  status = add_line(t, &c, lines->held.data, lines->held.size, err);
  while (status == MER_OK && !ended && !mer__cue_is_blank(lines)) {
    status = add_line(t, &c, lines->line, lines->size, err);
    ended = !mer__cue_next(lines);
  }
  if (status == MER_OK) end_entry(t, &c);
  return status;
}

/* A block whose first line is at hand, which may be the name of an entry. */
static mer_status read_block(mer_transcript *t, mer__cue_lines *lines, mer_error *err) {
  cue c = {.line = lines->number};
  if (begins(lines, "NOTE") || begins(lines, "STYLE") || begins(lines, "REGION")) {
    skip_block(lines);
    return MER_OK;
  }
  if (mer__cue_times(&c.start_s, &c.end_s, lines)) return read_text(t, lines, &c, err);
  mer_status status = mer__cue_hold(lines);
  if (status != MER_OK) return status;
  const bool ended = !mer__cue_next(lines);
  c.line = lines->number;
  if (!ended && mer__cue_times(&c.start_s, &c.end_s, lines)) return read_text(t, lines, &c, err);
  return add_stray(t, lines, ended, err);
}

mer_status mer__transcript_read_vtt(mer_transcript *transcript, mer__cue_lines *lines,
                                    mer_error *err) {
  mer_status status = MER_OK;
  double start_s, end_s;
  /* The header, which an entry may follow without a blank line. */
  while (status == MER_OK && mer__cue_next(lines) && !mer__cue_is_blank(lines)) {
    if (!mer__cue_times(&start_s, &end_s, lines)) continue;
    status = read_block(transcript, lines, err);
    break;
  }
  while (status == MER_OK && mer__cue_next(lines))
    if (!mer__cue_is_blank(lines)) status = read_block(transcript, lines, err);
  return status;
}
