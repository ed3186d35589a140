/* checkpoint.c: the file that holds the state of a training between two steps. */
#include "train/checkpoint.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tensor/dtype.h"
#include "tensor/finite.h"
#include "tensor/json_memory.h"
#include "train/settings_compare.h"
#include "train/state_json.h"

enum { MAX_TENSORS = 5 };

static void add_text(mer__hash *hash, const char *text) {
  mer__hash_add(hash, text, strlen(text) + 1);
}

void mer__checkpoint_sum(char sum[MER__HASH_BYTES], const mer_tensor *tensors, int n_tensors,
                         const char *state, const char *settings) {
  mer__hash hash;
  mer__hash_begin(&hash);
  add_text(&hash, state);
  add_text(&hash, settings);
  for (int i = 0; i < n_tensors; i++) {
    const mer_tensor *t = &tensors[i];
    add_text(&hash, t->name);
    mer__hash_add(&hash, t->data, mer__tensor_bytes(t));
  }
  mer__hash_end(sum, &hash);
}

static bool has_best(const mer__train_state *s) { return s->best_epoch > 0 && s->best; }

static bool has_mean(const mer__train_state *s) { return mer__state_averaged(s, s->n_epochs) > 0; }

mer_status mer__checkpoint_write(const char *path, const mer__train_state *state,
                                 const char *settings, mer_error *err) {
  char *text = mer__state_to_text(state);
  if (!text) return mer__fail_memory(err);
  const struct {
    const char *name;
    const float *values;
    bool present;
  } arrays[MAX_TENSORS] = {
      {"params", state->params, true},
      {"m", state->m, true},
      {"v", state->v, true},
      {"best", state->best, has_best(state)},
      {"mean", state->mean, has_mean(state)},
  };
  int n_tensors = 0;
  mer_tensor tensors[MAX_TENSORS];
  char sum[MER__HASH_BYTES];
  for (int i = 0; i < MAX_TENSORS; i++)
    if (arrays[i].present)
      tensors[n_tensors++] =
          (mer_tensor){arrays[i].name, MER_DTYPE_F32, 1, {state->n}, state->n, arrays[i].values};
  mer__checkpoint_sum(sum, tensors, n_tensors, text, settings);
  const mer_metadata metadata[] = {{"state", text}, {"settings", settings}, {"checksum", sum}};
  mer_status status = mer_safetensors_write(path, tensors, n_tensors, metadata, 3, err);
  free(text);
  return status;
}

/* Whether the file is what was written. */
static mer_status check_sum(const mer_safetensors *file, const char *path, mer_error *err) {
  mer_tensor tensors[MAX_TENSORS];
  char sum[MER__HASH_BYTES];
  const int64_t n = mer_safetensors_count(file);
  const char *state = mer_safetensors_metadata(file, "state"),
             *settings = mer_safetensors_metadata(file, "settings"),
             *written = mer_safetensors_metadata(file, "checksum");
  if (n > MAX_TENSORS || !state || !settings)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: not the state of a training", path);
  if (!written)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: has no checksum: it is damaged, or of an earlier version of mer", path);
  for (int64_t i = 0; i < n; i++) tensors[i] = *mer_safetensors_at(file, i);
  mer__checkpoint_sum(sum, tensors, (int)n, state, settings);
  if (strcmp(sum, written) == 0) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: is damaged: its checksum is %s, expected %.40s; it is left as it is", path,
                   sum, written);
}

static mer_status read_array(float *out, const mer_safetensors *file, const char *name, int64_t n,
                             const char *path, mer_error *err) {
  const mer_tensor *tensor = mer_safetensors_find(file, name);
  if (!tensor || tensor->n_elements != n)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: no tensor '%s' of %lld values", path, name,
                     (long long)n);
  mer_status status = mer_tensor_to_f32(out, tensor, err);
  if (status != MER_OK || mer__all_finite(out, n)) return status;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s' holds numbers that are not finite",
                   path, name);
}

mer_status mer__checkpoint_read(mer__train_state *state, const mer__train_size *size,
                                const char *path, const char *settings, const mer_monitor *monitor,
                                mer_error *err) {
  mer_safetensors *file;
  mer_status status = mer_safetensors_open(&file, path, err);
  if (status != MER_OK) return status;
  MER__CHECK(check_sum(file, path, err));
  MER__CHECK(mer__settings_compare(mer_safetensors_metadata(file, "settings"), settings, path,
                                   monitor, err));
  mer__json_watch();
  if (!mer__state_from_text(state, mer_safetensors_metadata(file, "state"), size))
    MER__CHECK(
        mer__json_no_memory()
            ? mer__fail_memory(err)
            : mer__fail(err, MER_STATUS_FORMAT,
                        "%s: not the state of a training on this data: its counters contradict "
                        "each other or the number of batches",
                        path));
  MER__CHECK(read_array(state->params, file, "params", state->n, path, err));
  MER__CHECK(read_array(state->m, file, "m", state->n, path, err));
  MER__CHECK(read_array(state->v, file, "v", state->n, path, err));
  if (has_mean(state)) MER__CHECK(read_array(state->mean, file, "mean", state->n, path, err));
  if (has_best(state)) MER__CHECK(read_array(state->best, file, "best", state->n, path, err));
cleanup:
  mer_safetensors_close(file);
  return status;
}
