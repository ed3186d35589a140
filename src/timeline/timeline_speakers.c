/* timeline_speakers.c: who speaks in a timeline, by name. */
#include "timeline/timeline_speakers.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

void mer__speakers_clear(mer__speakers *speakers) {
  for (int i = 0; i < speakers->n; i++) {
    mer__free(speakers->names[i]);
    mer_speaker_free(speakers->heard[i]);
  }
  mer_speaker_free(speakers->provisional);
  *speakers = (mer__speakers){0};
}

mer_status mer__speakers_find(mer_speaker **out, mer__speakers *speakers,
                              const mer_predictor *predictor, const char *name, mer_error *err) {
  const char *key = name ? name : "";
  const int n = speakers->n;
  *out = NULL;
  for (int i = 0; i < n; i++)
    if (strcmp(speakers->names[i], key) == 0) {
      *out = speakers->heard[i];
      return MER_OK;
    }
  if (n == MER__TIMELINE_SPEAKERS) return MER_OK;
  mer_status status = mer_speaker_create(&speakers->heard[n], predictor, err);
  if (status != MER_OK) return status;
  speakers->names[n] = mer__strdup(key);
  if (!speakers->names[n]) {
    mer_speaker_free(speakers->heard[n]);
    return mer__fail_memory(err);
  }
  *out = speakers->heard[speakers->n++];
  return MER_OK;
}

mer_status mer__speakers_provisional(mer_speaker **out, mer__speakers *speakers,
                                     const mer_predictor *predictor, const char *name,
                                     mer_error *err) {
  mer_speaker *speaker;
  mer_status status = mer__speakers_find(&speaker, speakers, predictor, name, err);
  *out = NULL;
  if (status != MER_OK || !speaker) return status;
  if (!speakers->provisional) status = mer_speaker_create(&speakers->provisional, predictor, err);
  if (status != MER_OK) return status;
  mer_speaker_copy(speakers->provisional, speaker);
  *out = speakers->provisional;
  return MER_OK;
}
