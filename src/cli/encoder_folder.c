/* encoder_folder.c: where an encoder lies that is given by its name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"

enum { MAX_PATH = 4096, MAX_GIVEN = 64 };

static bool is_folder(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Whether `base`/`below`/`name` is a folder; its path. A base that is not set has none. */
static bool look_in(char *path, const char *base, const char *below, const char *name) {
  if (!base || !*base) return false;
  int n = snprintf(path, MAX_PATH, "%s%s/%s", base, below, name);
  return n > 0 && n < MAX_PATH && is_folder(path);
}

const char *cli_encoder_folder(const char *given) {
  static char paths[MAX_GIVEN][MAX_PATH];
  static int n;
  if (!*given || strchr(given, '/') || is_folder(given) || n == MAX_GIVEN) return given;
  const char *data = getenv("XDG_DATA_HOME");
  const bool found =
      look_in(paths[n], getenv("MER_ENCODERS"), "", given) ||
      look_in(paths[n], ".encoder", "", given) ||
      (data && *data ? look_in(paths[n], data, "/mer/encoders", given)
                     : look_in(paths[n], getenv("HOME"), "/.local/share/mer/encoders", given));
  for (int i = 0; found && i < n; i++)
    if (strcmp(paths[i], paths[n]) == 0) return paths[i];
  return found ? paths[n++] : given;
}

const char *cli_face_detector(const char *given) {
  const char *folder = given ? given : cli_encoder_folder("centerface");
  return given || is_folder(folder) ? folder : NULL;
}
