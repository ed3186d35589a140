/* checkpoint.c: the file that holds the state of a training between two steps. */
#include "train/checkpoint.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mer/tensor.h"
#include "tensor/finite.h"
#include "tensor/json_memory.h"
#include "train/settings_compare.h"
#include "train/state_json.h"

mer_status mer__checkpoint_write(const char *path, const mer__train_state *state,
                                 const char *settings, mer_error *err) {
  char *text = mer__state_to_text(state);
  if (!text) return mer__fail_memory(err);
  const float *arrays[] = {state->params, state->m, state->v, state->best};
  const char *const names[] = {"params", "m", "v", "best"};
  int n_tensors = state->best_epoch > 0 && state->best ? 4 : 3;
  mer_tensor tensors[4];
  for (int i = 0; i < n_tensors; i++)
    tensors[i] = (mer_tensor){names[i], MER_DTYPE_F32, 1, {state->n}, state->n, arrays[i]};
  const mer_metadata metadata[] = {{"state", text}, {"settings", settings}};
  mer_status status = mer_safetensors_write(path, tensors, n_tensors, metadata, 2, err);
  free(text);
  return status;
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
                                const char *path, const char *settings, mer_error *err) {
  mer_safetensors *file;
  mer_status status = mer_safetensors_open(&file, path, err);
  if (status != MER_OK) return status;
  MER__CHECK(
      mer__settings_compare(mer_safetensors_metadata(file, "settings"), settings, path, err));
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
  if (state->best_epoch > 0 && state->best)
    MER__CHECK(read_array(state->best, file, "best", state->n, path, err));
cleanup:
  mer_safetensors_close(file);
  return status;
}
