/* timeline_speakers.c: who speaks in a timeline, by name. */
#include "timeline/timeline_speakers.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format.h"

/* Of a file's name, which is longer while it is written. */
enum { FILE_BYTES = 256 - sizeof MER__TEMPORARY - 2 * 20 };

/* The profile of a speaker, for mer__free: what a file's name cannot have, or what would hide it,
 * is written as %2f is; so is the beginning of "all", who is not somebody unknown. */
static mer_status find_profile(char **path, const char *folder, const char *speaker,
                               mer_error *err) {
  static const char ending[] = ".profile";
  char name[FILE_BYTES];
  const bool is_all = strcmp(speaker, "all") == 0;
  size_t n = 0;
  for (const char *c = *speaker ? speaker : "all"; *c; c++) {
    const unsigned char byte = (unsigned char)*c;
    const bool plain = byte >= ' ' && byte != 0x7f && byte != '/' && byte != '%' &&
                       (byte != '.' || n > 0) && (!is_all || n > 0);
    if (n + 3 + sizeof ending > sizeof name)
      return mer__fail(err, MER_STATUS_INVALID, "'%.60s..': too long a name for a profile",
                       speaker);
    if (plain) name[n++] = *c;
    else n += (size_t)mer__format(name + n, sizeof name - n, "%%%02x", byte);
  }
  memcpy(name + n, ending, sizeof ending);
  *path = mer__path_join(folder, name);
  return *path ? MER_OK : mer__fail_memory(err);
}

/* As a profile knows the speaker; without one nothing is known. */
static mer_status begin_speaker(mer_speaker **out, const mer__speakers *speakers,
                                const mer_predictor *predictor, const char *name, mer_error *err) {
  char *path;
  if (!speakers->profiles) return mer_speaker_create(out, predictor, err);
  mer_status status = find_profile(&path, speakers->profiles, name, err);
  if (status != MER_OK) return status;
  status = mer__path_is_there(path) ? mer_speaker_read(out, path, predictor, err)
                                    : mer_speaker_create(out, predictor, err);
  mer__free(path);
  return status;
}

static mer_status keep_speaker(const mer__speakers *speakers, int i, mer_error *err) {
  char *path;
  mer_status status = find_profile(&path, speakers->profiles, speakers->names[i], err);
  if (status != MER_OK) return status;
  status = mer_speaker_write(speakers->heard[i], path, err);
  mer__free(path);
  return status;
}

mer_status mer__speakers_keep(const mer__speakers *speakers, mer_error *err) {
  mer_status first = MER_OK;
  for (int i = 0; i < speakers->n; i++) {
    const mer_status status = keep_speaker(speakers, i, first == MER_OK ? err : NULL);
    if (first == MER_OK) first = status;
  }
  return first;
}

void mer__speakers_clear(mer__speakers *speakers) {
  for (int i = 0; i < speakers->n; i++) {
    mer__free(speakers->names[i]);
    mer_speaker_free(speakers->heard[i]);
  }
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
  mer_status status = begin_speaker(&speakers->heard[n], speakers, predictor, key, err);
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
  const mer_status status = mer__speakers_find(&speaker, speakers, predictor, name, err);
  *out = NULL;
  return status == MER_OK && speaker ? mer_speaker_copy(out, speaker, err) : status;
}
