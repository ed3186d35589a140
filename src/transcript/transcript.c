/* transcript.c: opens a transcript, whatever it is written in, checks the times of its entries and
 * puts them in order. What has times that cannot be used keeps its text and says so. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "data/table.h"
#include "transcript/transcript_build.h"

static const size_t MAX_FILE_BYTES = (size_t)1 << 30;

static const char *fault_of(double start_s, double end_s) {
  const double most = MER__TRANSCRIPT_MAX_HOURS * 3600.0;
  if (!(start_s >= 0)) return "its beginning is not a time";
  if (!(end_s >= 0)) return "its end is not a time";
  if (start_s > most || end_s > most) return "a time of more than 1000 hours";
  return end_s < start_s ? "it ends before it begins" : NULL;
}

mer_status mer__transcript_begin(mer_transcript *transcript, double start_s, double end_s,
                                 int64_t line, mer_error *err) {
  mer_transcript *t = transcript;
  if (mer__should_stop(t->monitor)) return mer__fail(err, MER_STATUS_INTERRUPTED, "interrupted");
  if (t->n_entries == MER__TRANSCRIPT_MAX_ENTRIES)
    return mer__fail_at(err, MER_STATUS_LIMIT, line, "%s:%lld: more than %d entries", t->path,
                        (long long)line, MER__TRANSCRIPT_MAX_ENTRIES);
  if (mer__grow(&t->entries, &t->entries_capacity, t->n_entries + 1, sizeof *t->entries) != 0)
    return mer__fail_memory_for(err, t->path);
  mer__kept_entry *e = &t->entries[t->n_entries++];
  *e = (mer__kept_entry){.start_s = start_s, .end_s = end_s, .speaker = -1, .line = (uint32_t)line};
  e->fault = fault_of(start_s, end_s);
  if (e->fault) e->start_s = e->end_s = NAN;
  e->text = (uint32_t)t->strings.size;
  e->first_word = (uint32_t)t->n_words;
  return MER_OK;
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == 0; }

/* Appends to what begins at `begin`; any blanks become one. */
static void add_words(mer__text_buffer *strings, size_t begin, const char *text, size_t size) {
  while (size > 0) {
    size_t blanks = 0, n = 0;
    while (blanks < size && is_blank(text[blanks])) blanks++;
    while (blanks + n < size && !is_blank(text[blanks + n])) n++;
    const bool after = strings->size > begin && strings->data[strings->size - 1] != ' ';
    if (blanks && after) mer__text_append(strings, " ", 1);
    if (n) mer__text_append(strings, text + blanks, n);
    text += blanks + n;
    size -= blanks + n;
  }
}

mer_status mer__transcript_add_text(mer_transcript *transcript, const char *text, size_t size,
                                    mer_error *err) {
  mer_transcript *t = transcript;
  const mer__kept_entry *e = &t->entries[t->n_entries - 1];
  add_words(&t->strings, e->text, text, size);
  if (t->strings.size <= e->text + MER__TRANSCRIPT_MAX_TEXT_BYTES) return MER_OK;
  return mer__fail_at(err, MER_STATUS_LIMIT, e->line,
                      "%s:%lld: an entry of over %d bytes of text: expected the next one before",
                      t->path, (long long)e->line, MER__TRANSCRIPT_MAX_TEXT_BYTES);
}

/* Ends what begins at `begin`: its size without a blank at its end. */
static size_t end_words(mer__text_buffer *strings, size_t begin) {
  if (strings->size > begin && strings->data[strings->size - 1] == ' ')
    strings->data[--strings->size] = 0;
  const size_t size = strings->size - begin;
  mer__text_append(strings, "", 1);
  return size;
}

/* Bytes of what may be a name at the beginning of a text, before a colon and a blank: words that
 * begin with a capital letter, a digit or what is not ASCII, at most three. */
static int find_name(const char *text) {
  int n = 0, n_words = 0;
  for (; n <= MER__TRANSCRIPT_NAME_BYTES && text[n] && text[n] != ':'; n++) {
    const char c = text[n];
    const bool begins = n == 0 || text[n - 1] == ' ';
    const bool capital = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c > 127;
    if (begins && (!capital || ++n_words > 3)) return 0;
  }
  return n > 0 && n <= MER__TRANSCRIPT_NAME_BYTES && text[n] == ':' && text[n + 1] == ' ' ? n : 0;
}

void mer__transcript_end(mer_transcript *transcript, const char *speaker, size_t size) {
  mer_transcript *t = transcript;
  mer__text_buffer *strings = &t->strings;
  mer__kept_entry *e = &t->entries[t->n_entries - 1];
  e->text_size = (uint32_t)end_words(strings, e->text);
  if (strings->failed) return;
  if (speaker) {
    const size_t begin = strings->size;
    add_words(strings, begin, speaker, strnlen(speaker, size));
    if (end_words(strings, begin) > 0) e->speaker = (int32_t)begin;
  } else {
    e->name_size = (uint8_t)find_name(strings->data + e->text);
  }
}

