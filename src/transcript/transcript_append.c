/* transcript_append.c: the transcripts of the channels of a recording become one. Places in the
 * strings and among the words of the one that is added move by what is there before. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "transcript/transcript_build.h"

static mer_status check_room(const mer_transcript *t, const mer_transcript *other, mer_error *err) {
  if (t->n_entries + other->n_entries > MER__TRANSCRIPT_MAX_ENTRIES)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: with the channels before it more than %d entries",
                     t->path, MER__TRANSCRIPT_MAX_ENTRIES);
  if (t->n_words + other->n_words > MER__TRANSCRIPT_MAX_WORDS)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: with the channels before it more than %d words",
                     t->path, MER__TRANSCRIPT_MAX_WORDS);
  return MER_OK;
}

mer_status mer__transcript_append(mer_transcript *transcript, const mer_transcript *other,
                                  const char *speaker, int channel, mer_error *err) {
  mer_transcript *t = transcript;
  mer_status status = check_room(t, other, err);
  if (status != MER_OK) return status;
  if (other->strings.failed) {
    t->strings.failed = true;
    t->strings.full = other->strings.full;
    return MER_OK;
  }
  const size_t n_entries = t->n_entries + other->n_entries, n_words = t->n_words + other->n_words;
  if (mer__grow(&t->entries, &t->entries_capacity, n_entries, sizeof *t->entries) != 0 ||
      mer__grow(&t->words, &t->words_capacity, n_words, sizeof *t->words) != 0)
    return mer__fail_memory_for(err, t->path);
  const size_t name = t->strings.size;
  mer__text_append(&t->strings, speaker, strlen(speaker) + 1);
  const size_t moved = t->strings.size;
  if (other->strings.size) mer__text_append(&t->strings, other->strings.data, other->strings.size);
  for (size_t i = 0; i < other->n_entries; i++) {
    mer__kept_entry *e = &t->entries[t->n_entries + i];
    *e = other->entries[i];
    e->text += (uint32_t)moved;
    e->first_word += (uint32_t)t->n_words;
    e->speaker = (int32_t)name;
    e->name_size = 0;
    e->channel = (uint8_t)channel;
  }
  for (size_t i = 0; i < other->n_words; i++) {
    mer__kept_word *word = &t->words[t->n_words + i];
    *word = other->words[i];
    word->text += moved;
  }
  t->n_entries = n_entries;
  t->n_words = n_words;
  return MER_OK;
}
