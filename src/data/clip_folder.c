/* clip_folder.c: the clips of MELD's layout in a folder. A folder is listed once instead of asking
 * for each of the thousands of names with each ending. */
#include "data/clip_folder.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

/* Known endings, sound first: where a clip is there twice, the earlier is preferred. A file of any
 * other ending comes last: the decoder knows what it is. */
static const char *const endings[] = {
    "wav", "flac", "ogg",  "oga", "opus", "m4a", "mp3", "aac",  "wma", "aiff", "aif", "amr", "mka",
    "mp4", "mkv",  "webm", "avi", "mov",  "m4v", "mpg", "mpeg", "ts",  "flv",  "3gp", "wmv", "ogv"};
enum { N_ENDINGS = sizeof endings / sizeof *endings, FIRST_VIDEO = 13 };

typedef struct mer__clip_name {
  int64_t dialogue, utterance;
  int ending;
  const char *name; /* in `names` */
} clip_name;

/* Steps over `word` and the number after it. */
static bool read_part(int64_t *value, const char **text, const char *word) {
  size_t length = strlen(word);
  if (strncmp(*text, word, length) != 0) return false;
  const char *digits = *text + length;
  size_t n_digits = strspn(digits, "0123456789");
  if (n_digits < 1 || n_digits > 18) return false;
  *value = strtoll(digits, NULL, 10);
  *text = digits + n_digits;
  return true;
}

static bool parse_name(clip_name *clip, const char *name) {
  *clip = (clip_name){.name = name};
  if (!read_part(&clip->dialogue, &name, "dia") || !read_part(&clip->utterance, &name, "_utt") ||
      *name++ != '.')
    return false;
  while (clip->ending < N_ENDINGS && strcasecmp(name, endings[clip->ending]) != 0) clip->ending++;
  return *name && !strchr(name, '.'); /* "mp4.part" is not whole */
}

static int compare(const void *a, const void *b) {
  const clip_name *x = a, *y = b;
  if (x->dialogue != y->dialogue) return x->dialogue < y->dialogue ? -1 : 1;
  if (x->utterance != y->utterance) return x->utterance < y->utterance ? -1 : 1;
  return x->ending - y->ending;
}

mer_status mer__clip_folder_list(mer__clip_folder *folder, const char *path, mer_error *err) {
  *folder = (mer__clip_folder){0};
  mer_status status = mer__folder_list(&folder->names, &folder->n_names, path, err);
  if (status != MER_OK) return status;
  folder->path = mer__strdup(path);
  folder->clips = mer__calloc(folder->n_names, sizeof *folder->clips);
  if (!folder->path || !folder->clips) {
    mer__clip_folder_clear(folder);
    return mer__fail_memory(err);
  }
  for (size_t i = 0; i < folder->n_names; i++)
    folder->n_clips += parse_name(&folder->clips[folder->n_clips], folder->names[i]);
  qsort(folder->clips, folder->n_clips, sizeof *folder->clips, compare);
  return MER_OK;
}

void mer__clip_folder_clear(mer__clip_folder *folder) {
  mer__folder_free(folder->names, folder->n_names);
  mer__free(folder->clips);
  mer__free(folder->path);
  *folder = (mer__clip_folder){0};
}

const char *mer__clip_folder_find(const mer__clip_folder *folder, int64_t dialogue,
                                  int64_t utterance, bool video) {
  const clip_name key = {dialogue, utterance, video ? FIRST_VIDEO : 0, NULL};
  size_t low = 0, high = folder->n_clips;
  while (low < high) { /* the first clip that is not before the key */
    size_t middle = low + (high - low) / 2;
    if (compare(&folder->clips[middle], &key) < 0) low = middle + 1;
    else high = middle;
  }
  const clip_name *clip = &folder->clips[low];
  bool found = low < folder->n_clips && clip->dialogue == dialogue &&
               clip->utterance == utterance && !(video && clip->ending == N_ENDINGS);
  return found ? clip->name : NULL;
}

const char *mer__clip_folder_ending(const mer__clip_folder *folder) {
  return folder->n_clips ? strrchr(folder->clips[0].name, '.') + 1 : "mp4";
}
