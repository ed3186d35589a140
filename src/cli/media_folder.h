/* media_folder.h: the utterances of a folder and those in it: media files, and transcripts in .txt
 * files: that of "a.wav" is "a.wav.txt" (as whisper.cpp names it), or else "a.txt". */
#ifndef MER_CLI_MEDIA_FOLDER_H
#define MER_CLI_MEDIA_FOLDER_H

#include "mer/base.h"

/** Borrowed while it is given. */
typedef struct cli_media_file {
  const char *name;       /* of the media file, else of the transcript: its path below the folder */
  const char *media;      /* path, or NULL */
  const char *transcript; /* path, or NULL */
  const char *fault;      /* NULL, or why a folder cannot be read, in words */
  bool is_video;          /* of the media file, by its ending */
} cli_media_file;

typedef struct cli_media_options {
  bool media, text; /* files but .txt are wanted; .txt files are */
  bool whole_names; /* names begin with that of the folder */
  /* What is written: neither it nor its parts (mer_part_file) are among the files. NULL: nothing.
   */
  const char *output;
  const mer_monitor *monitor; /* is told of transcripts of several recordings; or NULL */
} cli_media_options;

/** Takes the files in their order; a status other than MER_OK ends the walk with it. */
typedef mer_status cli_media_sink(void *user, const cli_media_file *file, mer_error *err);

/** Gives the files of a folder, sorted by name, and after them those of the folders in it, also
 * where a link leads to one. Names that begin with a point are left out. A folder that cannot be
 * read, or that is one of those above it, is given with its fault. Memory is that of the names in
 * the folders that lead to a file. MER_STATUS_NOT_FOUND: `path` is not a folder that can be read;
 * MER_STATUS_NO_MEMORY; those of the sink. */
mer_status cli_media_folder_walk(const char *path, const cli_media_options *options,
                                 cli_media_sink *sink, void *user, mer_error *err);

/** What a file by itself is, with its transcript beside it if `text`, for cli_media_free.
 * MER_STATUS_NO_MEMORY. */
mer_status cli_media_file_find(cli_media_file *file, const char *path, bool text, mer_error *err);
void cli_media_file_clear(cli_media_file *file);

/** What is wrong with a folder of which nothing is wanted, in words. */
const char *cli_media_nothing(const cli_media_options *options);

#endif
