/* transcript_input.h: what must be true of any transcript. */
#ifndef MER_TESTS_FUZZ_TRANSCRIPT_INPUT_H
#define MER_TESTS_FUZZ_TRANSCRIPT_INPUT_H

#include <math.h>

#include "fuzz.h"
#include "mer/transcript.h"

static inline void transcript_check_entry(const mer_transcript_entry *e, double last) {
  FUZZ_REQUIRE(strlen(e->text) == e->text_size && e->line > 0);
  FUZZ_REQUIRE(!e->speaker || strlen(e->speaker) < SIZE_MAX);
  FUZZ_REQUIRE(e->fault ? isnan(e->start_s) : e->start_s >= last && e->end_s >= e->start_s);
  for (int64_t i = 0; i < e->n_words; i++)
    FUZZ_REQUIRE(strlen(e->words[i].text) < SIZE_MAX &&
                 (isnan(e->words[i].start_s) || e->words[i].end_s >= e->words[i].start_s));
}

/** Opens a file of `before`, the data and `after`. */
static inline void transcript_try(const char *before, const uint8_t *data, size_t size,
                                  const char *after) {
  const size_t n = strlen(before), n_after = strlen(after);
  mer_transcript *t;
  mer_error err = {0};
  char *text = malloc(n + size + n_after + 1);
  if (!text) abort();
  memcpy(text, before, n);
  memcpy(text + n, data, size);
  memcpy(text + n + size, after, n_after);
  const mer_status status =
      mer_transcript_open(&t, fuzz_write("a", text, n + size + n_after), NULL, &err);
  free(text);
  fuzz_check_status(status, &err);
  FUZZ_REQUIRE((status == MER_OK) == (t != NULL));
  double last = 0;
  for (int64_t i = 0; t && i < mer_transcript_count(t); i++) {
    const mer_transcript_entry e = mer_transcript_at(t, i);
    transcript_check_entry(&e, last);
    if (!e.fault) last = e.start_s;
  }
  mer_transcript_close(t);
}

#endif
