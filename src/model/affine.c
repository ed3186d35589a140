/* affine.c: the Linear layers of a model. */
#include "model/affine.h"

#include <omp.h>

#include "nn/int8_matmul.h"
#include "nn/linear.h"
#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/rows.h"

/* The matrices of int8 that the layer is made of, one behind the other; false if it is f32. */
static bool int8_forward(float *y, const float *x, const mer__params *params, mer__affine layer,
                         int64_t rows) {
  ptrdiff_t first = mer__int8_params_find(&params->int8, layer.weight);
  if (first < 0) return false;
  const mer__int8_matrix *parts = &params->int8.matrices[first];
  int n_parts = 0;
  for (int64_t n = 0; n < layer.out; n += parts[n_parts++].rows) continue;
  mer__int8_linear_forward(y, x, parts, n_parts, mer__value(params, layer.bias), rows);
  return true;
}

static bool is_packed(const mer__params *params, mer__affine layer) {
  return layer.weight >= params->packed_from && layer.weight < params->packed_to &&
         layer.out % MER__PANEL == 0;
}

void mer__affine_forward(float *y, const float *x, const mer__params *params, mer__affine layer,
                         int64_t rows) {
  const float *weight = mer__value(params, layer.weight), *bias = mer__value(params, layer.bias);
  if (int8_forward(y, x, params, layer, rows)) return;
  if (params->bf16_scratch)
    mer__panels_multiply(y, x, weight, MER__ROWS_OF_COLUMNS, bias, rows, layer.out, layer.in,
                         MER__PRODUCT_BF16);
  else if (is_packed(params, layer))
    mer__panels_multiply(y, x, weight, MER__PANELS, bias, rows, layer.out, layer.in,
                         MER__PRODUCT_F32);
  else mer__linear_forward(y, x, weight, bias, rows, layer.in, layer.out);
}

/* dW = dy^T x, of which each thread makes parts of whole rows. */
typedef struct weight_gradient {
  const float *dy, *x;
  mer__affine layer;
  int64_t rows;
  float *packed; /* both, for products in bfloat16; else NULL */
} weight_gradient;

/* Rows first .. first + n - 1 of it; or added to `grad`, which bfloat16 alone can do. */
static void make_part(float *grad, const weight_gradient *g, int64_t first, int64_t n, bool add) {
  const int64_t in = g->layer.in, out = g->layer.out;
  if (g->packed)
    mer__panels_outer_rows(grad, g->packed, out, in, g->rows, first, n, add, MER__PRODUCT_BF16);
  else mer__linear_weight_gradient(grad, g->dy, g->x, g->rows, in, out, first, n);
}

/* Rows of a part: as many for each thread, at most `most`. */
static int64_t part_rows(int64_t out, int64_t most) {
  const int64_t threads = omp_get_max_threads(), least = (out + most - 1) / most;
  const int64_t n_parts = (least + threads - 1) / threads * threads;
  const int64_t rows = (out + n_parts - 1) / n_parts;
  const int64_t tiles = (rows + MER__PANEL_TILE - 1) / MER__PANEL_TILE * MER__PANEL_TILE;
  return tiles <= most ? tiles : most / MER__PANEL_TILE * MER__PANEL_TILE;
}

/* The gradient to the sink. */
static void give_weights(mer__grad_sink *sink, const weight_gradient *g) {
  const int64_t in = g->layer.in, out = g->layer.out, part = part_rows(out, sink->capacity / in);
  sink->announce(sink, g->layer.weight, in * out);
#pragma omp parallel for schedule(static)
  for (int64_t first = 0; first < out; first += part) {
    int64_t n = mer__chunk_size(out, first, part);
    float *grad = sink->scratch + omp_get_thread_num() * sink->capacity;
    make_part(grad, g, first, n, false);
    sink->take(sink, g->layer.weight + first * in, grad, n * in);
  }
}

/* The gradient in bfloat16, added to the block of gradients. */
static void add_weights(float *dweight, const weight_gradient *g) {
  const int64_t in = g->layer.in, out = g->layer.out, part = part_rows(out, out + MER__PANEL_TILE);
#pragma omp parallel for schedule(static)
  for (int64_t first = 0; first < out; first += part)
    make_part(dweight + first * in, g, first, mer__chunk_size(out, first, part), true);
}

/* A layer too wide for the sink's scratch adds to the block of gradients like the small ones. */
static bool goes_to_sink(const mer__params *params, mer__affine layer) {
  return params->sink && layer.in * MER__PANEL_TILE <= params->sink->capacity;
}

static void bf16_backward(float *dx, const weight_gradient *g, const mer__params *params) {
  const int64_t in = g->layer.in, out = g->layer.out;
  if (dx)
    mer__panels_multiply(dx, g->dy, mer__value(params, g->layer.weight), MER__ROWS, NULL, g->rows,
                         in, out, MER__PRODUCT_BF16);
  mer__rows_sum_add(mer__grad(params, g->layer.bias), g->dy, g->rows, out);
  mer__panels_outer_pack(g->packed, g->dy, g->x, out, in, g->rows, MER__PRODUCT_BF16);
  if (goes_to_sink(params, g->layer)) give_weights(params->sink, g);
  else add_weights(mer__grad(params, g->layer.weight), g);
}

void mer__affine_backward(float *dx, const float *dy, const float *x, const mer__params *params,
                          mer__affine layer, int64_t rows) {
  const weight_gradient g = {dy, x, layer, rows, params->bf16_scratch};
  const bool to_sink = goes_to_sink(params, layer);
  if (rows == 0) return;
  if (g.packed) {
    bf16_backward(dx, &g, params);
    return;
  }
  mer__linear_backward(dx, to_sink ? NULL : mer__grad(params, layer.weight),
                       mer__grad(params, layer.bias), dy, x, mer__value(params, layer.weight), rows,
                       layer.in, layer.out);
  if (to_sink) give_weights(params->sink, &g);
}
