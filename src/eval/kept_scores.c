/* kept_scores.c: scores of rows as .npy files, named after what they come from. */
#include "eval/kept_scores.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "encoder/folder_digest.h"
#include "mer/tensor.h"

static const char ending[] = ".npy";

mer_status mer__kept_scores_make(const char *folder, mer_error *err) {
  struct stat info;
  if (lstat(folder, &info) == 0 && S_ISLNK(info.st_mode))
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: is a link; here mer keeps and removes files, in a folder of its own",
                     folder);
  return mer__folder_make(folder, err);
}

/* Whether a file is one that mer wrote, or if not `whole` a part of one. */
static bool is_own(const char *path, bool whole) {
  char found[MER_NPY_START_BYTES];
  struct stat info;
  FILE *file = lstat(path, &info) == 0 && S_ISREG(info.st_mode) ? fopen(path, "rbe") : NULL;
  if (!file) return false;
  const size_t n = fread(found, 1, sizeof found, file);
  fclose(file);
  return memcmp(found, MER_NPY_START, n) == 0 && (n == sizeof found || !whole);
}

mer_status mer__kept_scores_open(mer__kept_scores *kept, const char *folder, const char *path,
                                 const mer_monitor *monitor, mer_error *err) {
  static const char version[] = "scores 2 " MER_VERSION;
  char model[MER__HASH_BYTES];
  mer__hash hash;
  kept->folder = folder;
  mer_status status = mer__folder_digest(model, path, monitor, err);
  if (status != MER_OK) return status;
  mer__hash_begin(&hash);
  mer__hash_add(&hash, version, sizeof version);
  mer__hash_add(&hash, model, sizeof model);
  mer__hash_end(kept->model, &hash);
  return mer__kept_scores_make(folder, err);
}

char *mer__kept_scores_path(const mer__kept_scores *kept, const mer__inputs *inputs, bool adapts) {
  char key[MER__HASH_BYTES], name[MER__HASH_BYTES + sizeof ending];
  mer__hash hash;
  mer__hash_begin(&hash);
  mer__hash_add(&hash, kept->model, sizeof kept->model);
  mer__inputs_hash_all(&hash, inputs);
  if (adapts) mer__hash_add(&hash, inputs->speakers, (size_t)inputs->n_rows * sizeof(int32_t));
  mer__hash_end(key, &hash);
  snprintf(name, sizeof name, "%s%s", key, ending);
  return mer__path_join(kept->folder, name);
}

static bool all_finite(const float *values, int64_t n) {
  bool finite = true;
  for (int64_t i = 0; i < n; i++) finite &= isfinite(values[i]) != 0;
  return finite;
}

mer_status mer__kept_scores_read(bool *found, float *scores, const char *path, int64_t n,
                                 int32_t n_classes, mer_error *err) {
  int64_t shape[MER_MAX_RANK];
  int rank;
  float *values = NULL;
  *found = false;
  if (!is_own(path, true)) return MER_OK;
  const mer_status status = mer_npy_read(&values, shape, &rank, path, err);
  if (status != MER_OK) return status == MER_STATUS_NO_MEMORY ? status : MER_OK;
  *found = rank == 2 && shape[0] == n && shape[1] == n_classes && all_finite(values, n * n_classes);
  if (*found) memcpy(scores, values, (size_t)(n * n_classes) * sizeof *scores);
  mer_npy_free(values);
  return MER_OK;
}

mer_status mer__kept_scores_write(const char *path, const float *scores, int64_t n,
                                  int32_t n_classes, mer_error *err) {
  const int64_t shape[2] = {n, n_classes};
  struct stat info;
  if (lstat(path, &info) == 0 && !is_own(path, false))
    return mer__fail(err, MER_STATUS_IO, "%s: is in the way and not mer's, so scores are not kept",
                     path);
  return mer_npy_write(path, scores, shape, 2, err);
}

/* Whether a file is kept here, if only a part of it: by its name, and by how it begins. */
static bool is_kept(const char *path, const char *name) {
  const size_t digits = strspn(name, "0123456789abcdef"), n_ending = strlen(ending);
  if (digits != MER__HASH_BYTES - 1 || strncmp(name + digits, ending, n_ending) != 0) return false;
  const char *rest = name + digits + n_ending;
  if (*rest && strncmp(rest, MER__TEMPORARY, strlen(MER__TEMPORARY)) != 0) return false;
  return is_own(path, !*rest);
}

void mer__kept_scores_remove(const char *folder) {
  char **names;
  size_t n_names;
  struct stat info;
  if (lstat(folder, &info) != 0 || !S_ISDIR(info.st_mode)) return;
  if (mer__folder_list(&names, &n_names, folder, NULL) != MER_OK) return;
  for (size_t i = 0; i < n_names; i++) {
    char *path = mer__path_join(folder, names[i]);
    if (path && is_kept(path, names[i])) unlink(path);
    mer__free(path);
  }
  mer__folder_free(names, n_names);
  rmdir(folder);
}
