/* tensor_index.c: the index of weights in several files: {"weight_map": {tensor: file}}.
 * Format: transformers, modeling_utils.py, save_pretrained. */
#include "tensor/tensor_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "tensor/json_memory.h"

enum { MAX_INDEX_BYTES = 64 << 20 };

static mer_status parse(json_t **root, const char *path, mer_error *err) {
  char *text;
  size_t size;
  json_error_t fault;
  mer_status status = mer__file_read(&text, &size, path, MAX_INDEX_BYTES, err);
  if (status != MER_OK) return status;
  *root = mer__json_parse(text, size, JSON_REJECT_DUPLICATES, &fault);
  const bool no_memory = mer__json_no_memory();
  mer__free(text);
  if (*root) return MER_OK;
  if (no_memory) return mer__fail_memory(err);
  return mer__fail_at(err, MER_STATUS_FORMAT, fault.line, "%s:%d: not JSON: %s", path, fault.line,
                      fault.text);
}

/* A file beside the index, not a path that leads elsewhere. */
static bool is_file_name(const char *name) {
  return name && *name && *name != '.' && !strchr(name, '/');
}

static int compare(const void *a, const void *b) {
  const char *const *x = a, *const *y = b;
  return strcmp(*x, *y);
}

static mer_status collect_files(mer__tensor_index *index, const char *path, mer_error *err) {
  const char *tensor;
  json_t *file;
  size_t n = 0;
  index->files = mer__calloc(json_object_size(index->weights), sizeof *index->files);
  if (!index->files) return mer__fail_memory(err);
  json_object_foreach(index->weights, tensor, file) {
    const char *name = json_string_value(file);
    if (!is_file_name(name))
      return mer__fail(err, MER_STATUS_FORMAT,
                       "%s: tensor '%.100s': expected the name of a file beside it, found '%.100s'",
                       path, tensor, name ? name : "no text");
    index->files[n++] = name;
  }
  qsort(index->files, n, sizeof *index->files, compare);
  for (size_t i = 0; i < n; i++)
    if (!i || strcmp(index->files[i], index->files[index->n_files - 1]) != 0)
      index->files[index->n_files++] = index->files[i];
  if (index->n_files > MER__MAX_TENSOR_PARTS)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: %zu files, at most %d are read", path,
                     index->n_files, MER__MAX_TENSOR_PARTS);
  return MER_OK;
}

mer_status mer__tensor_index_read(mer__tensor_index *index, const char *path, mer_error *err) {
  mer_status status = parse(&index->root, path, err);
  if (status != MER_OK) return status;
  index->weights = json_object_get(index->root, "weight_map");
  if (json_object_size(index->weights) == 0)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: no tensors in 'weight_map'", path);
  return collect_files(index, path, err);
}

void mer__tensor_index_clear(mer__tensor_index *index) {
  json_decref(index->root);
  mer__free(index->files);
  *index = (mer__tensor_index){0};
}
