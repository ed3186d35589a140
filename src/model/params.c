/* params.c: the parameters of a model: one block of floats and a table of named views on it. */
#include "model/params.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "nn/panels.h"

/* Most floats of a model: 16 GiB. */
static const int64_t max_floats = (int64_t)1 << 32;

int64_t mer__params_add(mer__params *params, int64_t rows, int64_t columns, const char *format,
                        ...) {
  char name[160];
  va_list args;
  va_start(args, format);
  vsnprintf(name, sizeof name, format, args);
  va_end(args);
  int64_t size;
  if (__builtin_mul_overflow(rows, columns > 0 ? columns : 1, &size) ||
      size > max_floats - params->size ||
      mer__grow(&params->items, &params->capacity, params->n_items + 1, sizeof *params->items) != 0)
    return -1;
  mer__param param = {mer__strdup(name),   params->size,    size,
                      columns > 0 ? 2 : 1, {rows, columns}, MER__STORED_F32};
  if (!param.name) return -1;
  params->items[params->n_items++] = param;
  params->size += size;
  return param.offset;
}

/* Values that are int8 have their place in the block, which nobody touches. */
mer_status mer__params_allocate(mer__params *params, mer_error *err) {
  bool sparse = false;
  for (size_t i = 0; i < params->n_items; i++)
    sparse |= params->items[i].storage != MER__STORED_F32;
  params->values = (sparse ? mer__malloc_sparse : mer__malloc)((size_t)params->size, sizeof(float));
  return params->values ? MER_OK : mer__fail_memory(err);
}

mer_status mer__params_train(mer__params *params, int64_t first_trainable, mer_error *err) {
  params->first_trainable = first_trainable;
  params->grads = mer__calloc((size_t)(params->size - first_trainable), sizeof(float));
  return params->grads ? MER_OK : mer__fail_memory(err);
}

/* Memory is only claimed where it is written, so bounds will do: `max_rows`, and three times the
 * outputs of a matrix, as query, key and value are one product. */
mer_status mer__params_use_panels(mer__params *params, mer__product_dtype dtype, int64_t max_rows,
                                  int64_t table, mer_error *err) {
  int64_t most = 0;
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    if (p->rank < 2 || p->offset == table) continue;
    int64_t n = mer__panels_outer_scratch(3 * p->shape[0], p->shape[1], max_rows);
    if (n > most) most = n;
  }
  params->products = dtype;
  params->outer_scratch = mer__malloc((size_t)most, sizeof(float));
  return params->outer_scratch ? MER_OK : mer__fail_memory(err);
}

void mer__params_clear(mer__params *params) {
  for (size_t i = 0; i < params->n_items; i++) mer__free(params->items[i].name);
  mer__free(params->items);
  mer__free(params->values);
  mer__free(params->grads);
  mer__free(params->outer_scratch);
  mer__int8_params_clear(&params->int8);
  *params = (mer__params){0};
}

void mer__params_tensors(mer_tensor *tensors, const mer__params *params, const float *values) {
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    tensors[i] = (mer_tensor){p->name, MER_DTYPE_F32,     p->rank, {p->shape[0], p->shape[1]},
                              p->size, values + p->offset};
  }
}

static mer_status load_one(mer__params *params, const mer__param *param,
                           const mer__tensor_names *names, const char *path, mer_error *err) {
  const mer_tensor *tensor = mer__tensor_names_find(names, param->name);
  if (!tensor) return mer__fail(err, MER_STATUS_FORMAT, "%s: no tensor '%s'", path, param->name);
  bool same = tensor->rank == param->rank && tensor->shape[0] == param->shape[0] &&
              (param->rank < 2 || tensor->shape[1] == param->shape[1]);
  if (!same)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: tensor '%s' is [%lld, %lld] of rank %d, expected [%lld, %lld] of rank %d",
                     path, param->name, (long long)tensor->shape[0],
                     tensor->rank > 1 ? (long long)tensor->shape[1] : 0LL, tensor->rank,
                     (long long)param->shape[0], (long long)param->shape[1], param->rank);
  mer_error inner = {0};
  if (mer_tensor_to_f32(mer__value(params, param->offset), tensor, &inner) == MER_OK) return MER_OK;
  return mer__fail(err, inner.status, "%s: tensor '%s': %s", path, param->name, inner.message);
}

static mer_status view_one(mer__params *params, const mer__param *param,
                           const mer__tensor_names *names, const char *path, mer_error *err) {
  mer__int8_matrix matrix;
  mer_status status = mer__int8_params_view(&matrix, names, param->name, param->storage,
                                            param->shape[0], param->shape[1], path, err);
  if (status == MER_OK && mer__int8_params_add(&params->int8, param->offset, matrix) != 0)
    status = mer__fail_memory(err);
  return status;
}

mer_status mer__params_load(mer__params *params, size_t first, size_t last,
                            const mer__tensor_names *names, const char *path, mer_error *err) {
  mer_status status = MER_OK;
  for (size_t i = first; i < last && status == MER_OK; i++)
    status = (params->items[i].storage == MER__STORED_F32 ? load_one : view_one)(
        params, &params->items[i], names, path, err);
  return status;
}

void mer__params_init_linear(float *values, int64_t n, int64_t fan_in, mer__rng *rng) {
  float bound = 1.0f / sqrtf((float)fan_in);
  for (int64_t i = 0; i < n; i++) values[i] = bound * (2.0f * mer__rng_uniform(rng) - 1.0f);
}
