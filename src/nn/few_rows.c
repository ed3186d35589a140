/* few_rows.c: threads share the outputs. */
#include "nn/few_rows.h"

#include "nn/parallel.h"
#include "nn/small_kernels.h"

void mer__few_rows_forward(float *y, const float *x, const float *weight, const float *bias,
                           int64_t rows, int64_t in, int64_t out) {
  enum { STEP = MER__FEW_ROWS_OUTPUTS };
  const mer__few_rows_layer layer = {y, x, weight, bias, rows, in, out};
  const mer__small_kernels *kernels = MER__CHOSEN(mer__small);
#pragma omp parallel for schedule(static) if (rows * in * out >= 8 * MER__PARALLEL_MIN)
  for (int64_t j = 0; j < out; j += STEP)
    kernels->few_rows(&layer, j, mer__chunk_size(out, j, STEP));
}

void mer__few_rows_weight_gradient(float *drows, const float *dy, const float *x, int64_t rows,
                                   int64_t in, int64_t out, int64_t first, int64_t n) {
  mer__small_matmul(drows, in, (mer__strided){dy + first, 1, out}, x, in, n, in, rows, false);
}
