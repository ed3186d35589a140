/* params.c: the parameters of a network: one block of floats and a table that says what each is. */
#include "layers/params.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
/* Values after which the memory of the file they came from is given back, also within a tensor. */
enum { MOST_HELD = 1 << 24 };
/* Fewer values than these are not worth a call of the system. */
enum { LEAST_RELEASED = 1 << 16 };
enum { FLOATS_OF_COUNTER = sizeof(int64_t) / sizeof(float) };

enum { MAX_NAME = 160, MAX_PREFIX = 40 };

__attribute__((format(printf, 3, 0))) static void make_name(char name[MAX_NAME],
                                                            const mer__params *params,
                                                            const char *format, va_list args) {
  const int n = snprintf(name, MAX_PREFIX, "%s", params->prefix ? params->prefix : "");
  vsnprintf(name + n, MAX_NAME - (size_t)n, format, args);
}

static int64_t add(mer__params *params, mer__param_role role, int64_t rows, int64_t columns,
                   int64_t kernel, const char *name) {
  int64_t size;
  params->too_large |= __builtin_mul_overflow(rows, columns > 0 ? columns : 1, &size) ||
                       size > max_floats - params->size;
  if (params->too_large ||
      mer__grow(&params->items, &params->capacity, params->n_items + 1, sizeof *params->items) != 0)
    return -1;
  mer__param param = {.name = mer__strdup(name),
                      .size = size,
                      .shape = {rows, columns},
                      .kernel = kernel,
                      .file_rank = kernel > 0    ? 3
                                   : columns > 0 ? 2
                                                 : 1,
                      .file_shape = {rows, kernel > 0 ? columns / kernel : columns, kernel},
                      .magnitudes = -1,
                      .adapts = -1,
                      .role = role,
                      .group = params->group,
                      .trained = role != MER__CONSTANT && mer__params_trains(params, params->group),
                      .rate = 1,
                      .added = params->added};
  if (!param.name) return -1;
  params->items[params->n_items] = param;
  params->size += size;
  return (int64_t)params->n_items++;
}

int64_t mer__params_add(mer__params *params, mer__param_role role, int64_t rows, int64_t columns,
                        const char *format, ...) {
  char name[MAX_NAME];
  va_list args;
  va_start(args, format);
  make_name(name, params, format, args);
  va_end(args);
  return add(params, role, rows, columns, 0, name);
}

int64_t mer__params_add_kernel(mer__params *params, mer__param_role role, int64_t out, int64_t in,
                               int64_t kernel, const char *format, ...) {
  char name[MAX_NAME];
  int64_t columns;
  va_list args;
  va_start(args, format);
  make_name(name, params, format, args);
  va_end(args);
  params->too_large |= __builtin_mul_overflow(kernel, in, &columns);
  return add(params, role, out, columns, kernel, name);
}

int64_t mer__params_add_counter(mer__params *params, const char *format, ...) {
  char name[MAX_NAME];
  va_list args;
  va_start(args, format);
  make_name(name, params, format, args);
  va_end(args);
  const int64_t index = add(params, MER__BUFFER, 1, 0, 0, name);
  if (index < 0) return index;
  mer__param *param = &params->items[index];
  param->file_rank = 0;
  param->optional = param->counts = true;
  return index;
}

void mer__params_set_file_shape(mer__params *params, int64_t index, int rank,
                                const int64_t *shape) {
  if (index < 0) return;
  mer__param *param = &params->items[index];
  param->file_rank = rank;
  memcpy(param->file_shape, shape, (size_t)rank * sizeof *shape);
}

mer_status mer__params_first_trained_layer(int64_t *first, const mer__params *params,
                                           int64_t n_layers, mer_error *err) {
  const int64_t n_frozen = params->frozen ? 0 : params->frozen_groups - MER__GROUP_LAYER;
  if (n_frozen >= n_layers)
    return mer__fail(
        err, MER_STATUS_INVALID,
        "%lld layers cannot be frozen: the encoder has %lld, of which one at least is trained",
        (long long)n_frozen, (long long)n_layers);
  *first = params->frozen ? n_layers : n_frozen > 0 ? n_frozen : 0;
  return MER_OK;
}

mer_status mer__params_fail(const mer__params *params, mer_error *err) {
  if (!params->too_large) return mer__fail_memory(err);
  return mer__fail(err, MER_STATUS_LIMIT, "the model has over %lld parameters",
                   (long long)max_floats);
}

static bool is_in_block(const mer__param *param) {
  return param->storage == MER__STORED_F32 || param->storage == MER__STORED_PANELS;
}

/* The parts of the block, in their order. */
enum { FIXED, BUFFERS, WEIGHTS };

static int part_of(const mer__param *param) {
  if (!param->trained) return FIXED;
  return param->role == MER__BUFFER ? BUFFERS : WEIGHTS;
}

