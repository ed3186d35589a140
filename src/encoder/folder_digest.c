/* folder_digest.c: one hash of weights, configuration and tokenizer. */
#include "encoder/folder_digest.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "encoder/modality.h"
#include "tensor/dtype.h"
#include "tensor/tensor_files.h"

/* Whether a failure is that of a file which is not there or is no such file. */
static bool is_fault_of_file(mer_status status) {
  return status != MER_STATUS_NO_MEMORY && status != MER_STATUS_INTERRUPTED &&
         status != MER_STATUS_IO;
}

static void add_tensor(mer__hash *hash, const mer_tensor *tensor) {
  mer__hash_add(hash, tensor->name, strlen(tensor->name) + 1);
  mer__hash_add(hash, &tensor->dtype, sizeof tensor->dtype);
  mer__hash_add(hash, tensor->shape, (size_t)tensor->rank * sizeof *tensor->shape);
  mer__hash_add(hash, tensor->data, (size_t)tensor->n_elements * mer__dtype_bytes(tensor->dtype));
}

static mer_status add_weights(mer__hash *hash, const char *folder, const mer_monitor *monitor,
                              mer_error *err) {
  mer__tensor_files *files;
  mer_status status = mer__tensor_files_open(&files, folder, err);
  if (status != MER_OK) return is_fault_of_file(status) ? MER_OK : status;
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
  char hex[MER__HASH_BYTES], *path = mer__path_join(folder, name);
  if (!path) return mer__fail_memory(err);
  mer_status status = MER_STATUS_NOT_FOUND;
  if (mer__path_is_file(path)) status = mer__hash_file(hex, path, monitor, err);
  mer__free(path);
  if (status != MER_OK) return is_fault_of_file(status) ? MER_OK : status;
  mer__hash_add(hash, name, strlen(name) + 1);
  mer__hash_add(hash, hex, sizeof hex);
  return MER_OK;
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
