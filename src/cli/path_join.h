/* path_join.h: the path of a file in a folder. */
#ifndef MER_CLI_PATH_JOIN_H
#define MER_CLI_PATH_JOIN_H

/** "<folder>/<name>", for free(); NULL if memory is out. */
char *cli_path_join(const char *folder, const char *name);

#endif
