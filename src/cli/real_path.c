/* real_path.c: links followed as the library follows them when it writes; realpath alone does not
 * say where a link leads whose file is not there yet. */
#define _GNU_SOURCE /* realpath, readlink */
#include "cli/real_path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/path_join.h"

enum { MAX_LINKS = 40 };

char *cli_folder_of(const char *path) {
  char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
  if (!folder) return NULL;
  if (slash == folder) slash[1] = 0;
  else if (slash) *slash = 0;
  else strcpy(folder, *folder ? "." : "");
  return folder;
}

bool cli_is_descriptor(const char *path) {
  return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/fd/", 8) == 0;
}

char *cli_follow_links(const char *path) {
  char text[PATH_MAX], *at = strdup(path);
  for (int i = 0; at && i < MAX_LINKS && !cli_is_descriptor(at); i++) {
    const ssize_t n = readlink(at, text, sizeof text - 1);
    if (n < 0) break;
    text[n] = 0;
    char *folder = cli_folder_of(at);
    free(at);
    at = !folder ? NULL : *text == '/' ? strdup(text) : cli_path_join(folder, text);
    free(folder);
  }
  return at;
}

char *cli_real_name(const char *path) {
  char *target = cli_follow_links(path), *folder = target ? cli_folder_of(target) : NULL;
  char *real = folder ? realpath(folder, NULL) : NULL, *name = NULL;
  if (real) {
    const char *slash = strrchr(target, '/');
    name = cli_path_join(real, slash ? slash + 1 : target);
  }
  free(target);
  free(folder);
  free(real);
  return name;
}
