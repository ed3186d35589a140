/* model_folder.c: finds a model that comes with the program. */
#include "cli/model_folder.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PATH = 4096 };

static char *join(const char *base, const char *below, const char *name) {
  char path[2 * MAX_PATH];
  const int n = snprintf(path, sizeof path, "%s%s/%s", base, below, name);
  return n > 0 && n < (int)sizeof path ? strdup(path) : NULL;
}

/* The same, or NULL if there is no such folder. */
static char *find(const char *base, const char *below, const char *name) {
  struct stat info;
  char *path = join(base, below, name);
  if (path && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return path;
  free(path);
  return NULL;
}

/* The folder of the program itself, or "". */
static void find_program(char folder[MAX_PATH]) {
  const ssize_t n = readlink("/proc/self/exe", folder, MAX_PATH - 1);
  folder[n > 0 ? n : 0] = 0;
  char *end = strrchr(folder, '/');
  if (end) *end = 0;
}

char *cli_model_folder(const char *name) {
  char program[MAX_PATH];
  const char *given = getenv("MER_MODELS");
  if (given && *given) return join(given, "", name);
  find_program(program);
  char *found = find(program, "/../share/mer/models", name);
  if (!found) found = find(program, "/../../models", name);
  return found ? found : join("models", "", name);
}