mer_status mer__transcript_add_word(mer_transcript *transcript, double start_s, double end_s,
                                    const char *text, size_t size, mer_error *err) {
  mer_transcript *t = transcript;
  mer__kept_entry *e = &t->entries[t->n_entries - 1];
  if (t->n_words == MER__TRANSCRIPT_MAX_WORDS)
    return mer__fail_at(err, MER_STATUS_LIMIT, e->line, "%s:%lld: more than %d words", t->path,
                        (long long)e->line, MER__TRANSCRIPT_MAX_WORDS);
  if (mer__grow(&t->words, &t->words_capacity, t->n_words + 1, sizeof *t->words) != 0)
    return mer__fail_memory_for(err, t->path);
  if (fault_of(start_s, end_s)) start_s = end_s = NAN;
  t->words[t->n_words++] = (mer__kept_word){{start_s, end_s, t->strings.size}};
  mer__text_append(&t->strings, text, strnlen(text, size));
  mer__text_append(&t->strings, "", 1);
  e->n_words++;
  return MER_OK;
}

/* Names before colons are speakers if half of the entries have one. */
static void split_names(mer_transcript *t) {
  size_t n = 0;
  for (size_t i = 0; i < t->n_entries; i++) n += t->entries[i].name_size > 0;
  if (2 * n < t->n_entries) return;
  for (size_t i = 0; i < t->n_entries; i++) {
    mer__kept_entry *e = &t->entries[i];
    if (!e->name_size) continue;
    const uint32_t skipped = e->name_size + 2u;
    e->speaker = (int32_t)e->text;
    t->strings.data[e->text + (size_t)e->name_size] = 0;
    e->text += skipped;
    e->text_size -= skipped;
  }
}

/* One with a fault goes with the one before it. */
typedef struct place {
  double start_s;
  size_t index;
} place;

static int compare(const void *a, const void *b) {
  const place *x = a, *y = b;
  if (x->start_s != y->start_s) return x->start_s < y->start_s ? -1 : 1;
  return x->index < y->index ? -1 : 1;
}

/* Moves entry places[i].index to i, for all of them, along the cycles that these moves make. */
static void move_entries(mer__kept_entry *entries, place *places, size_t n) {
  for (size_t first = 0; first < n; first++) {
    const mer__kept_entry moved = entries[first];
    size_t to = first, from;
    while ((from = places[to].index) != first) {
      entries[to] = entries[from];
      places[to].index = to; /* is done */
      to = from;
    }
    entries[to] = moved;
    places[to].index = to;
  }
}

static mer_status put_in_order(mer_transcript *t, mer_error *err) {
  bool ordered = true;
  double last = 0;
  for (size_t i = 0; i < t->n_entries; i++) {
    if (t->entries[i].fault) continue;
    ordered &= t->entries[i].start_s >= last;
    last = t->entries[i].start_s;
  }
  if (ordered) return MER_OK;
  place *places = mer__malloc(t->n_entries, sizeof *places);
  if (!places) return mer__fail_memory_for(err, t->path);
  last = 0;
  for (size_t i = 0; i < t->n_entries; i++) {
    if (!t->entries[i].fault) last = t->entries[i].start_s;
    places[i] = (place){last, i};
  }
  qsort(places, t->n_entries, sizeof *places, compare);
  move_entries(t->entries, places, t->n_entries);
  mer__free(places);
  return MER_OK;
}

/* Words get the addresses of their texts, which do not move any more. */
static void place_words(mer_transcript *t) {
  for (size_t i = 0; i < t->n_words; i++) {
    const size_t at = t->words[i].text;
    t->words[i].word.text = t->strings.data + at;
  }
}

static mer_status finish(mer_transcript *t, mer_error *err) {
  if (t->strings.failed && !t->strings.full) return mer__fail_memory_for(err, t->path);
  if (t->strings.failed)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: texts of more than %zu bytes", t->path,
                     MER__TEXT_BUFFER_MAX);
  split_names(t);
  place_words(t);
  return put_in_order(t, err);
}

/* Whether a line is a header that has the column "start", or "sep=;", which stands before one. */
static bool is_table(const char *line) {
  size_t size;
  if (mer__csv_stated_delimiter(&size, line)) return true;
  for (const char *cell = line;; cell++) {
    cell += strspn(cell, " \"");
    const size_t n = strcspn(cell, " \",;\t");
    if (n == 5 && strncasecmp(cell, "start", 5) == 0) return true;
    cell += strcspn(cell, ",;\t");
    if (!*cell) return false;
  }
}

/* Whether a line of JSON is one of many, and not all or the beginning of one object. */
static bool is_row(const char *line) {
  mer__json_scan scan;
  mer__json_value key, value;
  mer__json_begin(&scan, line, strlen(line));
  while (mer__json_next(&key, &value, &scan))
    if (mer__transcript_is_list(&key)) return false;
  return !scan.fault;
}

