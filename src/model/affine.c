/* affine.c: the Linear layers of a model. */
#include "model/affine.h"

#include <omp.h>

#include "nn/bf16_linear.h"
#include "nn/int8_matmul.h"
#include "nn/linear.h"
#include "nn/parallel.h"

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

void mer__affine_forward(float *y, const float *x, const mer__params *params, mer__affine layer,
                         int64_t rows) {
  if (params->bf16_scratch) {
    mer__bf16_linear_forward(y, x, mer__value(params, layer.weight), mer__value(params, layer.bias),
                             rows, layer.in, layer.out, params->bf16_scratch);
    return;
  }
  if (int8_forward(y, x, params, layer, rows)) return;
  mer__linear_forward(y, x, mer__value(params, layer.weight), mer__value(params, layer.bias), rows,
                      layer.in, layer.out);
}

/* The weights' gradient, in parts of whole rows that each thread makes and hands over. */
static void give_weights(mer__grad_sink *sink, const float *dy, const float *x, mer__affine layer,
                         int64_t rows) {
  const int64_t threads = omp_get_max_threads();
  const int64_t most = sink->capacity / layer.in, least = (layer.out + most - 1) / most;
  const int64_t n_parts = (least + threads - 1) / threads * threads;
  const int64_t part = (layer.out + n_parts - 1) / n_parts;
  sink->announce(sink, layer.weight, layer.in * layer.out);
#pragma omp parallel for schedule(static)
  for (int64_t first = 0; first < layer.out; first += part) {
    int64_t n = mer__chunk_size(layer.out, first, part);
    float *grad = sink->scratch + omp_get_thread_num() * sink->capacity;
    mer__linear_weight_gradient(grad, dy, x, rows, layer.in, layer.out, first, n);
    sink->take(sink, layer.weight + first * layer.in, grad, n * layer.in);
  }
}

/* A layer too wide for the sink's scratch adds to the block of gradients like the small ones. */
static bool goes_to_sink(const mer__params *params, mer__affine layer) {
  return params->sink && layer.in <= params->sink->capacity;
}

void mer__affine_backward(float *dx, const float *dy, const float *x, const mer__params *params,
                          mer__affine layer, int64_t rows) {
  if (params->bf16_scratch) {
    mer__bf16_linear_backward(dx, mer__grad(params, layer.weight), mer__grad(params, layer.bias),
                              dy, x, mer__value(params, layer.weight), rows, layer.in, layer.out,
                              params->bf16_scratch);
    return;
  }
  bool to_sink = goes_to_sink(params, layer);
  mer__linear_backward(dx, to_sink ? NULL : mer__grad(params, layer.weight),
                       mer__grad(params, layer.bias), dy, x, mer__value(params, layer.weight), rows,
                       layer.in, layer.out);
  if (to_sink && rows > 0) give_weights(params->sink, dy, x, layer, rows);
}
