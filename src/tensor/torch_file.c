/* torch_file.c: the tensors of a state dict as views.
 * Source: torch/_utils.py, _rebuild_tensor: a tensor is elements of a storage from an offset on, at
 * strides. All of them are checked to lie in the storage before one is looked at. */
#include "tensor/torch_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "tensor/dtype.h"
#include "tensor/strided.h"
#include "tensor/tensor_names.h"
#include "tensor/torch_storages.h"

/* Room for copies beyond the file's own size: more would be a file that repeats a few bytes. */
enum { MORE_COPIES = 1 << 20 };

struct mer__torch_file {
  mer__mapped_file map;
  mer_tensor *tensors; /* [n] */
  size_t n;
  char *names;     /* one after the other */
  uint8_t *copies; /* of tensors that are not contiguous */
};

/* What the functions that read a file have at hand. */
typedef struct reader {
  mer__torch_file *file;
  const mer__torch_content *content;
  const char *path;
  mer_error *err;
} reader;

#define FAIL_TENSOR(r, status, name, format, ...)                      \
  mer__fail((r)->err, status, "%s: tensor '%.*s': " format, (r)->path, \
            (name).size < 100 ? (int)(name).size : 100, (name).bytes, __VA_ARGS__)

static bool is_in_state(const reader *r, const mer__pickle_member *member) {
  return member->owner == r->content->pickle.result.index;
}

/* A name is a text without zero bytes, of at most MER__MAX_TENSOR_NAME bytes with its end. */
static mer_status check_name(const reader *r, const mer__pickle_value *key) {
  const bool is_text = key->kind == MER__PICKLE_TEXT;
  if (is_text && key->text.size >= MER__MAX_TENSOR_NAME)
    return FAIL_TENSOR(r, MER_STATUS_LIMIT, key->text, "a name of %zu bytes, expected less than %d",
                       key->text.size, MER__MAX_TENSOR_NAME);
  if (is_text && !memchr(key->text.bytes, 0, key->text.size)) return MER_OK;
  return mer__fail(r->err, MER_STATUS_FORMAT, "%s: the name of a tensor is %s, expected a text",
                   r->path, is_text ? "not a plain text" : mer__pickle_kind_name(key->kind));
}

/* Checks the members of the state dict: texts that lead to tensors; counts them and the bytes of
 * their names. */
static mer_status count_members(size_t *n, size_t *n_bytes, const reader *r) {
  const mer__pickle *pickle = &r->content->pickle;
  *n = *n_bytes = 0;
  if (pickle->result.kind != MER__PICKLE_DICT)
    return mer__fail(r->err, MER_STATUS_FORMAT, "%s: holds %s, expected a dict of tensors", r->path,
                     mer__pickle_kind_name(pickle->result.kind));
  for (size_t i = 0; i < pickle->n_all_members; i++) {
    const mer__pickle_member *m = &pickle->members[i];
    if (!is_in_state(r, m)) continue;
    mer_status status = check_name(r, &m->key);
    if (status != MER_OK) return status;
    if (m->value.kind != MER__PICKLE_TENSOR)
      return FAIL_TENSOR(r, MER_STATUS_FORMAT, m->key.text, "is %s, expected a dict of tensors",
                         mer__pickle_kind_name(m->value.kind));
    *n += 1;
    *n_bytes += m->key.text.size + 1;
  }
  return MER_OK;
}

/* Fills one tensor, as a view; `*copied`: the bytes that it would take as a copy, or 0. */
static mer_status make_view(mer_tensor *out, size_t *copied, const reader *r,
                            const mer__pickle_member *member) {
  const mer__pickle_tensor *t = &r->content->pickle.tensors[member->value.index];
  const mer__pickle_storage *storage = &r->content->pickle.storages[t->storage];
  size_t n_bytes;
  *out = (mer_tensor){.name = out->name, .dtype = storage->dtype, .rank = t->rank};
  memcpy(out->shape, t->shape, sizeof out->shape);
  if (!mer__shape_count(&out->n_elements, t->shape, t->rank) ||
      !mer__shape_bytes(&n_bytes, out->n_elements, out->dtype))
    return FAIL_TENSOR(r, MER_STATUS_FORMAT, member->key.text, "%s",
                       "a negative dimension, or too many elements");
  if (!mer__strided_fits(t->shape, t->strides, t->rank, t->offset, storage->n_elements))
    return FAIL_TENSOR(r, MER_STATUS_FORMAT, member->key.text,
                       "shape, strides and offset %lld lead out of its storage of %lld elements",
                       (long long)t->offset, (long long)storage->n_elements);
  out->data = r->content->bytes[t->storage] + (size_t)t->offset * mer__dtype_bytes(out->dtype);
  *copied = mer__strided_is_contiguous(t->shape, t->strides, t->rank) ? 0 : n_bytes;
  return MER_OK;
}

