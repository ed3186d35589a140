/* clip_folder.h: the clips of MELD's layout in a folder, found by dialogue and utterance. */
#ifndef MER_DATA_CLIP_FOLDER_H
#define MER_DATA_CLIP_FOLDER_H

#include "mer/base.h"

/** Zero-initialize. */
typedef struct mer__clip_folder {
  char *path;
  char **names; /* [n_names]: everything in the folder */
  size_t n_names;
  struct mer__clip_name *clips; /* [n_clips]: those named dia<n>_utt<n>.<ending>, sorted */
  size_t n_clips;
} mer__clip_folder;

/** Lists a folder, once. Files of other names are left out. */
mer_status mer__clip_folder_list(mer__clip_folder *folder, const char *path, mer_error *err);
/** Accepts a zeroed folder. */
void mer__clip_folder_clear(mer__clip_folder *folder);

/** Name of the clip of an utterance in its folder, borrowed, or NULL: the one with video if `video`
 * is set, else the first of sound, video and other endings. */
const char *mer__clip_folder_find(const mer__clip_folder *folder, int64_t dialogue,
                                  int64_t utterance, bool video);

/** Ending of the folder's clips, "mp4" if it has none: that of the name of a missing one. */
const char *mer__clip_folder_ending(const mer__clip_folder *folder);

#endif
