/* tensor_files.c: the tensors of an encoder directory, in whatever files they lie.
 * Layout: transformers, modeling_utils.py: the same names in the same order. */
#include "tensor/tensor_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ends_with.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_file.h"
#include "tensor/safetensors_protect.h"
#include "tensor/tensor_index.h"
#include "tensor/torch_file.h"

/* One of the files, of one kind or the other. */
typedef struct part {
  char *path;
  mer_safetensors *safetensors;
  mer__torch_file *torch;
} part;

/* A tensor and the part that has it. */
typedef struct entry {
  const mer_tensor *tensor;
  size_t part;
  bool used;
} entry;

struct mer__tensor_files {
  char *path;
  part *parts;
  size_t n_parts;
  entry *entries; /* [n], in the order of the names */
  size_t n;
};

static int64_t part_count(const part *p) {
  return p->torch ? mer__torch_file_count(p->torch) : mer_safetensors_count(p->safetensors);
}

static const mer_tensor *part_at(const part *p, int64_t index) {
  return p->torch ? mer__torch_file_at(p->torch, index) : mer_safetensors_at(p->safetensors, index);
}

static mer_status open_part(part *p, const char *folder, const char *name, mer_error *err) {
  p->path = mer__path_join(folder, name);
  if (!p->path) return mer__fail_memory(err);
  return mer__ends_with(name, ".bin") ? mer__torch_file_open(&p->torch, p->path, err)
                                      : mer_safetensors_open(&p->safetensors, p->path, err);
}

static mer_status open_parts(mer__tensor_files *files, const char *folder, const char *const *names,
                             size_t n, mer_error *err) {
  files->parts = mer__calloc(n, sizeof *files->parts);
  if (!files->parts) return mer__fail_memory(err);
  mer_status status = MER_OK;
  while (files->n_parts < n && status == MER_OK) {
    size_t i = files->n_parts++;
    status = open_part(&files->parts[i], folder, names[i], err);
  }
  return status;
}

static int compare_names(const void *a, const void *b) {
  const entry *x = a, *y = b;
  return strcmp(x->tensor->name, y->tensor->name);
}

/* One table of all parts; a name stands in one of them. */
static mer_status collect(mer__tensor_files *files, mer_error *err) {
  size_t n = 0;
  for (size_t i = 0; i < files->n_parts; i++) n += (size_t)part_count(&files->parts[i]);
  files->entries = mer__calloc(n, sizeof *files->entries);
  if (!files->entries) return mer__fail_memory(err);
  for (size_t i = 0; i < files->n_parts; i++)
    for (int64_t t = 0; t < part_count(&files->parts[i]); t++)
      files->entries[files->n++] = (entry){part_at(&files->parts[i], t), i, false};
  qsort(files->entries, files->n, sizeof *files->entries, compare_names);
  for (size_t i = 1; i < files->n; i++) {
    const entry *before = &files->entries[i - 1], *e = &files->entries[i];
    if (compare_names(before, e) == 0)
      return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%.100s' is in %s, too",
                       files->parts[e->part].path, e->tensor->name,
                       mer__path_name(files->parts[before->part].path));
  }
  return MER_OK;
}

static entry *find(const mer__tensor_files *files, const char *name) {
  const mer_tensor tensor = {.name = name};
  const entry key = {.tensor = &tensor};
  return files->n ? bsearch(&key, files->entries, files->n, sizeof key, compare_names) : NULL;
}

/* What the index promises is there. */
static mer_status check_promises(const mer__tensor_files *files, const mer__tensor_index *index,
                                 mer_error *err) {
  const char *name;
  json_t *file;
  json_object_foreach(index->weights, name, file) {
    const entry *e = find(files, name);
    const char *found = e ? mer__path_name(files->parts[e->part].path) : "none";
    if (strcmp(found, json_string_value(file)) != 0)
      return mer__fail(err, MER_STATUS_FORMAT,
                       "%s: tensor '%.100s': expected in %.100s, found in %s", files->path, name,
                       json_string_value(file), found);
  }
  return MER_OK;
}

