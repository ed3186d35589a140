/* folder.c: paths and directories. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

enum { MAX_LINKS = 40 };

char *mer__path_join(const char *folder, const char *name) {
  if (name[0] == '/' || !folder[0]) return mer__strdup(name);
  size_t n = strlen(folder), size = n + strlen(name) + 2;
  char *path = mer__malloc(size, 1);
  if (path) snprintf(path, size, "%s%s%s", folder, folder[n - 1] == '/' ? "" : "/", name);
  return path;
}

char *mer__path_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash) return mer__strdup(".");
  return slash == path ? mer__strdup("/") : mer__strndup(path, (size_t)(slash - path));
}

const char *mer__path_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Where the link leads: its text, below the link's own folder. */
static char *read_link(const char *path) {
  char text[PATH_MAX];
  ssize_t n = readlink(path, text, sizeof text - 1);
  if (n < 0) return NULL;
  while (n > 1 && text[n - 1] == '/') n--;
  text[n] = 0;
  char *folder = mer__path_folder(path), *target = folder ? mer__path_join(folder, text) : NULL;
  mer__free(folder);
  return target;
}

void mer_path_free(char *path) { mer__free(path); }

bool mer_path_is_descriptor(const char *path) {
  return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/fd/", 8) == 0;
}

char *mer_path_follow(const char *path) {
  size_t n = strlen(path);
  while (n > 1 && path[n - 1] == '/') n--;
  char *at = mer__strndup(path, n);
  for (int i = 0; at && i < MAX_LINKS; i++) {
    struct stat info;
    if (mer_path_is_descriptor(at) || lstat(at, &info) != 0 || !S_ISLNK(info.st_mode)) break;
    char *target = read_link(at);
    mer__free(at);
    at = target;
  }
  return at;
}

bool mer__path_is_folder(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool mer__path_is_same(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool mer__path_is_file(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool mer__path_is_there(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool mer__path_leads_nowhere(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 && S_ISLNK(info.st_mode) && stat(path, &info) != 0;
}

/* Length of the part of a path that is no folder, although ".." follows it; 0: there is none. */
static size_t find_left_folder(char *path) {
  size_t found = 0;
  for (char *c = strstr(path, "/.."); c && !found; c = strstr(c + 1, "/..")) {
    if (c == path || (c[3] && c[3] != '/')) continue;
    *c = 0;
    if (!mer__path_is_folder(path)) found = (size_t)(c - path);
    *c = '/';
  }
  return found;
}

/* Makes one folder of those on the way; `*made` as mer__folder_make_counted, of length `n`. */
static mer_status make_one(size_t *made, const char *path, size_t n, mer_error *err) {
  if (mkdir(path, 0777) == 0) {
    if (*made == 0 || n < *made) *made = n;
    return MER_OK;
  }
  const int reason = errno;
  if (reason == EEXIST && mer__path_is_folder(path)) return MER_OK;
  const bool gone = reason == ENOENT || (reason == EEXIST && !mer__path_is_there(path));
  return mer__fail(err, gone ? MER_STATUS_NOT_FOUND : MER_STATUS_IO,
                   "%s: cannot make the folder: %s", path,
                   gone                            ? strerror(ENOENT)
                   : mer__path_leads_nowhere(path) ? "a link that leads nowhere has that name"
                   : reason == EEXIST              ? "a file has that name"
                                                   : strerror(reason));
}

mer_status mer__folder_make(const char *path, mer_error *err) {
  size_t made = 0;
  return mer__folder_make_counted(&made, path, err);
}

mer_status mer__folder_make_counted(size_t *made, const char *path, mer_error *err) {
  if (!path[0]) return mer__fail(err, MER_STATUS_INVALID, "expected the name of a folder");
  char *copy = mer__strdup(path);
  if (!copy) return mer__fail_memory(err);
  mer_status status = MER_OK;
  const size_t left = find_left_folder(copy);
  if (left > 0) {
    status = mer__fail(err, MER_STATUS_INVALID,
                       "%.*s: is no folder, so '..' cannot follow it: leave both out of the path",
                       (int)left, path);
    mer__free(copy);
    return status;
  }
  for (char *c = copy + 1;; c++) {
    if (*c && *c != '/') continue;
    char end = *c;
    *c = 0;
    status = make_one(made, copy, (size_t)(c - copy), err);
    *c = end;
    if (!end || status != MER_OK) break;
  }
  mer__free(copy);
  return status;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static mer_status read_names(char ***names, size_t *n_names, DIR *folder, const char *path,
                             mer_error *err) {
  size_t capacity = 0;
  for (;;) {
    errno = 0; /* readdir tells a failure from the end by it alone */
    struct dirent *entry = readdir(folder);
    if (!entry && errno)
      return mer__fail(err, MER_STATUS_IO, "%s: cannot read the folder: %s", path, strerror(errno));
    if (!entry) return MER_OK;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char *name = mer__strdup(entry->d_name);
    if (!name || mer__grow(names, &capacity, *n_names + 1, sizeof **names) != 0) {
      mer__free(name);
      return mer__fail_memory(err);
    }
    (*names)[(*n_names)++] = name;
  }
}

mer_status mer__folder_list(char ***names, size_t *n_names, const char *path, mer_error *err) {
  *names = NULL;
  *n_names = 0;
  DIR *folder = opendir(path);
  if (!folder) {
    mer_status status = errno == ENOENT ? MER_STATUS_NOT_FOUND : MER_STATUS_IO;
    return mer__fail(err, status, "%s: cannot open the folder: %s", path, strerror(errno));
  }
  mer_status status = read_names(names, n_names, folder, path, err);
  closedir(folder);
  if (status != MER_OK) {
    mer__folder_free(*names, *n_names);
    *names = NULL;
    *n_names = 0;
    return status;
  }
  if (*n_names) qsort(*names, *n_names, sizeof **names, compare_names);
  return MER_OK;
}

void mer__folder_free(char **names, size_t n_names) {
  for (size_t i = 0; i < n_names; i++) mer__free(names[i]);
  mer__free(names);
}
