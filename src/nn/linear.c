/* linear.c: the affine layer as matrix products. */
#include "nn/linear.h"

#include <stddef.h>
#include <string.h>

#include "nn/few_rows.h"
#include "nn/matmul.h"
#include "nn/panels.h"
#include "nn/rows.h"

void mer__linear_forward(float *y, const float *x, const float *weight, const float *bias,
                         int64_t rows, int64_t in, int64_t out) {
  if (rows <= MER__FEW_ROWS) {
    mer__few_rows_forward(y, x, weight, bias, rows, in, out);
    return;
  }
  /* The product is added to the bias: y is written anyway, and then still in the cache. */
  for (int64_t i = 0; bias && i < rows; i++) memcpy(y + i * out, bias, (size_t)out * sizeof *y);
  mer__matmul(y, x, false, weight, true, rows, out, in, bias != NULL);
}

/* Rows of W this long lie on a page each, and sgemm reads it in columns: with few rows of dy that
 * takes longer than the product. */
static bool reads_too_far(int64_t rows, int64_t in) { return in >= 1024 && rows <= 512; }

void mer__linear_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                          const float *weight, int64_t rows, int64_t in, int64_t out) {
  if (rows == 0) return;
  if (dx && reads_too_far(rows, in))
    mer__panels_multiply(dx, NULL, dy, weight, MER__ROWS, NULL, rows, in, out, MER__PRODUCT_F32);
  else if (dx) mer__matmul(dx, dy, false, weight, false, rows, in, out, false);
  if (dweight) mer__matmul(dweight, dy, true, x, false, out, in, rows, true);
  if (dbias) mer__rows_sum_add(dbias, dy, rows, out);
}
