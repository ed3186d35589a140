/* safetensors_read.c: opens and validates a safetensors file, mapped read-only.
 * Format: github.com/huggingface/safetensors, README, "Format": 8 bytes with the header's size, the
 * header (JSON), the data. No size or offset of the file is used before it is checked. */
#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "tensor/dtype.h"
#include "tensor/json_memory.h"
#include "tensor/safetensors_protect.h"

enum { SIZE_BYTES = 8, MAX_HEADER_BYTES = 100000000 };

/* One tensor and where its data lies, counted from the data's beginning. */
typedef struct entry {
  mer_tensor tensor;
  size_t begin, end;
} entry;

struct mer_safetensors {
  mer__mapped_file map;
  char *path;
  atomic_bool used, detaching, detached; /* by mer__safetensors_protect */
  json_t *header;                        /* owns the names and the metadata */
  entry *entries;                        /* [n], in the order of the data */
  entry **by_name;
  size_t n;
};

/* What the functions that parse the header need to know of the file. */
typedef struct parse {
  const char *path;
  const uint8_t *data;
  size_t n_data;
  mer_error *err;
} parse;

/* A fault of one tensor. */
#define FAIL_TENSOR(p, status, name, format, ...) \
  mer__fail((p)->err, status, "%s: tensor '%.100s': " format, (p)->path, name, __VA_ARGS__)

/* Finds the header in the file: `*text` [*size]. */
static mer_status find_header(const char **text, size_t *size, const mer__mapped_file *map,
                              const char *path, mer_error *err) {
  uint64_t header = 0;
  if (map->size < SIZE_BYTES)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: not a safetensors file: %zu bytes, expected at least %d", path, map->size,
                     SIZE_BYTES);
  memcpy(&header, map->data, SIZE_BYTES);
  if (header > MAX_HEADER_BYTES)
    return mer__fail(err, MER_STATUS_LIMIT,
                     "%s: not a safetensors file: header of %llu bytes, at most %d are allowed",
                     path, (unsigned long long)header, MAX_HEADER_BYTES);
  if (header > map->size - SIZE_BYTES)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: truncated: header of %llu bytes in a file of %zu",
                     path, (unsigned long long)header, map->size);
  *text = (const char *)map->data + SIZE_BYTES;
  *size = (size_t)header;
  if (!header || **text != '{')
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: not a safetensors file: the header is not a JSON object", path);
  return MER_OK;
}

/* "__metadata__" may be absent; else it is an object of strings. */
static mer_status check_metadata(const json_t *header, const char *path, mer_error *err) {
  json_t *metadata = json_object_get(header, "__metadata__"), *value;
  const char *key;
  if (metadata && !json_is_object(metadata))
    return mer__fail(err, MER_STATUS_FORMAT, "%s: header: __metadata__ is not an object", path);
  json_object_foreach(metadata, key, value) {
    if (!json_is_string(value))
      return mer__fail(err, MER_STATUS_FORMAT, "%s: header: __metadata__: '%.100s' is not a string",
                       path, key);
  }
  return MER_OK;
}

static mer_status parse_json(json_t **header, const char *text, size_t size, const char *path,
                             mer_error *err) {
  json_error_t fault;
  *header = mer__json_parse(text, size, JSON_REJECT_DUPLICATES, &fault);
  if (!*header && mer__json_no_memory()) return mer__fail_memory(err);
  if (!*header)
    return mer__fail_at(err, MER_STATUS_FORMAT, fault.position, "%s: header: %s at byte %d", path,
                        fault.text, fault.position);
  return check_metadata(*header, path, err);
}

static mer_status parse_dtype(mer_dtype *dtype, const parse *p, const char *name,
                              const json_t *info) {
  const char *text = json_string_value(json_object_get(info, "dtype"));
  if (!text) return FAIL_TENSOR(p, MER_STATUS_FORMAT, name, "%s", "no dtype");
  if (!mer__dtype_find(dtype, text))
    return FAIL_TENSOR(p, MER_STATUS_UNSUPPORTED, name, "dtype '%.20s' is not supported, only %s",
                       text, mer__dtype_names());
  return MER_OK;
}

