/* params.c: the parameters of a network: one block of floats and a table that says what each is. */
#include "layers/params.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "layers/weights.h"
#include "nn/parallel.h"
#include "tensor/dtype.h"
#include "tensor/finite.h"

/* Most floats of a network: 16 GiB. */
static const int64_t max_floats = (int64_t)1 << 32;
/* Values that are converted and checked at a time, in the first-level cache. */
enum { LOAD_STEP = 4096 };

int64_t mer__params_add(mer__params *params, mer__param_role role, int64_t rows, int64_t columns,
                        const char *format, ...) {
  char name[160];
  va_list args;
  va_start(args, format);
  vsnprintf(name, sizeof name, format, args);
  va_end(args);
  int64_t size;
  params->too_large |= __builtin_mul_overflow(rows, columns > 0 ? columns : 1, &size) ||
                       size > max_floats - params->size;
  if (params->too_large ||
      mer__grow(&params->items, &params->capacity, params->n_items + 1, sizeof *params->items) != 0)
    return -1;
  mer__param param = {.name = mer__strdup(name),
                      .size = size,
                      .rank = columns > 0 ? 2 : 1,
                      .shape = {rows, columns},
                      .role = role,
                      .group = params->group,
                      .trained = role != MER__CONSTANT && !params->frozen};
  if (!param.name) return -1;
  params->items[params->n_items] = param;
  params->size += size;
  return (int64_t)params->n_items++;
}

mer_status mer__params_fail(const mer__params *params, mer_error *err) {
  if (!params->too_large) return mer__fail_memory(err);
  return mer__fail(err, MER_STATUS_LIMIT, "the model has over %lld parameters",
                   (long long)max_floats);
}

static bool is_in_block(const mer__param *param) {
  return param->storage == MER__STORED_F32 || param->storage == MER__STORED_PANELS;
}

/* Gives the parameters that are trained, or the others, their places in the block from `at` on;
 * returns where they end. */
static int64_t lay_out(mer__params *params, bool trained, int64_t at) {
  for (size_t i = 0; i < params->n_items; i++) {
    if (params->items[i].trained != trained) continue;
    params->items[i].offset = at;
    at += params->items[i].size;
  }
  return at;
}

/* Parameters that are int8 have a place in the block, too. As nobody writes there, the system gives
 * it no memory. */
mer_status mer__params_allocate(mer__params *params, mer_error *err) {
  bool sparse = false;
  params->first_trained = lay_out(params, false, 0);
  lay_out(params, true, params->first_trained);
  for (size_t i = 0; i < params->n_items; i++) sparse |= !is_in_block(&params->items[i]);
  params->values = (sparse ? mer__malloc_sparse : mer__malloc)((size_t)params->size, sizeof(float));
  return params->values ? MER_OK : mer__fail_memory(err);
}

mer_status mer__params_train(mer__params *params, mer_error *err) {
  params->grads = mer__calloc((size_t)(params->size - params->first_trained), sizeof(float));
  return params->grads ? MER_OK : mer__fail_memory(err);
}

void mer__params_clear(mer__params *params) {
  for (size_t i = 0; i < params->n_items; i++) mer__free(params->items[i].name);
  mer__free(params->items);
  mer__free(params->values);
  mer__free(params->grads);
  mer__free(params->int8_memory);
  mer_safetensors_close(params->file);
  *params = (mer__params){0};
}

void mer__params_tensors(mer_tensor *tensors, const mer__params *params, const float *values) {
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    tensors[i] = (mer_tensor){p->name, MER_DTYPE_F32,     p->rank, {p->shape[0], p->shape[1]},
                              p->size, values + p->offset};
  }
}

/* Converts the elements of a part of a tensor from `at` on. MER_STATUS_FORMAT: a value is not
 * finite. */
static mer_status convert_part(float *out, const mer_tensor *tensor, int64_t at, mer_error *err) {
  mer_tensor part = *tensor;
  part.n_elements = mer__chunk_size(tensor->n_elements, at, LOAD_STEP);
  part.data = (const char *)tensor->data + (size_t)at * mer__dtype_bytes(tensor->dtype);
  mer_status status = mer_tensor_to_f32(out + at, &part, err);
  if (status == MER_OK && !mer__all_finite(out + at, part.n_elements))
    status = mer__fail(err, MER_STATUS_FORMAT, "holds values that are not finite");
  return status;
}

/* Converts a tensor on all threads. The first part at fault is converted once more, for its
 * message; if that succeeds, the file changes while it is read. */
static mer_status convert_shared(float *out, const mer_tensor *tensor, mer_error *err) {
  int64_t fault = tensor->n_elements;
#pragma omp parallel for schedule(static) reduction(min : fault)
  for (int64_t at = 0; at < tensor->n_elements; at += LOAD_STEP)
    if (convert_part(out, tensor, at, NULL) != MER_OK) fault = mer__min(fault, at);
  if (fault == tensor->n_elements) return MER_OK;
  mer_status status = convert_part(out, tensor, fault, err);
  return status != MER_OK ? status
                          : mer__fail(err, MER_STATUS_FORMAT, "was changed while it was read");
}

static mer_status convert(float *out, const mer_tensor *tensor, mer_error *err) {
  if (mer__shared(tensor->n_elements >= MER__PARALLEL_MIN)) return convert_shared(out, tensor, err);
  mer_status status = MER_OK;
  for (int64_t at = 0; at < tensor->n_elements && status == MER_OK; at += LOAD_STEP)
    status = convert_part(out, tensor, at, err);
  return status;
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
  if (convert(params->values + param->offset, tensor, &inner) == MER_OK) return MER_OK;
  return mer__fail(err, inner.status, "%s: tensor '%s': %s", path, param->name, inner.message);
}

mer_status mer__params_load(mer__params *params, size_t first, size_t last,
                            const mer__tensor_names *names, const char *path, mer_error *err) {
  mer_status status = MER_OK;
  for (size_t i = first; i < last && status == MER_OK; i++) {
    mer__param *param = &params->items[i];
    status = is_in_block(param) ? load_one(params, param, names, path, err)
                                : mer__weights_view_int8(param, names, path, err);
  }
  return status;
}

void mer__params_init_linear(float *values, int64_t n, int64_t fan_in, mer__rng *rng) {
  float bound = 1.0f / sqrtf((float)fan_in);
  for (int64_t i = 0; i < n; i++) values[i] = bound * (2.0f * mer__rng_uniform(rng) - 1.0f);
}
