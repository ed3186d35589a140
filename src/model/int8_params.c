/* int8_params.c: those parameters of a model that are int8. */
#include "model/int8_params.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "model/params.h"
#include "tensor/dtype.h"

int mer__int8_params_add(mer__int8_params *params, int64_t offset, mer__int8_matrix matrix) {
  if (mer__grow(&params->offsets, &params->capacity_offsets, params->n + 1,
                sizeof *params->offsets) != 0 ||
      mer__grow(&params->matrices, &params->capacity_matrices, params->n + 1,
                sizeof *params->matrices) != 0)
    return -1;
  params->offsets[params->n] = offset;
  params->matrices[params->n++] = matrix;
  return 0;
}

void mer__int8_params_clear(mer__int8_params *params) {
  mer__free(params->offsets);
  mer__free(params->matrices);
  mer__free(params->memory);
  mer_safetensors_close(params->file);
  *params = (mer__int8_params){0};
}

ptrdiff_t mer__int8_params_find(const mer__int8_params *params, int64_t offset) {
  for (size_t i = 0; i < params->n; i++)
    if (params->offsets[i] == offset) return (ptrdiff_t)i;
  return -1;
}

int mer__int8_shape(int64_t *shape, mer__storage storage, int64_t rows, int64_t columns) {
  if (storage == MER__STORED_INT8_ROWS) {
    shape[0] = rows;
    shape[1] = columns;
    return 2;
  }
  shape[0] = (rows + MER__INT8_PANEL - 1) / MER__INT8_PANEL;
  shape[1] = 1 + (columns + MER__INT8_GROUP - 1) / MER__INT8_GROUP;
  shape[2] = MER__INT8_PANEL;
  shape[3] = MER__INT8_GROUP;
  return 4;
}

/* "[24, 97, 16, 4]" */
static void print_shape(char text[160], const int64_t *shape, int rank) {
  int n = snprintf(text, 160, "[");
  for (int i = 0; i < rank && n < 150; i++)
    n += snprintf(text + n, 160 - (size_t)n, i ? ", %lld" : "%lld", (long long)shape[i]);
  if (n < 159) snprintf(text + n, 160 - (size_t)n, "]");
}

/* A tensor of that type and shape. */
static mer_status find_exact(const mer_tensor **out, const mer__tensor_names *names,
                             const char *name, mer_dtype dtype, const int64_t *shape, int rank,
                             const char *path, mer_error *err) {
  const mer_tensor *t = *out = mer__tensor_names_find(names, name);
  char found[160], expected[160];
  if (!t) return mer__fail(err, MER_STATUS_FORMAT, "%s: no tensor '%s'", path, name);
  if (t->dtype != dtype)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s' is %s, expected %s", path, name,
                     mer__dtype_name(t->dtype), mer__dtype_name(dtype));
  if (t->rank != rank || memcmp(t->shape, shape, (size_t)rank * sizeof *shape) != 0) {
    print_shape(found, t->shape, t->rank);
    print_shape(expected, shape, rank);
    return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s' is %s, expected %s", path, name,
                     found, expected);
  }
  if (dtype == MER_DTYPE_F32 && (uintptr_t)t->data % sizeof(float) != 0)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: tensor '%s' does not lie at a multiple of 4 bytes", path, name);
  return MER_OK;
}

mer_status mer__int8_params_view(mer__int8_matrix *matrix, const mer__tensor_names *names,
                                 const char *name, mer__storage storage, int64_t rows,
                                 int64_t columns, const char *path, mer_error *err) {
  const mer_tensor *values, *scales;
  int64_t shape[4];
  char scale_name[256];
  int rank = mer__int8_shape(shape, storage, rows, columns);
  snprintf(scale_name, sizeof scale_name, "%s_scale", name);
  mer_status status = find_exact(&values, names, name, MER_DTYPE_I8, shape, rank, path, err);
  if (status == MER_OK)
    status = find_exact(&scales, names, scale_name, MER_DTYPE_F32, &rows, 1, path, err);
  if (status == MER_OK)
    *matrix = (mer__int8_matrix){values->data, scales->data, rows, columns,
                                 storage == MER__STORED_INT8_REDUCED};
  return status;
}
