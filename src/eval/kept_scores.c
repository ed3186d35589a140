/* kept_scores.c: scores of rows as .npy files, named after what they come from. */
#include "eval/kept_scores.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "mer/tensor.h"

static const char ending[] = ".npy";

mer_status mer__kept_scores_open(mer__kept_scores *kept, const char *folder, const mer_model *model,
                                 const char *path, const mer_monitor *monitor, mer_error *err) {
  static const char version[] = "scores 1 " MER_VERSION;
  const char *config = mer_model_config(model);
  char weights[MER__HASH_BYTES], *file = mer__path_join(path, "model.safetensors");
  mer__hash hash;
  kept->folder = folder;
  if (!file) return mer__fail_memory(err);
  mer_status status = mer__hash_file(weights, file, monitor, err);
  mer__free(file);
  if (status != MER_OK) return status;
  mer__hash_begin(&hash);
  mer__hash_add(&hash, version, sizeof version);
  mer__hash_add(&hash, weights, sizeof weights);
  mer__hash_add(&hash, config, strlen(config));
  mer__hash_end(kept->model, &hash);
  return mer__folder_make(folder, err);
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

mer_status mer__kept_scores_read(bool *found, float *scores, const char *path, int64_t n,
                                 int32_t n_classes, mer_error *err) {
  int64_t shape[MER_MAX_RANK];
  int rank;
  float *values = NULL;
  const mer_status status = mer_npy_read(&values, shape, &rank, path, err);
  *found = status == MER_OK && rank == 2 && shape[0] == n && shape[1] == n_classes;
  if (*found) memcpy(scores, values, (size_t)(n * n_classes) * sizeof *scores);
  if (status == MER_OK) mer_npy_free(values);
  return status == MER_STATUS_NO_MEMORY ? status : MER_OK;
}

/* Whether a name is one that mer gives, if only while it writes. */
static bool is_kept(const char *name) {
  const size_t digits = strspn(name, "0123456789abcdef"), n_ending = strlen(ending);
  if (digits != MER__HASH_BYTES - 1 || strncmp(name + digits, ending, n_ending) != 0) return false;
  const char *rest = name + digits + n_ending;
  return !*rest || strncmp(rest, MER__TEMPORARY, strlen(MER__TEMPORARY)) == 0;
}

void mer__kept_scores_remove(const char *folder) {
  char **names;
  size_t n_names;
  if (mer__folder_list(&names, &n_names, folder, NULL) != MER_OK) return;
  for (size_t i = 0; i < n_names; i++) {
    char *path = is_kept(names[i]) ? mer__path_join(folder, names[i]) : NULL;
    if (path) unlink(path);
    mer__free(path);
  }
  mer__folder_free(names, n_names);
  rmdir(folder);
}
