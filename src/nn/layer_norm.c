/* layer_norm.c: threads share rows, and tiles of columns where columns are summed. */
#include "nn/layer_norm.h"

#include <assert.h>
#include <stddef.h>

#include "nn/layer_norm_kernels.h"
#include "nn/parallel.h"

/* Rows from .. to - 1. */
static void forward_rows(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                         const float *beta, int64_t from, int64_t to, int64_t width,
                         float epsilon) {
  const mer__layer_norm_kernels *kernels = MER__CHOSEN(mer__layer_norm);
  for (int64_t i = from; i < to; i++)
    kernels->forward_row(y + i * width, mean ? mean + i : NULL, rstd ? rstd + i : NULL,
                         x + i * width, gamma, beta, width, epsilon);
}

void mer__layer_norm_forward(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                             const float *beta, int64_t rows, int64_t width, float epsilon) {
  assert(width > 0 && !mean == !rstd);
  if (!mer__shared(rows * width >= MER__PARALLEL_MIN)) {
    forward_rows(y, mean, rstd, x, gamma, beta, 0, rows, width, epsilon);
    return;
  }
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < rows; i++)
    forward_rows(y, mean, rstd, x, gamma, beta, i, i + 1, width, epsilon);
}

void mer__layer_norm_backward(float *dx, float *dgamma, float *dbeta, const float *dy,
                              const float *x, const float *mean, const float *rstd,
                              const float *gamma, int64_t rows, int64_t width) {
  const mer__layer_norm_kernels *kernels = MER__CHOSEN(mer__layer_norm);
  assert(width > 0 && !dgamma == !dbeta);
  const int64_t n_columns = dgamma ? width : 0;
  /* The columns first: dx may take the place of dy. */
#pragma omp parallel if (rows * width >= MER__PARALLEL_MIN)
  {
#pragma omp for schedule(static)
    for (int64_t j = 0; j < n_columns; j += MER__COLUMN_TILE)
      kernels->backward_columns(dgamma + j, dbeta + j, dy + j, x + j, mean, rstd, rows, width,
                                mer__chunk_size(width, j, MER__COLUMN_TILE));
#pragma omp for schedule(static)
    for (int64_t i = 0; i < rows; i++)
      kernels->backward_row(dx + i * width, dy + i * width, x + i * width, mean[i], rstd[i], gamma,
                            width);
  }
}