/* Gives the parameters of a part their places in the block from `at` on; returns where they end. */
static int64_t lay_out(mer__params *params, int part, int64_t at) {
  for (size_t i = 0; i < params->n_items; i++) {
    if (part_of(&params->items[i]) != part) continue;
    params->items[i].offset = at;
    at += params->items[i].size;
  }
  return at;
}

/* Parameters that are int8 have a place in the block, too. As nobody writes there, the system gives
 * it no memory. */
mer_status mer__params_allocate(mer__params *params, mer_error *err) {
  bool sparse = false;
  params->first_trained = lay_out(params, FIXED, 0);
  const int64_t first_weight = lay_out(params, BUFFERS, params->first_trained);
  params->n_buffers = first_weight - params->first_trained;
  lay_out(params, WEIGHTS, first_weight);
  for (size_t i = 0; i < params->n_items; i++) sparse |= !is_in_block(&params->items[i]);
  params->values = (sparse ? mer__malloc_sparse : mer__malloc)((size_t)params->size, sizeof(float));
  return params->values ? MER_OK : mer__fail_memory(err);
}

mer_status mer__params_train(mer__params *params, mer_error *err) {
  params->grads = mer__calloc((size_t)(params->size - params->first_trained), sizeof(float));
  return params->grads ? MER_OK : mer__fail_memory(err);
}

void mer__params_clear(mer__params *params) {
  for (size_t i = 0; i < params->n_items; i++) {
    mer__free(params->items[i].name);
    mer__free(params->items[i].winograd);
    mer__free(params->items[i].winograd_int8);
  }
  mer__free(params->items);
  mer__free(params->values);
  mer__free(params->grads);
  mer__free(params->int8_memory);
  mer__tensor_files_close(params->files);
  *params = (mer__params){0};
}

/* y [n, b, a] = x [n, a, b]. */
static void exchange(float *y, const float *x, int64_t n, int64_t a, int64_t b) {
  for (int64_t i = 0; i < n; i++, x += a * b, y += a * b)
    for (int64_t j = 0; j < a; j++)
      for (int64_t k = 0; k < b; k++) y[k * a + j] = x[j * b + k];
}

int64_t mer__params_reordered_size(const mer__params *params) {
  int64_t size = 0;
  for (size_t i = 0; i < params->n_items; i++)
    if (params->items[i].kernel) size += params->items[i].size;
    else if (params->items[i].counts) size += FLOATS_OF_COUNTER;
  return size;
}

void mer__params_tensors(mer_tensor *tensors, float *reordered, const mer__params *params,
                         const float *values) {
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    tensors[i] = (mer_tensor){
        .name = p->name, .dtype = MER_DTYPE_F32, .n_elements = p->size, .data = values + p->offset};
    tensors[i].rank = p->file_rank;
    memcpy(tensors[i].shape, p->file_shape, sizeof p->file_shape);
    if (p->counts) {
      const int64_t count = (int64_t)values[p->offset];
      memcpy(reordered, &count, sizeof count);
      tensors[i].dtype = MER_DTYPE_I64;
      tensors[i].data = reordered;
      reordered += FLOATS_OF_COUNTER;
    }
    if (!p->kernel) continue;
    exchange(reordered, values + p->offset, p->shape[0], p->kernel, p->shape[1] / p->kernel);
    tensors[i].data = reordered;
    reordered += p->size;
  }
}

/* At most `n` elements of a tensor from `at` on. */
static mer_tensor cut(const mer_tensor *tensor, int64_t at, int64_t n) {
  mer_tensor part = *tensor;
  part.n_elements = mer__chunk_size(tensor->n_elements, at, n);
  part.data = (const char *)tensor->data + (size_t)at * mer__dtype_bytes(tensor->dtype);
  return part;
}

/* Converts the elements of a tensor from `at` on, a step. MER_STATUS_FORMAT: a value is not
 * finite. */
static mer_status convert_step(float *out, const mer_tensor *tensor, int64_t at, mer_error *err) {
  const mer_tensor part = cut(tensor, at, LOAD_STEP);
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
    if (convert_step(out, tensor, at, NULL) != MER_OK) fault = mer__min(fault, at);
  if (fault == tensor->n_elements) return MER_OK;
  mer_status status = convert_step(out, tensor, fault, err);
  return status != MER_OK ? status
                          : mer__fail(err, MER_STATUS_FORMAT, "was changed while it was read");
}

static mer_status convert_held(float *out, const mer_tensor *tensor, mer_error *err) {
  if (mer__shared(tensor->n_elements >= MER__PARALLEL_MIN)) return convert_shared(out, tensor, err);
  mer_status status = MER_OK;
  for (int64_t at = 0; at < tensor->n_elements && status == MER_OK; at += LOAD_STEP)
    status = convert_step(out, tensor, at, err);
  return status;
}

