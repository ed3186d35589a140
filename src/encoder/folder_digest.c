/* folder_digest.c: one hash of weights, configuration and tokenizer. */
#include "encoder/folder_digest.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "encoder/modality.h"
#include "tensor/dtype.h"
#include "tensor/tensor_files.h"

static void add_tensor(mer__hash *hash, const mer_tensor *tensor) {
  mer__hash_add(hash, tensor->name, strlen(tensor->name) + 1);
  mer__hash_add(hash, &tensor->dtype, sizeof tensor->dtype);
  mer__hash_add(hash, tensor->shape, (size_t)tensor->rank * sizeof *tensor->shape);
  mer__hash_add(hash, tensor->data, (size_t)tensor->n_elements * mer__dtype_bytes(tensor->dtype));
}

/* Weights that are not there, or are none, count as empty. */
static mer_status add_weights(mer__hash *hash, const char *folder, const mer_monitor *monitor,
                              mer_error *err) {
  mer__tensor_files *files;
  mer_status status = mer__tensor_files_open(&files, folder, err);
  if (status == MER_STATUS_NO_MEMORY || status == MER_STATUS_IO) return status;
  if (status != MER_OK) return MER_OK;
  for (int64_t i = 0; i < mer__tensor_files_count(files) && status == MER_OK; i++) {
    const mer_tensor *tensor = mer__tensor_files_at(files, i);
    add_tensor(hash, tensor);
    mer__tensor_files_release(files, tensor);
    if (mer__should_stop(monitor))
      status = mer__fail(err, MER_STATUS_INTERRUPTED, "%s: interrupted while it was read", folder);
  }
  mer__tensor_files_close(files);
  return status;
}

static mer_status add_file(mer__hash *hash, const char *folder, const char *name,
                           const mer_monitor *monitor, mer_error *err) {
  char *path = mer__path_join(folder, name);
  mer_status status = path ? MER_OK : mer__fail_memory(err);
  if (path && mer__path_is_file(path)) {
    mer__hash_add(hash, name, strlen(name) + 1);
    status = mer__hash_add_file(hash, path, monitor, err);
  }
  mer__free(path);
  return status;
}

mer_status mer__folder_digest(char hex[MER__HASH_BYTES], const char *folder,
                              const mer_monitor *monitor, mer_error *err) {
  static const char *const names[] = {"config.json", "bert_config.json", MER__ENCODER_FILES};
  mer__hash hash;
  mer__hash_begin(&hash);
  mer_status status = add_weights(&hash, folder, monitor, err);
  for (size_t i = 0; i < sizeof names / sizeof names[0] && status == MER_OK; i++)
    status = add_file(&hash, folder, names[i], monitor, err);
  mer__hash_end(hex, &hash);
  return status;
}
