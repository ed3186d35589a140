/* output_file.c: a file of the user that is named as an output by mistake is not replaced, and what
 * cannot be written is known before it is computed. */
#include "cli/output_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/real_path.h"

enum { MAX_FIRST_LINE = 1 << 14 };

static mer_status fail(mer_error *err, mer_status status, const char *path, const char *what,
                       const char *reason) {
  err->status = status;
  snprintf(err->message, sizeof err->message, "%.300s: %s%s", path, what, reason);
  return status;
}

/* The file is written beside its place, `target`, and then renamed. */
static mer_status check_folder(const char *target, const char *path, mer_error *err) {
  mer_status status = MER_OK;
  char *folder = cli_folder_of(target);
  if (!folder) return fail(err, MER_STATUS_NO_MEMORY, path, "out of memory", "");
  if (access(folder, F_OK) != 0)
    status = fail(err, MER_STATUS_NOT_FOUND, path,
                  "cannot write, as its folder cannot be found: ", strerror(errno));
  else if (access(folder, W_OK | X_OK) != 0)
    status = fail(err, MER_STATUS_IO, path, "cannot write into its folder: ", strerror(errno));
  free(folder);
  return status;
}

/* Whether a file that begins with `found`, of which the first lines are left, is as `own` says. */
static bool is_own(char *found, const cli_own_file *own) {
  const size_t n_start = own->start_bytes ? own->start_bytes : strlen(own->start);
  if (memcmp(found, own->start, n_start) != 0) return false; /* zeros follow a shorter file */
  char *end = found + strcspn(found, "\n");
  for (int i = 0; i < own->more_lines && *end; i++) end += 1 + strcspn(end + 1, "\n");
  *end = 0;
  for (int i = 0; i < 3 && own->holds[i]; i++)
    if (strstr(found, own->holds[i])) return true;
  return !own->holds[0];
}

static mer_status check_content(const char *path, const cli_own_file *own, mer_error *err) {
  char found[MAX_FIRST_LINE + 1] = "";
  FILE *file = fopen(path, "rb");
  errno = file ? 0 : errno;
  const bool failed = !file || (fread(found, 1, MAX_FIRST_LINE, file) == 0 && ferror(file));
  const int reason = errno;
  if (file) fclose(file);
  if (failed)
    return fail(err, MER_STATUS_IO, path,
                "is not replaced, as it cannot be read: ", strerror(reason));
  if (is_own(found, own)) return MER_OK;
  err->status = MER_STATUS_INVALID;
  snprintf(err->message, sizeof err->message, "%.300s: is not %s, so it is not replaced", path,
           own->what);
  return err->status;
}

static mer_status check_target(const char *target, const char *path, const cli_own_file *own,
                               mer_error *err) {
  struct stat info;
  if (mer_path_is_descriptor(target)) return MER_OK;
  if (stat(target, &info) != 0)
    return errno == ENOENT ? check_folder(target, path, err)
                           : fail(err, MER_STATUS_IO, path, "cannot write: ", strerror(errno));
  if (S_ISDIR(info.st_mode))
    return fail(err, MER_STATUS_INVALID, path, "is a folder, expected a file to write", "");
  if (!S_ISREG(info.st_mode)) return MER_OK;
  if (access(target, W_OK) != 0)
    return fail(err, MER_STATUS_IO, path, "cannot write: ", strerror(errno));
  const mer_status status = own->in_place ? MER_OK : check_folder(target, path, err);
  return status != MER_OK || info.st_size == 0 ? status : check_content(path, own, err);
}

mer_status cli_check_output(const char *path, const cli_own_file *own, mer_error *err) {
  if (!path || strcmp(path, "-") == 0) return MER_OK;
  if (*path && path[strlen(path) - 1] == '/')
    return fail(err, MER_STATUS_INVALID, path, "names a folder, expected a file to write", "");
  char *target = mer_path_follow(path);
  if (!target) return fail(err, MER_STATUS_NO_MEMORY, path, "out of memory", "");
  const mer_status status = check_target(target, path, own, err);
  mer_path_free(target);
  return status;
}

bool cli_same_file(const char *a, const char *b) {
  struct stat x, y;
  if (!a || !b || strcmp(a, "-") == 0 || strcmp(b, "-") == 0) return false;
  const bool has_a = stat(a, &x) == 0, has_b = stat(b, &y) == 0;
  if (has_a && has_b) return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
  if (has_a != has_b) return false;
  char *name_a = cli_real_name(a), *name_b = cli_real_name(b);
  const bool same = name_a && name_b && strcmp(name_a, name_b) == 0;
  free(name_a);
  free(name_b);
  return same;
}
