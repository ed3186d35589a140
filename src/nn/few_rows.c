/* few_rows.c: dot products of 4 rows of x and 3 rows of W at a time: the 12 sums and what they are
 * made of fill the 16 registers of AVX2. */
#include "nn/few_rows.h"

#include <stddef.h>
#include <string.h>

#include "base/dispatch.h"
#include "nn/f32x8.h"
#include "nn/parallel.h"
#include "nn/small_matmul.h"

enum { ROWS = 4, OUTPUTS = 3, LANES = 8 };

typedef struct layer {
  float *y;
  const float *x, *weight, *bias;
  int64_t rows, in, out;
} layer;

/* Rows i .. i + rows - 1 of outputs j .. j + outputs - 1; both counts are constants at each call.
 */
MER__INLINE void tile(const layer *l, int64_t i, int64_t j, const int rows, const int outputs) {
  const float *x = l->x + i * l->in, *w = l->weight + j * l->in;
  mer__f32x8 sums[ROWS][OUTPUTS] = {0};
  int64_t k = 0;
  for (; k + LANES <= l->in; k += LANES) {
    mer__f32x8 weights[OUTPUTS];
#pragma GCC unroll 4
    for (int c = 0; c < outputs; c++) weights[c] = MER__LOAD8_ONCE(w + c * l->in + k);
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
      const mer__f32x8 elements = MER__LOAD8_ONCE(x + r * l->in + k);
#pragma GCC unroll 4
      for (int c = 0; c < outputs; c++) sums[r][c] += elements * weights[c];
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int c = 0; c < outputs; c++) {
      float sum = mer__total8(&sums[r][c]) + (l->bias ? l->bias[j + c] : 0.0f);
      for (int64_t p = k; p < l->in; p++) sum += x[r * l->in + p] * w[c * l->in + p];
      l->y[(i + r) * l->out + j + c] = sum;
    }
}

MER__INLINE void all_rows(const layer *l, int64_t j, const int outputs) {
  int64_t i = 0;
  for (; i + 4 <= l->rows; i += 4) tile(l, i, j, 4, outputs);
  for (; i + 2 <= l->rows; i += 2) tile(l, i, j, 2, outputs);
  if (i < l->rows) tile(l, i, j, 1, outputs);
}

/* Outputs j .. j + n - 1, n <= OUTPUTS. */
MER__KERNEL static void some_outputs(const layer *l, int64_t j, int64_t n) {
  if (n == OUTPUTS) all_rows(l, j, OUTPUTS);
  else
    for (int64_t c = 0; c < n; c++) all_rows(l, j + c, 1);
}

void mer__few_rows_forward(float *y, const float *x, const float *weight, const float *bias,
                           int64_t rows, int64_t in, int64_t out) {
  const layer l = {y, x, weight, bias, rows, in, out};
#pragma omp parallel for schedule(static) if (rows * in * out >= 8 * MER__PARALLEL_MIN)
  for (int64_t j = 0; j < out; j += OUTPUTS) some_outputs(&l, j, mer__chunk_size(out, j, OUTPUTS));
}

void mer__few_rows_weight_gradient(float *drows, const float *dy, const float *x, int64_t rows,
                                   int64_t in, int64_t out, int64_t first, int64_t n) {
  mer__small_matmul(drows, in, (mer__strided){dy + first, 1, out}, x, in, n, in, rows, false);
}