/* Fills the table with views, with a name each. */
static mer_status make_views(const reader *r, size_t *n_copied) {
  const mer__pickle *pickle = &r->content->pickle;
  char *name = r->file->names;
  const size_t most = r->file->map.size + MORE_COPIES;
  *n_copied = 0;
  for (size_t i = 0; i < pickle->n_all_members; i++) {
    const mer__pickle_member *m = &pickle->members[i];
    size_t copied = 0;
    if (!is_in_state(r, m)) continue;
    mer_tensor *tensor = &r->file->tensors[r->file->n++];
    memcpy(name, m->key.text.bytes, m->key.text.size);
    name[m->key.text.size] = 0;
    tensor->name = name;
    name += m->key.text.size + 1;
    mer_status status = make_view(tensor, &copied, r, m);
    if (status != MER_OK) return status;
    if (copied > most - *n_copied)
      return FAIL_TENSOR(r, MER_STATUS_LIMIT, m->key.text,
                         "copies of more than the file's %zu bytes", r->file->map.size);
    *n_copied += copied;
  }
  return MER_OK;
}

static int compare_names(const void *a, const void *b) {
  const mer__pickle_text *x = *(const mer__pickle_text *const *)a,
                         *y = *(const mer__pickle_text *const *)b;
  const int order = memcmp(x->bytes, y->bytes, x->size < y->size ? x->size : y->size);
  return order ? order : (x->size > y->size) - (x->size < y->size);
}

/* No name of the `n` members is there twice. A pickle may repeat one in a few bytes, so this is
 * known before names are copied. */
static mer_status check_names(const reader *r, size_t n) {
  const mer__pickle *pickle = &r->content->pickle;
  const mer__pickle_text **names = mer__calloc(n, sizeof *names);
  mer_status status = names ? MER_OK : mer__fail_memory(r->err);
  size_t at = 0;
  for (size_t i = 0; names && i < pickle->n_all_members; i++)
    if (is_in_state(r, &pickle->members[i])) names[at++] = &pickle->members[i].key.text;
  if (names) qsort(names, n, sizeof *names, compare_names);
  for (size_t i = 1; i < n && status == MER_OK; i++)
    if (compare_names(&names[i - 1], &names[i]) == 0)
      status = FAIL_TENSOR(r, MER_STATUS_FORMAT, *names[i], "%s", "is there twice");
  mer__free(names);
  return status;
}

/* Replaces the views of tensors that are not contiguous by copies. */
static mer_status make_copies(const reader *r, size_t n_copied) {
  const mer__pickle *pickle = &r->content->pickle;
  uint8_t *at = r->file->copies = mer__malloc(n_copied, 1);
  mer_tensor *tensor = r->file->tensors;
  if (!at) return mer__fail_memory(r->err);
  for (size_t i = 0; i < pickle->n_all_members; i++) {
    const mer__pickle_member *m = &pickle->members[i];
    if (!is_in_state(r, m)) continue;
    const mer__pickle_tensor *t = &pickle->tensors[m->value.index];
    const size_t element = mer__dtype_bytes(tensor->dtype);
    if (!mer__strided_is_contiguous(t->shape, t->strides, t->rank)) {
      mer__strided_copy(at, &(mer__strided){tensor->data, element, t->rank, t->shape, t->strides,
                                            tensor->n_elements});
      tensor->data = at;
      at += (size_t)tensor->n_elements * element;
    }
    tensor++;
  }
  return MER_OK;
}

static mer_status make_tensors(const reader *r) {
  size_t n, n_bytes, n_copied;
  mer_status status = count_members(&n, &n_bytes, r);
  if (status != MER_OK) return status;
  status = check_names(r, n);
  if (status != MER_OK) return status;
  r->file->tensors = mer__calloc(n, sizeof *r->file->tensors);
  r->file->names = mer__malloc(n_bytes, 1);
  if (!r->file->tensors || !r->file->names) return mer__fail_memory(r->err);
  status = make_views(r, &n_copied);
  return status == MER_OK ? make_copies(r, n_copied) : status;
}

mer_status mer__torch_file_open(mer__torch_file **out, const char *path, mer_error *err) {
  mer__torch_content content = {0};
  mer__torch_file *file = mer__calloc(1, sizeof *file);
  mer_status status;
  *out = NULL;
  if (!file) return mer__fail_memory(err);
  MER__CHECK(mer__file_map(&file->map, path, err));
  MER__CHECK(mer__torch_content_read(&content, file->map.data, file->map.size, path, err));
  MER__CHECK(make_tensors(&(reader){file, &content, path, err}));
  *out = file;
  file = NULL;
cleanup:
  mer__torch_content_clear(&content);
  mer__torch_file_close(file);
  return status;
}

void mer__torch_file_close(mer__torch_file *file) {
  if (!file) return;
  mer__free(file->tensors);
  mer__free(file->names);
  mer__free(file->copies);
  mer__file_unmap(&file->map);
  mer__free(file);
}

int64_t mer__torch_file_count(const mer__torch_file *file) { return (int64_t)file->n; }

const mer_tensor *mer__torch_file_at(const mer__torch_file *file, int64_t index) {
  return index >= 0 && (size_t)index < file->n ? &file->tensors[index] : NULL;
}

void mer__torch_file_release(mer__torch_file *file, const mer_tensor *view) {
  mer__file_release(&file->map, view->data, mer__tensor_bytes(view));
}
