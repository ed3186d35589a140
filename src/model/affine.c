/* affine.c: the Linear layers of a model. */
#include "model/affine.h"

#include <omp.h>

#include "nn/activation.h"
#include "nn/few_rows.h"
#include "nn/int8_matmul.h"
#include "nn/linear.h"
#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/rows.h"

/* The matrices of int8 that the layer is made of, one behind the other; false if it is f32. */
static bool int8_forward(float *y, float *activated, const float *x, const mer__params *params,
                         mer__affine layer, int64_t rows) {
  ptrdiff_t first = mer__int8_params_find(&params->int8, layer.weight);
  if (first < 0) return false;
  const mer__int8_matrix *parts = &params->int8.matrices[first];
  int n_parts = 0;
  for (int64_t n = 0; n < layer.out; n += parts[n_parts++].rows) continue;
  mer__int8_linear_forward(y, activated, x, parts, n_parts, mer__value(params, layer.bias), rows);
  return true;
}

static bool is_packed(const mer__params *params, mer__affine layer) {
  return layer.weight >= params->packed_from && layer.weight < params->packed_to &&
         layer.out % MER__PANEL == 0;
}

/* activated: NULL, or where to put GELU(y). */
static void forward(float *y, float *activated, const float *x, const mer__params *params,
                    mer__affine layer, int64_t rows) {
  const float *weight = mer__value(params, layer.weight), *bias = mer__value(params, layer.bias);
  if (int8_forward(y, activated, x, params, layer, rows)) return;
  if (params->products == MER__PRODUCT_BF16) {
    mer__panels_multiply(y, activated, x, weight, MER__ROWS_OF_COLUMNS, bias, rows, layer.out,
                         layer.in, MER__PRODUCT_BF16);
  } else if (is_packed(params, layer)) {
    mer__panels_multiply(y, activated, x, weight, MER__PANELS, bias, rows, layer.out, layer.in,
                         MER__PRODUCT_F32);
  } else {
    mer__linear_forward(y, x, weight, bias, rows, layer.in, layer.out);
    if (activated) mer__gelu_forward(activated, y, rows * layer.out);
  }
}

void mer__affine_forward(float *y, const float *x, const mer__params *params, mer__affine layer,
                         int64_t rows) {
  forward(y, NULL, x, params, layer, rows);
}

void mer__affine_gelu_forward(float *activated, float *y, const float *x, const mer__params *params,
                              mer__affine layer, int64_t rows) {
  forward(y, activated, x, params, layer, rows);
}

/* dW = dy^T x, of which each thread makes parts of whole rows. */
typedef struct weight_gradient {
  const float *dy, *x;
  mer__affine layer;
  int64_t rows;
  mer__product_dtype products;
  float *packed; /* both operands, for products by panels; NULL: the rows are few */
} weight_gradient;

static weight_gradient weight_gradient_of(const float *dy, const float *x,
                                          const mer__params *params, mer__affine layer,
                                          int64_t rows) {
  const bool few = params->products == MER__PRODUCT_F32 && rows <= MER__FEW_ROWS;
  return (weight_gradient){
      dy, x, layer, rows, params->products, few ? NULL : params->outer_scratch};
}

/* Rows of a part: whole tiles, as many for each thread, at most `most`. */
static int64_t part_rows(const weight_gradient *g, int64_t most) {
  const int64_t out = g->layer.out, tile = mer__panels_tile(g->products);
  const int64_t threads = omp_get_max_threads(), least = (out + most - 1) / most;
  const int64_t n_parts = (least + threads - 1) / threads * threads;
  const int64_t rows = (out + n_parts - 1) / n_parts;
  const int64_t whole = (rows + tile - 1) / tile * tile;
  return whole <= most ? whole : most / tile * tile;
}

/* Rows first .. first + n - 1 of the gradient to the sink. */
static void give_rows(mer__grad_sink *sink, const weight_gradient *g, int64_t first, int64_t n) {
  const int64_t in = g->layer.in, out = g->layer.out;
  float *grad = sink->scratch + omp_get_thread_num() * sink->capacity;
  if (g->packed)
    mer__panels_outer_rows(grad, g->packed, out, in, g->rows, first, n, false, g->products);
  else mer__few_rows_weight_gradient(grad, g->dy, g->x, g->rows, in, out, first, n);
  sink->take(sink, g->layer.weight + first * in, grad, n * in);
}

/* Rows of a part of the gradient: if rows of x are few, as many as are computed at a time, so that
 * what memory brings for Adam is asked for in between. */
static int64_t sink_rows(const weight_gradient *g, int64_t capacity) {
  return g->packed ? part_rows(g, capacity / g->layer.in) : MER__FEW_ROWS_STEP;
}

/* The gradient to the sink. */
static void give_weights(mer__grad_sink *sink, const weight_gradient *g) {
  const int64_t in = g->layer.in, out = g->layer.out;
  const int64_t part = sink_rows(g, sink->capacity);
  sink->announce(sink, g->layer.weight, in * out);
#pragma omp parallel for schedule(static)
  for (int64_t first = 0; first < out; first += part)
    give_rows(sink, g, first, mer__chunk_size(out, first, part));
}

/* The gradient by panels, added to the block of gradients. */
static void add_weights(float *dweight, const weight_gradient *g) {
  const int64_t in = g->layer.in, out = g->layer.out,
                part = part_rows(g, out + MER__PANEL_MAX_TILE);
#pragma omp parallel for schedule(static)
  for (int64_t first = 0; first < out; first += part)
    mer__panels_outer_rows(dweight + first * in, g->packed, out, in, g->rows, first,
                           mer__chunk_size(out, first, part), true, g->products);
}

/* A layer too wide for the sink's scratch adds to the block of gradients like the small ones. */
static bool goes_to_sink(const mer__params *params, const weight_gradient *g) {
  const int64_t least = g->packed ? mer__panels_tile(g->products) : MER__FEW_ROWS_STEP;
  return params->sink && g->layer.in * least <= params->sink->capacity;
}

void mer__affine_backward(float *dx, const float *dy, const float *x, const mer__params *params,
                          mer__affine layer, int64_t rows) {
  const weight_gradient g = weight_gradient_of(dy, x, params, layer, rows);
  const float *weight = mer__value(params, layer.weight);
  float *dweight = mer__grad(params, layer.weight), *dbias = mer__grad(params, layer.bias);
  const bool to_sink = goes_to_sink(params, &g);
  if (rows == 0) return;
  if (params->products == MER__PRODUCT_BF16) {
    if (dx)
      mer__panels_multiply(dx, NULL, dy, weight, MER__ROWS, NULL, rows, layer.in, layer.out,
                           MER__PRODUCT_BF16);
    mer__rows_sum_add(dbias, dy, rows, layer.out);
  } else {
    mer__linear_backward(dx, to_sink || g.packed ? NULL : dweight, dbias, dy, x, weight, rows,
                         layer.in, layer.out);
  }
  if (g.packed)
    mer__panels_outer_pack(g.packed, dy, x, layer.out, layer.in, rows, params->products);
  if (to_sink) give_weights(params->sink, &g);
  else if (g.packed) add_weights(dweight, &g);
}
