/* mer/transcript.h: what is said in a recording, when and by whom: SRT, WebVTT, the JSON of Whisper
 * (whisper.cpp and openai-whisper) and tables. Not stable (mer/experimental.h). */
#ifndef MER_TRANSCRIPT_H
#define MER_TRANSCRIPT_H

#include "mer/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Times in seconds from the beginning of the recording. */
typedef struct mer_word {
  double start_s, end_s; /* NaN: not known */
  const char *text;
} mer_word;

/** What is said without a break by one speaker. Borrowed from its transcript. */
typedef struct mer_transcript_entry {
  double start_s, end_s; /* end_s >= start_s >= 0; NaN where there is a fault */
  const char *speaker;   /* NULL: not known */
  const char *text;      /* [text_size], UTF-8, 0-terminated, in one line */
  size_t text_size;
  const mer_word *words; /* [n_words]; NULL: none */
  int64_t n_words;
  int64_t line;      /* of the file, from 1 */
  const char *fault; /* NULL, or why its times cannot be used, in words */
  int channel;       /* of the recording, from 1; 0: not known */
} mer_transcript_entry;

typedef struct mer_transcript mer_transcript;

/** Reads a file of at most 1 GiB, in any encoding that mer_text_read knows and with any ends of
 * lines. It is read as a stream but for the JSON of Whisper, which is held whole. A line, a word,
 * and the text of an entry have at most 1 MiB. What it is its first line tells: "WEBVTT", JSON
 * ("transcription" of whisper.cpp or "segments" of openai-whisper), a table with a header (columns
 * start, end, speaker, text; CSV, or JSON lines), else SRT. The entries are in the order of their
 * beginnings, those that begin together in that of the file; one with a fault stays after the one
 * before it. Entries may overlap. Where half of the entries of SRT or WebVTT begin with a name and
 * a colon, these are the speakers. MER_STATUS_FORMAT (none of these; JSON or a table that is not
 * whole: the message has the line), MER_STATUS_LIMIT (so it is with what is too long),
 * MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_NO_MEMORY, MER_STATUS_INTERRUPTED: `monitor`,
 * which may be NULL, says that it is to stop. */
MER_API mer_status mer_transcript_open(mer_transcript **out, const char *path,
                                       const mer_monitor *monitor, mer_error *err);
/** Reads a file for each of `n_channels` channels of a recording in the same way, as one
 * transcript: its entries have the channel, and `speakers` of the channel in the place of whom the
 * file names. A file that is NULL: on this channel nothing is said. */
MER_API mer_status mer_transcript_open_channels(mer_transcript **out, const char *const *paths,
                                                const char *const *speakers, int n_channels,
                                                const mer_monitor *monitor, mer_error *err);
/** Accepts NULL. */
MER_API void mer_transcript_close(mer_transcript *transcript);
MER_API int64_t mer_transcript_count(const mer_transcript *transcript);
/** Entry 0 .. count - 1. */
MER_API mer_transcript_entry mer_transcript_at(const mer_transcript *transcript, int64_t index);

#ifdef __cplusplus
}
#endif
#endif
