/* transcript_build.h: what the readers of transcripts fill. */
#ifndef MER_TRANSCRIPT_TRANSCRIPT_BUILD_H
#define MER_TRANSCRIPT_TRANSCRIPT_BUILD_H

#include "base/text_buffer.h"
#include "mer/transcript.h"

enum {
  MER__TRANSCRIPT_MAX_ENTRIES = 1 << 24,
  MER__TRANSCRIPT_MAX_WORDS = 1 << 26,
  MER__TRANSCRIPT_MAX_HOURS = 1000,
  MER__TRANSCRIPT_NAME_BYTES = 64, /* most of a speaker's name before a colon */
};

typedef struct mer__kept_entry {
  double start_s, end_s;
  int64_t speaker; /* places in `strings`; -1: none */
  size_t text, text_size;
  size_t first_word;
  int64_t n_words, line;
  const char *fault;
  int name_size; /* of what stands before a colon at the beginning of the text; 0: nothing */
  int channel;
} mer__kept_entry;

typedef struct mer__kept_word {
  double start_s, end_s;
  size_t text;
} mer__kept_word;

struct mer_transcript {
  const char *path;           /* while it is read */
  mer__text_buffer strings;   /* texts, each with a 0 */
  mer__kept_entry *entries;   /* [n_entries] */
  mer__kept_word *kept_words; /* [n_words], while it is read */
  mer_word *words;            /* [n_words], after that */
  size_t n_entries, entries_capacity, n_words, words_capacity;
};

/** Begins an entry that stands on `line`. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__transcript_begin(mer_transcript *transcript, double start_s, double end_s,
                                 int64_t line, mer_error *err);
/** Adds a piece to the text of the last entry; any blanks in it, and between pieces, become one. */
void mer__transcript_add_text(mer_transcript *transcript, const char *text, size_t size);
/** Ends its text. `speaker` [size] may be NULL. */
void mer__transcript_end(mer_transcript *transcript, const char *speaker, size_t size);
/** Adds a word to the last entry, which has ended. */
mer_status mer__transcript_add_word(mer_transcript *transcript, double start_s, double end_s,
                                    const char *text, size_t size, mer_error *err);

/** Adds what another one, which has not ended, has, as said on a channel by `speaker`.
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__transcript_append(mer_transcript *transcript, const mer_transcript *other,
                                  const char *speaker, int channel, mer_error *err);

/** The readers: `text` [size] is UTF-8 with a 0 after it. */
mer_status mer__transcript_read_srt(mer_transcript *transcript, const char *text, size_t size,
                                    mer_error *err);
mer_status mer__transcript_read_vtt(mer_transcript *transcript, const char *text, size_t size,
                                    mer_error *err);
mer_status mer__transcript_read_json(mer_transcript *transcript, const char *text, size_t size,
                                     mer_error *err);
/** This one reads the file itself. */
mer_status mer__transcript_read_table(mer_transcript *transcript, mer_error *err);

#endif
