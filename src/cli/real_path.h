/* real_path.h: where a file is, also one that is not there yet. */
#ifndef MER_CLI_REAL_PATH_H
#define MER_CLI_REAL_PATH_H

/** The folder that a file is in, for free(); NULL if memory is out. */
char *cli_folder_of(const char *path);
/** The folder that paths in the lines of a file are relative to, with its last '/', for free(): "",
 * the working folder, if it is a pipe or `path` is NULL. NULL if memory is out. */
char *cli_folder_of_lines(const char *path);
/** The one name of a file whose folder is there, for free(); NULL if there is none, or if memory is
 * out. */
char *cli_real_name(const char *path);

#endif
