/* real_path.c: the one name of a file. realpath alone does not say where a link leads whose file is
 * not there yet. */
#define _GNU_SOURCE /* realpath */
#include "cli/real_path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/path_join.h"
#include "mer/base.h"

char *cli_folder_of(const char *path) {
  char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
  if (!folder) return NULL;
  if (slash == folder) slash[1] = 0;
  else if (slash) *slash = 0;
  else strcpy(folder, *folder ? "." : "");
  return folder;
}

char *cli_folder_of_lines(const char *path) {
  struct stat info;
  const char *slash = path ? strrchr(path, '/') : NULL;
  const bool is_file = path && stat(path, &info) == 0 && S_ISREG(info.st_mode);
  return strndup(path ? path : "", slash && is_file ? (size_t)(slash - path) + 1 : 0);
}

char *cli_real_name(const char *path) {
  char *target = mer_path_follow(path), *folder = target ? cli_folder_of(target) : NULL;
  char *real = folder ? realpath(folder, NULL) : NULL, *name = NULL;
  if (real) {
    const char *slash = strrchr(target, '/');
    name = cli_path_join(real, slash ? slash + 1 : target);
  }
  mer_path_free(target);
  free(folder);
  free(real);
  return name;
}
