/* transcript_json.c: what Whisper writes as JSON. openai-whisper has "segments" of "start", "end"
 * (seconds), "text" and perhaps "words" ("word", "start", "end") and "speaker"; whisper.cpp has
 * "transcription" of "offsets" ("from", "to", milliseconds), "text" and perhaps "speaker" and
 * "tokens" ("text", "offsets"), which are pieces of words: one that does not begin with a blank
 * goes on with the word before it. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "data/cells.h"
#include "text/json_scan.h"
#include "transcript/transcript_build.h"

/* A number's digits are at most as many; a longer one is no time. */
enum { NUMBER_BYTES = 40 };

typedef struct reader {
  mer_transcript *transcript;
  const char *text, *counted; /* up to where lines have been counted */
  int64_t line;
  mer__text_buffer string; /* of the value at hand */
  bool is_cpp;
  bool too_long; /* a text was */
} reader;

/* The line of a place of the text; places are asked for in their order. */
static int64_t line_of(reader *r, const char *at) {
  for (; r->counted < at; r->counted++) r->line += *r->counted == '\n';
  return r->line;
}

static mer_status fail(reader *r, const mer__json_scan *scan, mer_error *err) {
  const int64_t line = line_of(r, scan->text + scan->at);
  return mer__fail_at(err, MER_STATUS_FORMAT, line, "%s:%lld: expected %s", r->transcript->path,
                      (long long)line, scan->fault);
}

static double read_number(const mer__json_value *value) {
  char digits[NUMBER_BYTES + 1];
  if (value->kind != MER__JSON_NUMBER || value->size > NUMBER_BYTES) return NAN;
  memcpy(digits, value->text, value->size);
  digits[value->size] = 0;
  return mer__cell_real(digits);
}

/* The characters of a text; who speaks may be a number. Borrowed until the next. */
static const char *read_string(reader *r, const mer__json_value *value) {
  r->string.size = 0;
  r->too_long |= value->size > MER__TRANSCRIPT_MAX_TEXT_BYTES;
  if (r->too_long) return NULL;
  if (value->kind == MER__JSON_STRING) mer__json_decode(&r->string, value);
  else if (value->kind == MER__JSON_NUMBER) mer__text_append(&r->string, value->text, value->size);
  else return NULL;
  mer__text_append(&r->string, "", 1);
  return r->string.failed ? NULL : r->string.data;
}

/* What an object has of these members. */
typedef struct members {
  mer__json_value start, end, text, word, words, speaker;
} members;

static void read_offsets(members *m, const mer__json_value *offsets) {
  mer__json_scan scan;
  mer__json_value key, value;
  if (offsets->kind != MER__JSON_OBJECT) return;
  mer__json_begin(&scan, offsets->text, offsets->size);
  while (mer__json_next(&key, &value, &scan)) {
    if (mer__json_is(&key, "from")) m->start = value;
    if (mer__json_is(&key, "to")) m->end = value;
  }
}

static members read_members(const reader *r, const mer__json_value *object) {
  members m = {0};
  mer__json_scan scan;
  mer__json_value key, value;
  if (object->kind != MER__JSON_OBJECT) return m;
  mer__json_begin(&scan, object->text, object->size);
  while (mer__json_next(&key, &value, &scan)) {
    if (mer__json_is(&key, "text")) m.text = value;
    if (mer__json_is(&key, "word")) m.word = value;
    if (mer__json_is(&key, "speaker")) m.speaker = value;
    if (mer__json_is(&key, r->is_cpp ? "tokens" : "words")) m.words = value;
    if (r->is_cpp && mer__json_is(&key, "offsets")) read_offsets(&m, &value);
    if (!r->is_cpp && mer__json_is(&key, "start")) m.start = value;
    if (!r->is_cpp && mer__json_is(&key, "end")) m.end = value;
  }
  return m;
}

static double time_of(const reader *r, const mer__json_value *value) {
  return value->text ? read_number(value) / (r->is_cpp ? 1000 : 1) : NAN;
}