/* The JSON of Whisper may have no ends of lines: it is held whole. */
static mer_status read_json(mer_transcript *t, mer_error *err) {
  char *text;
  size_t size;
  mer_status status = mer_text_read(&text, &size, t->path, MAX_FILE_BYTES, err);
  if (status == MER_OK) status = mer__transcript_read_json(t, text, size, err);
  mer_text_free(text);
  return status;
}

/* What a file is its first line tells. */
static mer_status read_any(mer_transcript *t, mer__cue_lines *lines, mer_error *err) {
  const char *first = mer__cue_first(lines);
  if (first && strncmp(first, "WEBVTT", 6) == 0) return mer__transcript_read_vtt(t, lines, err);
  if (first && *first == '{' && !is_row(first)) return read_json(t, err);
  if (first && (*first == '{' || is_table(first)))
    return mer__transcript_read_table(t, lines, *first == '{', err);
  return mer__transcript_read_srt(t, lines, err);
}

/* Room for all that a file of so many bytes usually has. What is not used takes no memory, while
 * lists that grow are there twice for a moment. */
static mer_status make_room(mer_transcript *t, size_t file_bytes, mer_error *err) {
  enum { ENTRY_BYTES = 6 }; /* as "1,2,a" has */
  size_t n = file_bytes / ENTRY_BYTES;
  if (n > MER__TRANSCRIPT_MAX_ENTRIES) n = MER__TRANSCRIPT_MAX_ENTRIES;
  mer__text_reserve(&t->strings, file_bytes);
  if (t->strings.failed || mer__grow(&t->entries, &t->entries_capacity, n, sizeof *t->entries) != 0)
    return mer__fail_memory_for(err, t->path);
  return MER_OK;
}

/* Reads a file; its entries are not yet in order. */
static mer_status read_file(mer_transcript **out, const char *path, const mer_monitor *monitor,
                            mer_error *err) {
  mer__cue_lines lines = {0};
  mer_status status;
  *out = NULL;
  if (!path || !path[0]) return mer__fail_no_name(err);
  mer_transcript *t = mer__calloc(1, sizeof *t);
  if (!t) return mer__fail_memory_for(err, path);
  t->path = path;
  t->monitor = monitor;
  MER__CHECK(mer__cue_open(&lines, path, MAX_FILE_BYTES, MER__TRANSCRIPT_MAX_TEXT_BYTES, err));
  MER__CHECK(make_room(t, lines.file_bytes, err));
  MER__CHECK(read_any(t, &lines, err));
  MER__CHECK(lines.status);
  *out = t;
  t = NULL;
cleanup:
  mer_transcript_close(t);
  mer__cue_close(&lines);
  return status;
}

mer_status mer_transcript_open(mer_transcript **out, const char *path, const mer_monitor *monitor,
                               mer_error *err) {
  mer_status status = read_file(out, path, monitor, err);
  if (status == MER_OK) status = finish(*out, err);
  if (status == MER_OK) return MER_OK;
  mer_transcript_close(*out);
  *out = NULL;
  return status;
}

mer_status mer_transcript_open_channels(mer_transcript **out, const char *const *paths,
                                        const char *const *speakers, int n_channels,
                                        const mer_monitor *monitor, mer_error *err) {
  mer_status status = MER_OK;
  *out = NULL;
  mer_transcript *t = mer__calloc(1, sizeof *t);
  if (!t) return mer__fail_memory(err);
  for (int c = 0; c < n_channels && status == MER_OK; c++) {
    mer_transcript *part = NULL;
    if (!paths[c]) continue;
    t->path = paths[c];
    status = read_file(&part, paths[c], monitor, err);
    if (status == MER_OK) status = mer__transcript_append(t, part, speakers[c], c + 1, err);
    mer_transcript_close(part);
  }
  if (status == MER_OK) status = finish(t, err);
  if (status == MER_OK) *out = t;
  else mer_transcript_close(t);
  return status;
}

void mer_transcript_close(mer_transcript *transcript) {
  if (!transcript) return;
  mer__text_clear(&transcript->strings);
  mer__free(transcript->entries);
  mer__free(transcript->words);
  mer__free(transcript);
}

int64_t mer_transcript_count(const mer_transcript *transcript) {
  return (int64_t)transcript->n_entries;
}

mer_transcript_entry mer_transcript_at(const mer_transcript *transcript, int64_t index) {
  const mer__kept_entry *e = &transcript->entries[index];
  const char *strings = transcript->strings.data;
  return (mer_transcript_entry){.start_s = e->start_s,
                                .end_s = e->end_s,
                                .speaker = e->speaker < 0 ? NULL : strings + e->speaker,
                                .text = strings + e->text,
                                .text_size = e->text_size,
                                .words = e->n_words ? &transcript->words[e->first_word].word : NULL,
                                .n_words = e->n_words,
                                .line = e->line,
                                .fault = e->fault,
                                .channel = e->channel};
}
