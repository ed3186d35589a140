/* affine.c: Linear layers over the parameters. */
#include "layers/affine.h"

#include <assert.h>
#include <omp.h>

#include "nn/activation.h"
#include "nn/few_rows.h"
#include "nn/int8_matmul.h"
#include "nn/linear.h"
#include "nn/panels.h"
#include "nn/parallel.h"

/* Most parameters that are one weight. */
enum { MAX_PARTS = 4 };

static void int8_forward(float *y, float *activated, const float *x, const float *bias,
                         const mer__params *params, mer__affine layer, int64_t rows) {
  mer__int8_matrix parts[MAX_PARTS];
  int n_parts = 0;
  for (int64_t n = 0; n < layer.out && n_parts < MAX_PARTS; n += parts[n_parts++].rows)
    parts[n_parts] = params->items[layer.weight + n_parts].int8;
  mer__int8_linear_forward(y, activated, x, parts, n_parts, bias, rows);
}

/* Whether a product reads its weights in the order in which they lie. Its sums have another order
 * than those of panels, so in prediction the number of rows has no say in it: an answer is to have
 * the same bits alone and among others. */
static bool reads_few_rows(const mer__pass *pass, int64_t rows) {
  return mer__pass_products(pass) == MER__PRODUCT_F32 && (!pass->compute || rows <= MER__FEW_ROWS);
}

/* activated: NULL, or where to put GELU(y). */
static void forward(float *y, float *activated, const float *x, const float *bias,
                    const mer__pass *pass, mer__affine layer, int64_t rows) {
  const mer__params *params = pass->params;
  const float *weight = mer__value(params, layer.weight);
  const mer__storage storage = params->items[layer.weight].storage;
  const mer__product_dtype products = mer__pass_products(pass);
  if (mer__is_int8_product(storage)) {
    int8_forward(y, activated, x, bias, params, layer, rows);
  } else if (storage == MER__STORED_PANELS) {
    mer__panels_multiply(y, activated, x, weight, MER__PANELS, bias, rows, layer.out, layer.in,
                         products);
  } else if (reads_few_rows(pass, rows)) {
    mer__few_rows_forward(y, x, weight, bias, rows, layer.in, layer.out);
    if (activated) mer__gelu_forward(activated, y, rows * layer.out);
  } else {
    mer__panels_multiply(y, activated, x, weight, MER__ROWS_OF_COLUMNS, bias, rows, layer.out,
                         layer.in, products);
  }
}

void mer__affine_forward(float *y, const float *x, const mer__pass *pass, mer__affine layer,
                         int64_t rows) {
  forward(y, NULL, x, mer__value(pass->params, layer.bias), pass, layer, rows);
}

void mer__affine_forward_with(float *y, const float *x, const float *bias, const mer__pass *pass,
                              mer__affine layer, int64_t rows) {
  forward(y, NULL, x, bias, pass, layer, rows);
}

/* GELU is applied by the product itself, while its results are in the cache. */
void mer__affine_activated_forward(float *activated, float *y, const float *x,
                                   const mer__pass *pass, mer__affine layer, int64_t rows,
                                   mer__activation_kind activation) {
  const bool within = activation == MER__GELU;
  forward(y, within ? activated : NULL, x, mer__value(pass->params, layer.bias), pass, layer, rows);
  if (!within) mer__activation_forward(activation, activated, y, rows * layer.out);
}

/* dW = dy^T x, of which each thread makes parts of whole rows. */
typedef struct weight_gradient {
  const float *dy, *x;
  mer__affine layer;
  int64_t rows;
  mer__product_dtype products;
  float *packed; /* both operands, for products by panels; NULL: the rows are few */
} weight_gradient;

static weight_gradient weight_gradient_of(const float *dy, const float *x, const mer__pass *pass,
                                          mer__affine layer, int64_t rows) {
  const mer__product_dtype products = mer__pass_products(pass);
  const bool few = !pass->compute || (products == MER__PRODUCT_F32 && rows <= MER__FEW_ROWS);
  return (weight_gradient){dy, x, layer, rows, products, few ? NULL : pass->compute->outer_scratch};
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
static void give_rows(mer__grad_sink *sink, const weight_gradient *g, int64_t offset, int64_t first,
                      int64_t n) {
  const int64_t in = g->layer.in, out = g->layer.out;
  float *grad = sink->scratch + omp_get_thread_num() * sink->capacity;
  if (g->packed)
    mer__panels_outer_rows(grad, g->packed, out, in, g->rows, first, n, false, g->products);
  else mer__few_rows_weight_gradient(grad, g->dy, g->x, g->rows, in, out, first, n);
  sink->take(sink, offset + first * in, grad, n * in);
}

/* Rows of a part of the gradient: if rows of x are few, as many as are computed at a time, so that
 * what memory brings for Adam is asked for in between. */
static int64_t sink_rows(const weight_gradient *g, int64_t capacity) {
  return g->packed ? part_rows(g, capacity / g->layer.in) : MER__FEW_ROWS_STEP;
}

/* The gradient of the weights at `offset` of the block to the sink. */
static void give_weights(mer__grad_sink *sink, const weight_gradient *g, int64_t offset) {
  const int64_t in = g->layer.in, out = g->layer.out;
  const int64_t part = sink_rows(g, sink->capacity);
  sink->announce(sink, offset, in * out);
#pragma omp parallel for schedule(static)
  for (int64_t first = 0; first < out; first += part)
    give_rows(sink, g, offset, first, mer__chunk_size(out, first, part));
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
static mer__grad_sink *sink_of(const mer__pass *pass, const weight_gradient *g) {
  mer__grad_sink *sink = pass->compute ? pass->compute->sink : NULL;
  const int64_t least = g->packed ? mer__panels_tile(g->products) : MER__FEW_ROWS_STEP;
  return sink && g->layer.in * least <= sink->capacity ? sink : NULL;
}

void mer__affine_backward(float *dx, const float *dy, const float *x, const mer__pass *pass,
                          mer__affine layer, int64_t rows) {
  const mer__params *params = pass->params;
  const weight_gradient g = weight_gradient_of(dy, x, pass, layer, rows);
  const float *weight = mer__value(params, layer.weight);
  float *dweight = mer__grad(params, layer.weight);
  float *dbias = layer.bias == MER__NO_BIAS ? NULL : mer__grad(params, layer.bias);
  mer__grad_sink *sink = dweight ? sink_of(pass, &g) : NULL;
  if (rows == 0) return;
  mer__linear_backward(dx, sink || g.packed ? NULL : dweight, dbias, dy, x, weight, rows, layer.in,
                       layer.out, g.products);
  if (!dweight) return;
  if (g.packed) {
    assert(rows <= pass->compute->max_rows);
    mer__panels_outer_pack(g.packed, dy, x, layer.out, layer.in, rows, g.products);
  }
  if (sink) give_weights(sink, &g, params->items[layer.weight].offset);
  else if (g.packed) add_weights(dweight, &g);
}
