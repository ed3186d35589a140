/* linear.c: the backward pass of the affine layer as matrix products. */
#include "nn/linear.h"

#include <stddef.h>

#include "nn/few_rows.h"
#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/rows.h"
#include "nn/small_matmul.h"

/* Rows of dW, added up one by one: for few rows of dy. */
static void add_weight_gradient(float *dweight, const float *dy, const float *x, int64_t rows,
                                int64_t in, int64_t out) {
  enum { STEP = MER__FEW_ROWS_STEP };
#pragma omp parallel for schedule(static) if (rows * in * out >= 8 * MER__PARALLEL_MIN)
  for (int64_t j = 0; j < out; j += STEP)
    mer__small_matmul(dweight + j * in, in, (mer__strided){dy + j, 1, out}, x, in,
                      mer__chunk_size(out, j, STEP), in, rows, true);
}

void mer__linear_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                          const float *weight, int64_t rows, int64_t in, int64_t out,
                          mer__product_dtype products) {
  if (rows == 0) return;
  if (dx) mer__panels_multiply(dx, NULL, dy, weight, MER__ROWS, NULL, rows, in, out, products);
  if (dweight) add_weight_gradient(dweight, dy, x, rows, in, out);
  if (dbias) mer__rows_sum_add(dbias, dy, rows, out);
}
