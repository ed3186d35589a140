/* path_join.c: the path of a file in a folder. */
#include "cli/path_join.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *cli_path_join(const char *folder, const char *name) {
  const size_t n = strlen(folder), size = n + strlen(name) + 2;
  const bool ends = n > 0 && folder[n - 1] == '/';
  char *path = malloc(size);
  if (path) snprintf(path, size, "%s%s%s", folder, ends ? "" : "/", name);
  return path;
}
