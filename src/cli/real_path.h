/* real_path.h: where a path leads, also to what is not there yet. */
#ifndef MER_CLI_REAL_PATH_H
#define MER_CLI_REAL_PATH_H

#include <stdbool.h>

/** The path with the links at its end followed, for free(); a descriptor's name is not followed.
 * NULL if memory is out. */
char *cli_follow_links(const char *path);
/** Whether a path whose links are followed names an open descriptor, such as standard output. */
bool cli_is_descriptor(const char *path);
/** The folder that a file is in, for free(); NULL if memory is out. */
char *cli_folder_of(const char *path);
/** The one name of a file whose folder is there, for free(); NULL if there is none, or if memory is
 * out. */
char *cli_real_name(const char *path);

#endif
