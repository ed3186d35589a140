/* transcript_build.h: what the readers of transcripts fill. */
#ifndef MER_TRANSCRIPT_TRANSCRIPT_BUILD_H
#define MER_TRANSCRIPT_TRANSCRIPT_BUILD_H

#include "base/text_buffer.h"
#include "mer/transcript.h"
#include "text/json_scan.h"
#include "transcript/cue_lines.h"

enum {
  MER__TRANSCRIPT_MAX_ENTRIES = 1 << 24,
  MER__TRANSCRIPT_MAX_WORDS = 1 << 26,
  MER__TRANSCRIPT_MAX_HOURS = 1000,
  MER__TRANSCRIPT_NAME_BYTES = 64, /* most of a speaker's name before a colon */
  /* Most of a line, of the text of an entry, of a word and of a speaker's name. So no reader holds
   * more of a file at a time, but that of Whisper's JSON, which has no lines. */
  MER__TRANSCRIPT_MAX_TEXT_BYTES = 1 << 20,
};

/** Places in `strings`, which has at most 2^30 bytes, are kept in 32 bits. */
typedef struct mer__kept_entry {
  double start_s, end_s;
  int32_t speaker; /* its place; -1: none */
  uint32_t text, text_size;
  uint32_t first_word, n_words;
  uint32_t line;
  const char *fault;
  uint8_t name_size; /* of what stands before a colon at the beginning of the text; 0: nothing */
  uint8_t channel;
} mer__kept_entry;

/** A word, which has the place of its text while it is read, and then its address. */
typedef union mer__kept_word {
  struct {
    double start_s, end_s;
    size_t text;
  };
  mer_word word;
} mer__kept_word;
_Static_assert(sizeof(mer__kept_word) == sizeof(mer_word), "kept words are an array of words");

struct mer_transcript {
  const char *path;           /* while it is read */
  const mer_monitor *monitor; /* asked at each entry whether to stop; may be NULL */
  mer__text_buffer strings;   /* texts, each with a 0 */
  mer__kept_entry *entries;   /* [n_entries] */
  mer__kept_word *words;      /* [n_words] */
  size_t n_entries, entries_capacity, n_words, words_capacity;
};

/** Begins an entry that stands on `line`. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY,
 * MER_STATUS_INTERRUPTED. */
mer_status mer__transcript_begin(mer_transcript *transcript, double start_s, double end_s,
                                 int64_t line, mer_error *err);
/** Adds a piece to the text of the last entry; any blanks in it, and between pieces, become one.
 * MER_STATUS_LIMIT: the text is too long. */
mer_status mer__transcript_add_text(mer_transcript *transcript, const char *text, size_t size,
                                    mer_error *err);
/** Ends its text. `speaker` [size] may be NULL. */
void mer__transcript_end(mer_transcript *transcript, const char *speaker, size_t size);
/** Adds a word to the last entry, which has ended. */
mer_status mer__transcript_add_word(mer_transcript *transcript, double start_s, double end_s,
                                    const char *text, size_t size, mer_error *err);

/** Adds what another one, which has not ended, has, as said on a channel by `speaker`.
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__transcript_append(mer_transcript *transcript, const mer_transcript *other,
                                  const char *speaker, int channel, mer_error *err);

/** The readers of lines. What `lines` fail with they leave to the caller. */
mer_status mer__transcript_read_srt(mer_transcript *transcript, mer__cue_lines *lines,
                                    mer_error *err);
mer_status mer__transcript_read_vtt(mer_transcript *transcript, mer__cue_lines *lines,
                                    mer_error *err);
/** A table; `is_json`: of JSON lines. */
mer_status mer__transcript_read_table(mer_transcript *transcript, mer__cue_lines *lines,
                                      bool is_json, mer_error *err);
/** The members of JSON by which mer__transcript_read_json finds the entries. */
bool mer__transcript_is_list(const mer__json_value *key);
/** The reader of one JSON object, `text` [size], UTF-8. */
mer_status mer__transcript_read_json(mer_transcript *transcript, const char *text, size_t size,
                                     mer_error *err);

#endif
