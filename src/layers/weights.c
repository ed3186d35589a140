/* weights.c: the weights of encoders, packed for prediction or rounded to int8 in memory. */
#include "layers/weights.h"

#include "base/alloc.h"
#include "base/error.h"
#include "nn/int8_winograd.h"
#include "nn/panels.h"
#include "nn/weight_norm.h"
#include "nn/winograd.h"

/* Whether a panel has weights of one group of a grouped convolution, if it is one. */
static bool has_whole_groups(const mer__param *p) {
  return p->magnitudes < 0 || p->shape[1] / p->kernel % MER__PANEL == 0;
}

static mer_status repack(mer__params *params, size_t n, mer__storage from, mer__storage to,
                         bool change(float *b, int64_t rows, int64_t columns), mer_error *err) {
  for (size_t i = 0; i < n; i++) {
    mer__param *p = &params->items[i];
    if (p->role != MER__LINEAR && p->magnitudes < 0) continue;
    if (p->storage != from || p->shape[0] % MER__PANEL != 0 || !has_whole_groups(p)) continue;
    if (!change(params->values + p->offset, p->shape[0], p->shape[1])) return mer__fail_memory(err);
    p->storage = to;
  }
  return MER_OK;
}

/* Directions become the weights that they make with their magnitudes, and a sign of these goes into
 * them, so that nothing changes if it is done again. */
static mer_status fold_magnitudes(mer__params *params, size_t n, mer_error *err) {
  for (size_t i = 0; i < n; i++) {
    const mer__param *p = &params->items[i];
    if (p->magnitudes < 0 || p->storage != MER__STORED_F32) continue;
    float *g = mer__value(params, p->magnitudes), *v = params->values + p->offset;
    float *norms = mer__malloc((size_t)p->kernel, sizeof *norms);
    if (!norms) return mer__fail_memory(err);
    mer__weight_norm_forward(v, norms, v, g, p->shape[0], p->kernel, p->shape[1] / p->kernel);
    for (int64_t t = 0; t < p->kernel; t++) g[t] = g[t] < 0 ? -g[t] : g[t];
    mer__free(norms);
  }
  return MER_OK;
}

/* The squares of f32 weights; false: memory is out. */
static bool transform_f32(mer__param *p, const float *values, int64_t in, int64_t out) {
  if (!mer__winograd_fits(in, out)) return true;
  p->winograd = mer__malloc((size_t)mer__winograd_size(in, out), sizeof *p->winograd);
  if (p->winograd) mer__winograd_weights(p->winograd, values, in, out);
  return p->winograd != NULL;
}

/* The same of int8. */
static bool transform_int8(mer__param *p, int64_t in, int64_t out) {
  if (p->winograd_int8 || !mer__int8_winograd_fits(&p->int8, in)) return true;
  p->winograd_int8 =
      mer__malloc((size_t)mer__int8_winograd_size(in, out), sizeof *p->winograd_int8);
  if (p->winograd_int8) mer__int8_winograd_weights(p->winograd_int8, &p->int8, in);
  return p->winograd_int8 != NULL;
}

/* Of convolutions of 3 x 3 pixels, beside the weights. */
static mer_status transform_squares(mer__params *params, size_t n, mer_error *err) {
  for (size_t i = 0; i < n; i++) {
    mer__param *p = &params->items[i];
    const int64_t out = p->shape[0], in = p->squares ? p->shape[1] / p->kernel : 0;
    bool done = true;
    if (!p->squares) continue;
    if (p->storage == MER__STORED_F32) done = transform_f32(p, params->values + p->offset, in, out);
    if (mer__is_int8_product(p->storage)) done = transform_int8(p, in, out);
    if (!done) return mer__fail_memory(err);
  }
  return MER_OK;
}

mer_status mer__weights_pack(mer__params *params, size_t n, mer_error *err) {
  mer_status status = fold_magnitudes(params, n, err);
  if (status == MER_OK) status = transform_squares(params, n, err);
  if (status != MER_OK) return status;
  return repack(params, n, MER__STORED_F32, MER__STORED_PANELS, mer__panels_pack, err);
}

