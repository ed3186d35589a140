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

/* Whether ".." stands in a path after what is no folder; `copy` is as it was afterwards. */
static bool leaves_missing_folder(char *copy) {
  bool found = false;
  for (char *c = strstr(copy, "/.."); c && !found; c = strstr(c + 1, "/..")) {
    if (c == copy || (c[3] && c[3] != '/')) continue;
    *c = 0;
    found = !mer__path_is_folder(copy);
    *c = '/';
  }
  return found;
}

mer_status mer__folder_make(const char *path, mer_error *err) {
  if (!path[0]) return mer__fail(err, MER_STATUS_INVALID, "expected the name of a folder");
  char *copy = mer__strdup(path);
  if (!copy) return mer__fail_memory(err);
  mer_status status = MER_OK;
  if (leaves_missing_folder(copy)) {
    mer__free(copy);
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: '..' after a folder that is not there: name the folder without it", path);
  }
  for (char *c = copy + 1;; c++) {
    if (*c && *c != '/') continue;
    char end = *c;
    *c = 0;
    if (mkdir(copy, 0777) != 0 && (errno != EEXIST || !mer__path_is_folder(copy)))
      status = mer__fail(err, MER_STATUS_IO, "%s: cannot make the folder: %s", copy,
                         errno == EEXIST ? "a file has that name" : strerror(errno));
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