/* Holds at most MOST_HELD values twice, in `files` and in `out`. */
static mer_status convert(float *out, const mer_tensor *tensor, mer__tensor_files *files,
                          mer_error *err) {
  mer_status status = MER_OK;
  for (int64_t at = 0; at < tensor->n_elements && status == MER_OK; at += MOST_HELD) {
    const mer_tensor part = cut(tensor, at, MOST_HELD);
    status = convert_held(out + at, &part, err);
    if (part.n_elements >= LEAST_RELEASED) mer__tensor_files_release(files, &part);
  }
  return status;
}

static mer_status check_shape(const mer_tensor *tensor, const mer__param *param, const char *path,
                              mer_error *err) {
  const int64_t *expected = param->file_shape;
  bool same = tensor->rank == param->file_rank;
  for (int d = 0; same && d < param->file_rank; d++) same = tensor->shape[d] == expected[d];
  if (same) return MER_OK;
  char found_text[MER__SHAPE_TEXT], expected_text[MER__SHAPE_TEXT];
  mer__shape_print(found_text, tensor->shape, tensor->rank);
  mer__shape_print(expected_text, expected, param->file_rank);
  return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s' is %s, expected %s", path, param->name,
                   found_text, expected_text);
}

/* The weight of a convolution, in the order of the block. */
static mer_status convert_kernel(float *out, const mer__param *param, const mer_tensor *tensor,
                                 mer__tensor_files *files, mer_error *err) {
  float *values = mer__malloc((size_t)param->size, sizeof *values);
  mer_status status = values ? convert(values, tensor, files, err) : mer__fail_memory(err);
  if (status == MER_OK)
    exchange(out, values, param->shape[0], param->shape[1] / param->kernel, param->kernel);
  mer__free(values);
  return status;
}

static mer_status convert_counter(float *out, const mer_tensor *tensor, mer_error *err) {
  int64_t count;
  if (tensor->dtype != MER_DTYPE_I64)
    return mer__fail(err, MER_STATUS_FORMAT, "elements are %s, expected I64",
                     mer__dtype_name(tensor->dtype));
  memcpy(&count, tensor->data, sizeof count);
  *out = (float)count;
  return MER_OK;
}

static mer_status check_variances(const float *values, int64_t n, float epsilon, mer_error *err) {
  for (int64_t i = 0; i < n; i++)
    if (!(values[i] + epsilon > 0))
      return mer__fail(err, MER_STATUS_FORMAT, "holds a variance below 0");
  return MER_OK;
}

static mer_status load_one(mer__params *params, const mer__param *param,
                           const mer__tensor_names *names, const char *path, mer_error *err) {
  const mer_tensor *tensor = mer__tensor_names_find(names, param->name);
  if (!tensor) return mer__fail(err, MER_STATUS_FORMAT, "%s: no tensor '%s'", path, param->name);
  mer_status status = check_shape(tensor, param, path, err);
  if (status != MER_OK) return status;
  mer_error inner = {0};
  float *values = params->values + param->offset;
  status = param->kernel   ? convert_kernel(values, param, tensor, names->files, &inner)
           : param->counts ? convert_counter(values, tensor, &inner)
                           : convert(values, tensor, names->files, &inner);
  if (status == MER_OK && param->epsilon > 0)
    status = check_variances(values, param->size, param->epsilon, &inner);
  if (status == MER_OK) return MER_OK;
  return mer__fail(err, inner.status, "%s: tensor '%s': %s", path, param->name, inner.message);
}

mer_status mer__params_load(mer__params *params, size_t first, size_t last, bool whole,
                            const mer__tensor_names *names, const char *path, mer_error *err) {
  mer_status status = MER_OK;
  for (size_t i = first; i < last && status == MER_OK; i++) {
    mer__param *param = &params->items[i];
    if (param->adapts >= 0) continue;
    if (param->optional && !mer__tensor_names_find(names, param->name)) {
      memset(params->values + param->offset, 0, (size_t)param->size * sizeof(float));
      continue;
    }
    const bool kept = param->added &&
                      (param->role == MER__CONSTANT || !mer__tensor_names_find(names, param->name));
    if (!whole && kept) continue;
    status = is_in_block(param) ? load_one(params, param, names, path, err)
                                : mer__weights_view_int8(param, names, path, err);
  }
  return status;
}

void mer__params_init_linear(float *values, int64_t n, int64_t fan_in, mer__rng *rng) {
  float bound = 1.0f / sqrtf((float)fan_in);
  for (int64_t i = 0; i < n; i++) values[i] = bound * (2.0f * mer__rng_uniform(rng) - 1.0f);
}
