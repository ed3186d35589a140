/* media_folder.h: the utterances of a folder: media files, and transcripts in .txt files: that of
 * "a.wav" is "a.wav.txt" (as whisper.cpp names it), or else "a.txt". */
#ifndef MER_CLI_MEDIA_FOLDER_H
#define MER_CLI_MEDIA_FOLDER_H

#include "mer/base.h"

typedef struct cli_media_file {
  char *name;       /* of the media file, else of the transcript */
  char *media;      /* path, or NULL */
  char *transcript; /* path, or NULL */
  bool is_video;    /* of the media file, by its ending */
} cli_media_file;

typedef struct cli_media_folder {
  cli_media_file *files; /* [n], sorted by name */
  int64_t n;
} cli_media_folder;

/** Lists `path` (not the folders in it): the files with `media`, every file but .txt; with `text`,
 * the .txt files. A transcript of several recordings ("a.txt" of "a.wav" and "a.mp3") is that of
 * each, and the monitor is told. MER_STATUS_NOT_FOUND: no such folder, or nothing in it;
 * MER_STATUS_NO_MEMORY. */
mer_status cli_media_folder_open(cli_media_folder *folder, const char *path, bool media, bool text,
                                 const mer_monitor *monitor, mer_error *err);
void cli_media_folder_close(cli_media_folder *folder);

#endif
