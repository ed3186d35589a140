/* tensor_names.c: the names of an encoder's tensors as files have them. */
#include "tensor/tensor_names.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* Bytes before `anchor` in a name that ends with it as a whole member ("a.anchor"); -1 if it does
 * not. */
static ptrdiff_t prefix_size(const char *name, const char *anchor) {
  size_t n = strlen(name), n_anchor = strlen(anchor);
  if (n < n_anchor || strcmp(name + n - n_anchor, anchor) != 0) return -1;
  size_t size = n - n_anchor;
  return size == 0 || name[size - 1] == '.' ? (ptrdiff_t)size : -1;
}

mer_status mer__tensor_names_open(mer__tensor_names *names, mer__tensor_files *files,
                                  const char *anchor, mer_error *err) {
  const char *first = NULL, *path = mer__tensor_files_path(files);
  *names = (mer__tensor_names){.files = files};
  if (!anchor || mer__tensor_files_find(files, anchor)) return MER_OK;
  for (int64_t i = 0; i < mer__tensor_files_count(files); i++) {
    const char *name = mer__tensor_files_at(files, i)->name;
    ptrdiff_t size = prefix_size(name, anchor);
    if (size < 0) continue;
    if (first)
      return mer__fail(err, MER_STATUS_FORMAT,
                       "%s: expected one encoder, found tensors '%s' and '%s'", path, first, name);
    if (size >= (ptrdiff_t)sizeof names->prefix)
      return mer__fail(err, MER_STATUS_FORMAT,
                       "%s: expected at most %zu bytes before '%s', found %td", path,
                       sizeof names->prefix - 1, anchor, size);
    memcpy(names->prefix, name, (size_t)size);
    first = name;
  }
  return MER_OK;
}

static const mer_tensor *find(const mer__tensor_names *names, const char *name, size_t n_kept,
                              const char *end) {
  char full[MER__MAX_TENSOR_NAME];
  int n = snprintf(full, sizeof full, "%s%.*s%s", names->prefix, (int)n_kept, name, end);
  if (n < 0 || n >= (int)sizeof full) return NULL;
  const mer_tensor *tensor = mer__tensor_files_find(names->files, full);
  return tensor ? tensor : mer__tensor_files_find(names->files, full + strlen(names->prefix));
}

const mer_tensor *mer__tensor_names_find(const mer__tensor_names *names, const char *name) {
  static const char *const renamed[][2] = {{"LayerNorm.weight", "LayerNorm.gamma"},
                                           {"LayerNorm.bias", "LayerNorm.beta"},
                                           {"parametrizations.weight.original0", "weight_g"},
                                           {"parametrizations.weight.original1", "weight_v"}};
  if (names->n_skipped && strncmp(name, names->skipped, names->n_skipped) == 0)
    name += names->n_skipped;
  const mer_tensor *tensor = find(names, name, strlen(name), "");
  for (size_t i = 0; i < sizeof renamed / sizeof renamed[0] && !tensor; i++) {
    ptrdiff_t size = prefix_size(name, renamed[i][0]);
    if (size >= 0) tensor = find(names, name, (size_t)size, renamed[i][1]);
  }
  return tensor;
}
