/* safetensors_write.c: writes a safetensors file atomically. The header is padded with spaces so
 * that the data begins at a multiple of 64 bytes; the format allows no holes between tensors. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "tensor/dtype.h"
#include "tensor/json_memory.h"
#include "tensor/private_tensors.h"

enum { SIZE_BYTES = 8, DATA_ALIGNMENT = 64 };

static mer_status check_tensor(size_t *n_bytes, const mer_tensor *t, const char *path,
                               mer_error *err) {
  int64_t n_elements;
  if (!t->name || strcmp(t->name, "__metadata__") == 0)
    return mer__fail(err, MER_STATUS_INVALID, "%s: a tensor needs a name other than __metadata__",
                     path);
  if (t->rank < 0 || t->rank > MER_MAX_RANK || !mer__dtype_bytes(t->dtype) ||
      !mer__shape_count(&n_elements, t->shape, t->rank) || n_elements != t->n_elements ||
      !mer__shape_bytes(n_bytes, n_elements, t->dtype) || (*n_bytes && !t->data))
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: tensor '%.100s': its type, shape, n_elements and data "
                     "do not agree",
                     path, t->name);
  return MER_OK;
}

/* {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}; NULL if memory is out. */
static json_t *describe(const mer_tensor *t, size_t begin, size_t end) {
  json_t *shape = json_array();
  int failed = !shape;
  for (int i = 0; i < t->rank; i++)
    failed |= json_array_append_new(shape, json_integer(t->shape[i]));
  json_t *info = json_pack("{s:s, s:o, s:[I, I]}", "dtype", mer__dtype_name(t->dtype), "shape",
                           shape, "data_offsets", (json_int_t)begin, (json_int_t)end);
  if (!failed) return info;
  json_decref(info);
  return NULL;
}

static mer_status add_metadata(json_t *header, const char *path, const mer_metadata *metadata,
                               int64_t n_metadata, mer_error *err) {
  if (n_metadata <= 0) return MER_OK;
  json_t *object = json_object();
  int failed = json_object_set_new(header, "__metadata__", object);
  for (int64_t i = 0; i < n_metadata && !failed; i++)
    failed = json_object_set_new(object, metadata[i].key, json_string(metadata[i].value));
  if (!failed) return MER_OK;
  return mer__json_no_memory()
             ? mer__fail_memory(err)
             : mer__fail(err, MER_STATUS_INVALID, "%s: metadata is not UTF-8", path);
}

static mer_status add_tensors(json_t *header, const char *path, const mer_tensor *tensors,
                              int64_t n_tensors, mer_error *err) {
  size_t begin = 0, end, n_bytes = 0;
  for (int64_t i = 0; i < n_tensors; i++, begin = end) {
    mer_status status = check_tensor(&n_bytes, &tensors[i], path, err);
    if (status != MER_OK) return status;
    if (__builtin_add_overflow(begin, n_bytes, &end) || end > INT64_MAX)
      return mer__fail(err, MER_STATUS_LIMIT, "%s: more data than a file can hold", path);
    if (json_object_get(header, tensors[i].name))
      return mer__fail(err, MER_STATUS_INVALID, "%s: tensor '%.100s' is given twice", path,
                       tensors[i].name);
    if (json_object_set_new(header, tensors[i].name, describe(&tensors[i], begin, end)) == 0)
      continue;
    return mer__json_no_memory()
               ? mer__fail_memory(err)
               : mer__fail(err, MER_STATUS_INVALID, "%s: tensor '%.100s': the name is not UTF-8",
                           path, tensors[i].name);
  }
  return MER_OK;
}

/* Write errors are sticky: commit reports them. */
static void write_parts(mer__atomic_file *file, const char *text, const mer_tensor *tensors,
                        int64_t n_tensors) {
  static const char spaces[DATA_ALIGNMENT] =
      "                                                                ";
  size_t length = strlen(text);
  size_t padding = (DATA_ALIGNMENT - (SIZE_BYTES + length) % DATA_ALIGNMENT) % DATA_ALIGNMENT;
  uint64_t header = length + padding;
  mer__atomic_write(file, &header, sizeof header);
  mer__atomic_write(file, text, length);
  mer__atomic_write(file, spaces, padding);
  for (int64_t i = 0; i < n_tensors; i++)
    mer__atomic_write(file, tensors[i].data, mer__tensor_bytes(&tensors[i]));
}

static mer_status write_file(const char *path, bool is_private, const mer_tensor *tensors,
                             int64_t n_tensors, const mer_metadata *metadata, int64_t n_metadata,
                             mer_error *err) {
  mer_status status;
  char *text = NULL;
  mer__atomic_file file = {0};
  mer__json_watch();
  json_t *header = json_object();
  if (!header) return mer__fail_memory(err);
  MER__CHECK(add_metadata(header, path, metadata, n_metadata, err));
  MER__CHECK(add_tensors(header, path, tensors, n_tensors, err));
  text = mer__json_dump(header, JSON_COMPACT);
  if (!text) {
    status = mer__fail_memory(err);
    goto cleanup;
  }
  MER__CHECK(is_private ? mer__atomic_open_private(&file, path, err)
                        : mer__atomic_open(&file, path, NULL, err));
  write_parts(&file, text, tensors, n_tensors);
  status = mer__atomic_commit(&file, err);
cleanup:
  free(text); /* jansson's, from malloc */
  json_decref(header);
  return status;
}

mer_status mer_safetensors_write(const char *path, const mer_tensor *tensors, int64_t n_tensors,
                                 const mer_metadata *metadata, int64_t n_metadata, mer_error *err) {
  return write_file(path, false, tensors, n_tensors, metadata, n_metadata, err);
}

mer_status mer__private_tensors_write(const char *path, const mer_tensor *tensors,
                                      int64_t n_tensors, const mer_metadata *metadata,
                                      int64_t n_metadata, mer_error *err) {
  return write_file(path, true, tensors, n_tensors, metadata, n_metadata, err);
}