mer_status mer__weights_unpack(mer__params *params, size_t n, mer_error *err) {
  for (size_t i = 0; i < n; i++) {
    mer__free(params->items[i].winograd);
    mer__free(params->items[i].winograd_int8);
    params->items[i].winograd = NULL;
    params->items[i].winograd_int8 = NULL;
  }
  return repack(params, n, MER__STORED_PANELS, MER__STORED_F32, mer__panels_unpack, err);
}

/* How a parameter is stored where weights are int8. */
static mer__storage int8_storage(const mer__param *param, bool reduce_range) {
  if (param->role == MER__TABLE) return MER__STORED_INT8_ROWS;
  if (param->role != MER__LINEAR) return MER__STORED_F32;
  return reduce_range ? MER__STORED_INT8_REDUCED : MER__STORED_INT8_PANELS;
}

static mer_status check_columns(const mer__param *param, mer_error *err) {
  if (param->role != MER__LINEAR || param->shape[1] <= MER__INT8_MAX_COLUMNS) return MER_OK;
  return mer__fail(err, MER_STATUS_LIMIT, "tensor '%s' has %lld columns; int8 takes at most %d",
                   param->name, (long long)param->shape[1], MER__INT8_MAX_COLUMNS);
}

mer_status mer__weights_expect_int8(mer__params *params, size_t n, bool reduce_range,
                                    mer_error *err) {
  for (size_t i = 0; i < n; i++) {
    mer_status status = check_columns(&params->items[i], err);
    if (status != MER_OK) return status;
    params->items[i].storage = int8_storage(&params->items[i], reduce_range);
  }
  return MER_OK;
}

/* Bytes of a rounded parameter's values and of its scales, aligned. */
typedef struct int8_size {
  size_t values, scales;
} int8_size;

static int8_size size_of(const mer__param *p) {
  int64_t n = p->storage == MER__STORED_INT8_ROWS ? p->size
                                                  : mer__int8_panel_bytes(p->shape[0], p->shape[1]);
  return (int8_size){mer__align((size_t)n), mer__align((size_t)p->shape[0] * sizeof(float))};
}

/* Rounds one parameter into `at`. */
static mer_status quantize_one(const mer__params *params, mer__param *p, uint8_t *at,
                               mer_error *err) {
  int8_t *values = (int8_t *)at;
  float *scales = (float *)(void *)(at + size_of(p).values);
  bool (*quantize)(int8_t *, float *, const float *, int64_t, int64_t) =
      p->storage == MER__STORED_INT8_ROWS      ? mer__int8_quantize_rows
      : p->storage == MER__STORED_INT8_REDUCED ? mer__int8_quantize_reduced
                                               : mer__int8_quantize_panels;
  if (!quantize(values, scales, params->values + p->offset, p->shape[0], p->shape[1]))
    return mer__fail(err, MER_STATUS_FORMAT, "tensor '%s' holds values that are not finite",
                     p->name);
  p->int8 = (mer__int8_matrix){values, scales, p->shape[0], p->shape[1],
                               p->storage == MER__STORED_INT8_REDUCED};
  return MER_OK;
}

mer_status mer__weights_quantize(mer__params *params, size_t n, bool reduce_range, mer_error *err) {
  mer_status status = mer__weights_unpack(params, n, err);
  if (status == MER_OK) status = mer__weights_expect_int8(params, n, reduce_range, err);
  size_t n_bytes = 0;
  for (size_t i = 0; i < n && status == MER_OK; i++)
    if (params->items[i].storage != MER__STORED_F32)
      n_bytes += size_of(&params->items[i]).values + size_of(&params->items[i]).scales;
  if (status != MER_OK) return status;
  uint8_t *at = params->int8_memory = mer__malloc(n_bytes, 1);
  if (!at) return mer__fail_memory(err);
  for (size_t i = 0; i < n && status == MER_OK; i++) {
    mer__param *p = &params->items[i];
    if (p->storage == MER__STORED_F32) continue;
    status = quantize_one(params, p, at, err);
    at += size_of(p).values + size_of(p).scales;
  }
  return status;
}