/* A piece of a word is joined to it; [_BEG_] and the like are no words. */
static mer_status add_token(reader *r, const members *m, mer_error *err) {
  mer_transcript *t = r->transcript;
  const mer__kept_entry *entry = &t->entries[t->n_entries - 1];
  const char *text = m->text.text ? read_string(r, &m->text) : NULL;
  if (!text || !*text || strncmp(text, "[_", 2) == 0) return MER_OK;
  if (*text == ' ' || !entry->n_words)
    return mer__transcript_add_word(t, time_of(r, &m->start), time_of(r, &m->end),
                                    text + strspn(text, " "), strlen(text), err);
  if (t->strings.failed) return MER_OK;
  t->strings.size--; /* the 0 of the word */
  mer__text_append(&t->strings, text, strlen(text) + 1);
  mer__kept_word *word = &t->words[t->n_words - 1];
  const double end_s = time_of(r, &m->end);
  if (end_s >= word->start_s) word->end_s = end_s;
  return MER_OK;
}

static mer_status add_words(reader *r, const mer__json_value *words, mer_error *err) {
  mer__json_scan scan;
  mer__json_value value;
  mer_status status = MER_OK;
  if (words->kind != MER__JSON_ARRAY || !words->text) return MER_OK;
  mer__json_begin(&scan, words->text, words->size);
  while (status == MER_OK && mer__json_next_element(&value, &scan)) {
    const members m = read_members(r, &value);
    const char *text = r->is_cpp || !m.word.text ? NULL : read_string(r, &m.word);
    if (r->is_cpp) status = add_token(r, &m, err);
    else if (text)
      status = mer__transcript_add_word(r->transcript, time_of(r, &m.start), time_of(r, &m.end),
                                        text + strspn(text, " "), strlen(text), err);
  }
  return status;
}

static mer_status add_segment(reader *r, const mer__json_value *value, mer_error *err) {
  const members m = read_members(r, value);
  mer_transcript *t = r->transcript;
  mer_status status = mer__transcript_begin(t, time_of(r, &m.start), time_of(r, &m.end),
                                            line_of(r, value->text), err);
  if (status != MER_OK) return status;
  if (value->kind != MER__JSON_OBJECT) t->entries[t->n_entries - 1].fault = "it is not an object";
  const char *text = m.text.text ? read_string(r, &m.text) : NULL;
  if (text) status = mer__transcript_add_text(t, text, r->string.size - 1, err);
  if (status != MER_OK) return status;
  const char *speaker = m.speaker.text ? read_string(r, &m.speaker) : NULL;
  mer__transcript_end(t, speaker, speaker ? r->string.size : 0);
  t->entries[t->n_entries - 1].name_size = 0; /* a name before a colon is a part of the text */
  status = add_words(r, &m.words, err);
  if (status != MER_OK || !r->too_long) return status;
  return mer__fail_at(err, MER_STATUS_LIMIT, r->line,
                      "%s:%lld: a text of over %d bytes: expected what is said without a break",
                      t->path, (long long)r->line, MER__TRANSCRIPT_MAX_TEXT_BYTES);
}

static mer_status add_segments(reader *r, const mer__json_value *segments, mer_error *err) {
  mer__json_scan scan;
  mer__json_value value;
  mer_status status = MER_OK;
  mer__json_begin(&scan, segments->text, segments->size);
  while (status == MER_OK && mer__json_next_element(&value, &scan))
    status = add_segment(r, &value, err);
  if (status == MER_OK && r->string.failed) status = mer__fail_memory_for(err, r->transcript->path);
  return status;
}

bool mer__transcript_is_list(const mer__json_value *key) {
  return mer__json_is(key, "segments") || mer__json_is(key, "transcription");
}

mer_status mer__transcript_read_json(mer_transcript *transcript, const char *text, size_t size,
                                     mer_error *err) {
  reader r = {.transcript = transcript, .text = text, .counted = text, .line = 1};
  mer__json_value segments = {0}, key, value;
  mer__json_scan scan;
  mer_status status = MER_OK;
  mer__json_begin(&scan, text, size);
  while (mer__json_next(&key, &value, &scan)) {
    if (value.kind != MER__JSON_ARRAY || !mer__transcript_is_list(&key)) continue;
    segments = value;
    r.is_cpp = mer__json_is(&key, "transcription");
  }
  if (scan.fault) status = fail(&r, &scan, err);
  else if (!segments.text)
    status = mer__fail(err, MER_STATUS_FORMAT,
                       "%s: expected a list \"segments\" or \"transcription\"", transcript->path);
  else status = add_segments(&r, &segments, err);
  mer__text_clear(&r.string);
  return status;
}