static mer_status open_index(mer__tensor_files *files, const char *folder, mer_error *err) {
  mer__tensor_index index = {0};
  mer_status status;
  MER__CHECK(mer__tensor_index_read(&index, files->path, err));
  MER__CHECK(open_parts(files, folder, index.files, index.n_files, err));
  MER__CHECK(collect(files, err));
  MER__CHECK(check_promises(files, &index, err));
cleanup:
  mer__tensor_index_clear(&index);
  return status;
}

static mer_status open_whole(mer__tensor_files *files, const char *folder, mer_error *err) {
  const char *name = mer__path_name(files->path);
  mer_status status = open_parts(files, folder, &name, 1, err);
  return status == MER_OK ? collect(files, err) : status;
}

/* Finds the file to begin with: `files->path`. */
static mer_status choose(mer__tensor_files *files, bool *is_index, const char *folder,
                         mer_error *err) {
  static const struct {
    const char *name;
    bool is_index;
  } kinds[] = {{"model.safetensors", false},
               {"model.safetensors.index.json", true},
               {"pytorch_model.bin", false},
               {"pytorch_model.bin.index.json", true}};
  static const char *const others[] = {"tf_model.h5", "flax_model.msgpack", NULL};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    files->path = mer__path_join(folder, kinds[i].name);
    if (!files->path) return mer__fail_memory(err);
    *is_index = kinds[i].is_index;
    if (mer__path_is_there(files->path)) return MER_OK;
    mer__free(files->path);
    files->path = NULL;
  }
  *is_index = false;
  return mer__expect_file(&files->path, folder, kinds[0].name, others, err);
}

mer_status mer__tensor_files_open(mer__tensor_files **out, const char *folder, mer_error *err) {
  bool is_index;
  mer__tensor_files *files = mer__calloc(1, sizeof *files);
  *out = NULL;
  if (!files) return mer__fail_memory(err);
  mer_status status = choose(files, &is_index, folder, err);
  if (status == MER_OK)
    status = is_index ? open_index(files, folder, err) : open_whole(files, folder, err);
  if (status == MER_OK) *out = files;
  else mer__tensor_files_close(files);
  return status;
}

void mer__tensor_files_close(mer__tensor_files *files) {
  if (!files) return;
  for (size_t i = 0; i < files->n_parts; i++) {
    mer_safetensors_close(files->parts[i].safetensors);
    mer__torch_file_close(files->parts[i].torch);
    mer__free(files->parts[i].path);
  }
  mer__free(files->parts);
  mer__free(files->entries);
  mer__free(files->path);
  mer__free(files);
}

const char *mer__tensor_files_path(const mer__tensor_files *files) { return files->path; }

int64_t mer__tensor_files_count(const mer__tensor_files *files) { return (int64_t)files->n; }

const mer_tensor *mer__tensor_files_at(const mer__tensor_files *files, int64_t index) {
  return index >= 0 && (size_t)index < files->n ? files->entries[index].tensor : NULL;
}

const mer_tensor *mer__tensor_files_find(mer__tensor_files *files, const char *name) {
  entry *e = find(files, name);
  if (!e) return NULL;
  e->used = true;
  return e->tensor;
}

bool mer__tensor_files_used(const mer__tensor_files *files, int64_t index) {
  return index >= 0 && (size_t)index < files->n && files->entries[index].used;
}

void mer__tensor_files_release(mer__tensor_files *files, const mer_tensor *view) {
  for (size_t i = 0; i < files->n_parts; i++) {
    const part *p = &files->parts[i];
    if (p->torch) mer__torch_file_release(p->torch, view);
    else mer__safetensors_release(p->safetensors, view);
  }
}

mer_status mer__tensor_files_expect_safetensors(const mer__tensor_files *files, mer_error *err) {
  for (size_t i = 0; i < files->n_parts; i++)
    if (!files->parts[i].safetensors)
      return mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "%s: int8 weights are used from safetensors alone", files->parts[i].path);
  return MER_OK;
}

mer_status mer__tensor_files_protect(mer__tensor_files *files, bool brief, mer_error *err) {
  mer_status status = MER_OK;
  for (size_t i = 0; i < files->n_parts && status == MER_OK; i++)
    status = mer__safetensors_protect(files->parts[i].safetensors, brief, err);
  return status;
}