static mer_status parse_shape(mer_tensor *tensor, const parse *p, const char *name,
                              const json_t *info) {
  const json_t *shape = json_object_get(info, "shape");
  if (!json_is_array(shape)) return FAIL_TENSOR(p, MER_STATUS_FORMAT, name, "%s", "no shape");
  if (json_array_size(shape) > MER_MAX_RANK)
    return FAIL_TENSOR(p, MER_STATUS_UNSUPPORTED, name, "%zu dimensions, at most %d are supported",
                       json_array_size(shape), MER_MAX_RANK);
  tensor->rank = (int)json_array_size(shape);
  for (int i = 0; i < tensor->rank; i++) {
    const json_t *dimension = json_array_get(shape, (size_t)i);
    tensor->shape[i] = json_integer_value(dimension);
    if (!json_is_integer(dimension) || tensor->shape[i] < 0)
      return FAIL_TENSOR(p, MER_STATUS_FORMAT, name, "dimension %d is not a whole number from 0",
                         i);
  }
  if (!mer__shape_count(&tensor->n_elements, tensor->shape, tensor->rank))
    return FAIL_TENSOR(p, MER_STATUS_FORMAT, name, "%s", "the shape has too many elements");
  return MER_OK;
}

static mer_status parse_offsets(entry *e, const parse *p, const char *name, const json_t *info) {
  const json_t *offsets = json_object_get(info, "data_offsets");
  const json_t *first = json_array_get(offsets, 0), *second = json_array_get(offsets, 1);
  if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(second))
    return FAIL_TENSOR(p, MER_STATUS_FORMAT, name, "%s", "data_offsets is not [begin, end]");
  json_int_t begin = json_integer_value(first), end = json_integer_value(second);
  if (begin < 0 || end < begin || (uint64_t)end > p->n_data)
    return FAIL_TENSOR(p, MER_STATUS_FORMAT, name,
                       "data_offsets %lld to %lld, the data has %zu bytes", (long long)begin,
                       (long long)end, p->n_data);
  size_t n_bytes;
  if (!mer__shape_bytes(&n_bytes, e->tensor.n_elements, e->tensor.dtype) ||
      n_bytes != (size_t)(end - begin))
    return FAIL_TENSOR(p, MER_STATUS_FORMAT, name,
                       "%lld bytes of data, expected %lld elements of %s", (long long)(end - begin),
                       (long long)e->tensor.n_elements, mer__dtype_name(e->tensor.dtype));
  e->begin = (size_t)begin;
  e->end = (size_t)end;
  e->tensor.data = p->data + e->begin;
  return MER_OK;
}

static mer_status parse_entry(entry *e, const parse *p, const char *name, const json_t *info) {
  *e = (entry){.tensor = {.name = name}};
  if (!json_is_object(info)) return FAIL_TENSOR(p, MER_STATUS_FORMAT, name, "%s", "no JSON object");
  mer_status status = parse_dtype(&e->tensor.dtype, p, name, info);
  if (status == MER_OK) status = parse_shape(&e->tensor, p, name, info);
  if (status == MER_OK) status = parse_offsets(e, p, name, info);
  return status;
}

static int compare_offsets(const void *a, const void *b) {
  const entry *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  if (x->end != y->end) return x->end < y->end ? -1 : 1;
  return strcmp(x->tensor.name, y->tensor.name);
}

static int compare_names(const void *a, const void *b) {
  const entry *const *x = a, *const *y = b;
  return strcmp((*x)->tensor.name, (*y)->tensor.name);
}

