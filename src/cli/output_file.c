/* output_file.c: a file of the user that is named as an output by mistake is not replaced, and what
 * cannot be written is known before it is computed. */
#define _GNU_SOURCE /* realpath */
#include "cli/output_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_START = 256 };

static mer_status fail(mer_error *err, mer_status status, const char *path, const char *what,
                       const char *reason) {
  err->status = status;
  snprintf(err->message, sizeof err->message, "%.300s: %s%s", path, what, reason);
  return status;
}

/* The folder that a file is in, for free(). */
static char *folder_of(const char *path) {
  char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
  if (!folder) return NULL;
  if (slash == folder) slash[1] = 0;
  else if (slash) *slash = 0;
  else strcpy(folder, *folder ? "." : "");
  return folder;
}

/* The file is written beside its place and then renamed. */
static mer_status check_folder(const char *path, mer_error *err) {
  mer_status status = MER_OK;
  char *folder = folder_of(path);
  if (!folder) return fail(err, MER_STATUS_NO_MEMORY, path, "out of memory", "");
  if (access(folder, F_OK) != 0)
    status = fail(err, MER_STATUS_NOT_FOUND, path,
                  "cannot write, as its folder cannot be found: ", strerror(errno));
  else if (access(folder, W_OK | X_OK) != 0)
    status = fail(err, MER_STATUS_IO, path, "cannot write into its folder: ", strerror(errno));
  free(folder);
  return status;
}

static mer_status check_content(const char *path, const char *start, const char *what,
                                mer_error *err) {
  char found[MAX_START];
  const size_t size = strlen(start);
  FILE *file = fopen(path, "rb");
  if (!file)
    return fail(err, MER_STATUS_IO, path,
                "is not replaced, as it cannot be read: ", strerror(errno));
  errno = 0;
  const bool same = fread(found, 1, size, file) == size && memcmp(found, start, size) == 0;
  const int reason = ferror(file) ? errno : 0;
  fclose(file);
  if (same) return MER_OK;
  if (reason)
    return fail(err, MER_STATUS_IO, path,
                "is not replaced, as it cannot be read: ", strerror(reason));
  err->status = MER_STATUS_INVALID;
  snprintf(err->message, sizeof err->message, "%.300s: is not %s, so it is not replaced", path,
           what);
  return err->status;
}

mer_status cli_check_output(const char *path, const char *start, const char *what, mer_error *err) {
  struct stat info;
  if (!path || strcmp(path, "-") == 0) return MER_OK;
  if (stat(path, &info) != 0) {
    if (lstat(path, &info) == 0) return MER_OK; /* a link to what is not there yet */
    return errno == ENOENT ? check_folder(path, err)
                           : fail(err, MER_STATUS_IO, path, "cannot write: ", strerror(errno));
  }
  if (S_ISDIR(info.st_mode))
    return fail(err, MER_STATUS_INVALID, path, "is a folder, expected a file to write", "");
  if (!S_ISREG(info.st_mode)) return MER_OK;
  if (access(path, W_OK) != 0)
    return fail(err, MER_STATUS_IO, path, "cannot write: ", strerror(errno));
  return info.st_size == 0 ? MER_OK : check_content(path, start, what, err);
}

/* The name of a file that is not there yet, with its folder as it really is, for free(). */
static char *real_name(const char *path) {
  char *folder = folder_of(path), *real = folder ? realpath(folder, NULL) : NULL, *name = NULL;
  const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
  size_t size = real ? strlen(real) + strlen(last) + 2 : 0;
  if (size && (name = malloc(size))) snprintf(name, size, "%s/%s", real, last);
  free(folder);
  free(real);
  return name;
}

bool cli_same_output(const char *a, const char *b) {
  struct stat x, y;
  if (!a || !b || strcmp(a, "-") == 0 || strcmp(b, "-") == 0) return false;
  const bool has_a = stat(a, &x) == 0, has_b = stat(b, &y) == 0;
  if (has_a && has_b) return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
  if (has_a != has_b) return false;
  char *name_a = real_name(a), *name_b = real_name(b);
  const bool same = name_a && name_b && strcmp(name_a, name_b) == 0;
  free(name_a);
  free(name_b);
  return same;
}
