/* weights_int8.c: weights that are int8 in a file: views of it. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "layers/weights.h"
#include "tensor/dtype.h"
#include "tensor/finite.h"

int mer__weights_int8_shape(int64_t *shape, const mer__param *param) {
  const int64_t rows = param->shape[0], columns = param->shape[1];
  shape[0] = rows;
  shape[1] = columns;
  if (param->storage == MER__STORED_INT8_ROWS) return 2;
  shape[0] = (rows + MER__INT8_PANEL - 1) / MER__INT8_PANEL;
  shape[1] = 1 + (columns + MER__INT8_GROUP - 1) / MER__INT8_GROUP;
  shape[2] = MER__INT8_PANEL;
  shape[3] = MER__INT8_GROUP;
  return 4;
}

/* A tensor of that type and shape. */
static mer_status find_exact(const mer_tensor **out, const mer__tensor_names *names,
                             const char *name, mer_dtype dtype, const int64_t *shape, int rank,
                             const char *path, mer_error *err) {
  const mer_tensor *t = *out = mer__tensor_names_find(names, name);
  char found[MER__SHAPE_TEXT], expected[MER__SHAPE_TEXT];
  if (!t) return mer__fail(err, MER_STATUS_FORMAT, "%s: no tensor '%s'", path, name);
  if (t->dtype != dtype)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s' is %s, expected %s", path, name,
                     mer__dtype_name(t->dtype), mer__dtype_name(dtype));
  if (t->rank != rank || memcmp(t->shape, shape, (size_t)rank * sizeof *shape) != 0) {
    mer__shape_print(found, t->shape, t->rank);
    mer__shape_print(expected, shape, rank);
    return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s' is %s, expected %s", path, name,
                     found, expected);
  }
  if (dtype == MER_DTYPE_F32 && (uintptr_t)t->data % sizeof(float) != 0)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: tensor '%s' does not lie at a multiple of 4 bytes", path, name);
  return MER_OK;
}

mer_status mer__weights_view_int8(mer__param *param, const mer__tensor_names *names,
                                  const char *path, mer_error *err) {
  const mer_tensor *values, *scales;
  const int64_t rows = param->shape[0];
  int64_t shape[4];
  char scale_name[256];
  int rank = mer__weights_int8_shape(shape, param);
  snprintf(scale_name, sizeof scale_name, "%s_scale", param->name);
  mer_status status = find_exact(&values, names, param->name, MER_DTYPE_I8, shape, rank, path, err);
  if (status == MER_OK)
    status = find_exact(&scales, names, scale_name, MER_DTYPE_F32, &rows, 1, path, err);
  if (status != MER_OK) return status;
  if (!mer__all_finite(scales->data, rows))
    return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s' holds values that are not finite",
                     path, scale_name);
  param->int8 = (mer__int8_matrix){values->data, scales->data, rows, param->shape[1],
                                   param->storage == MER__STORED_INT8_REDUCED};
  return MER_OK;
}