/* Every byte of the data belongs to exactly one tensor. */
static mer_status check_coverage(const mer_safetensors *file, const parse *p) {
  size_t end = 0;
  for (size_t i = 0; i < file->n; i++) {
    const entry *e = &file->entries[i];
    if (e->begin != end)
      return FAIL_TENSOR(p, MER_STATUS_FORMAT, e->tensor.name,
                         "data begins at %zu, expected %zu: %s", e->begin, end,
                         e->begin < end ? "tensors overlap" : "a hole");
    end = e->end;
  }
  if (end != p->n_data)
    return mer__fail(p->err, MER_STATUS_FORMAT,
                     "%s: the tensors end at byte %zu of the data, expected %zu", p->path, end,
                     p->n_data);
  return MER_OK;
}

static mer_status parse_entries(mer_safetensors *file, const parse *p) {
  size_t n = json_object_size(file->header);
  file->entries = mer__calloc(n, sizeof *file->entries);
  file->by_name = mer__calloc(n, sizeof(entry *));
  if (!file->entries || !file->by_name) return mer__fail_memory(p->err);
  const char *name;
  json_t *info;
  json_object_foreach(file->header, name, info) {
    if (strcmp(name, "__metadata__") == 0) continue;
    mer_status status = parse_entry(&file->entries[file->n++], p, name, info);
    if (status != MER_OK) return status;
  }
  qsort(file->entries, file->n, sizeof *file->entries, compare_offsets);
  for (size_t i = 0; i < file->n; i++) file->by_name[i] = &file->entries[i];
  qsort(file->by_name, file->n, sizeof(entry *), compare_names);
  return check_coverage(file, p);
}

mer_status mer_safetensors_open(mer_safetensors **out, const char *path, mer_error *err) {
  *out = NULL;
  mer_status status;
  const char *text = NULL;
  size_t size = 0;
  mer_safetensors *file = mer__calloc(1, sizeof *file);
  if (!file) return mer__fail_memory(err);
  file->path = mer__strdup(path);
  if (!file->path) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(mer__file_map(&file->map, path, err));
  MER__CHECK(find_header(&text, &size, &file->map, path, err));
  MER__CHECK(parse_json(&file->header, text, size, path, err));
  const parse p = {path, file->map.data + SIZE_BYTES + size, file->map.size - SIZE_BYTES - size,
                   err};
  MER__CHECK(parse_entries(file, &p));
  *out = file;
  return MER_OK;
cleanup:
  mer_safetensors_close(file);
  return status;
}

void mer_safetensors_close(mer_safetensors *file) {
  if (!file) return;
  mer__free(file->by_name);
  mer__free(file->entries);
  json_decref(file->header);
  mer__file_unmap(&file->map);
  mer__free(file->path);
  mer__free(file);
}

int64_t mer_safetensors_count(const mer_safetensors *file) { return (int64_t)file->n; }

const mer_tensor *mer_safetensors_at(const mer_safetensors *file, int64_t index) {
  return index >= 0 && (size_t)index < file->n ? &file->entries[index].tensor : NULL;
}

const mer_tensor *mer_safetensors_find(const mer_safetensors *file, const char *name) {
  const entry key = {.tensor = {.name = name}}, *pointer = &key;
  entry *const *found =
      file->n ? bsearch(&pointer, file->by_name, file->n, sizeof(entry *), compare_names) : NULL;
  return found ? &(*found)->tensor : NULL;
}

const char *mer_safetensors_metadata(const mer_safetensors *file, const char *key) {
  return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), key));
}

mer_status mer__safetensors_protect(mer_safetensors *file, bool brief, mer_error *err) {
  if (atomic_load(&file->detached)) return MER_OK;
  const bool first = brief && !atomic_exchange(&file->used, true);
  if (first || atomic_exchange(&file->detaching, true)) /* or another thread copies it */
    return mer__file_check(&file->map, file->path, err);
  mer_status status = mer__file_detach(&file->map, file->path, err);
  if (status == MER_OK) atomic_store(&file->detached, true);
  else atomic_store(&file->detaching, false);
  return status;
}

void mer__safetensors_release(mer_safetensors *file, const mer_tensor *view) {
  if (!atomic_load(&file->detached))
    mer__file_release(&file->map, view->data, mer__tensor_bytes(view));
}
