/* int8_matmul.c: Linear layers with int8 weights: each row of a block is rounded by itself. */
#include "nn/int8_matmul.h"

#include <omp.h>
#include <stddef.h>
#include <string.h>

#include "nn/activation.h"
#include "nn/int8_blocks.h"
#include "nn/int8_rounding_kernels.h"

typedef struct linear {
  mer__int8_blocks blocks;
  float *activated;
  const float *x;
  int64_t x_row;
} linear;

/* Rounds the rows of a block, and puts them into tiles. */
static void round_rows(mer__int8_block *block, const mer__int8_blocks *p, int64_t first,
                       int64_t from, int64_t to, uint8_t *row) {
  const linear *l = (const linear *)p;
  const mer__int8_rounding_kernels *kernels = MER__CHOSEN(mer__int8_rounding);
  memset(row + p->columns, 0, (size_t)(p->placed * MER__INT8_GROUP - p->columns));
  for (int64_t i = from; i < to; i++) {
    const float *x = l->x + (first + i) * l->x_row;
    const mer__int8_rounding r = kernels->activations(row, x, p->columns, p->most_x);
    p->kernel->place(block->x + mer__int8_blocks_place(p, i), row, p->placed);
    block->scales[i] = r.scale;
    block->zeros[i] = r.zero;
  }
}

static void activate(const mer__int8_blocks *p, int64_t at, int64_t n, int64_t n_outputs) {
  const linear *l = (const linear *)p;
  mer__gelu_rows(l->activated + at, p->y + at, p->outputs, n, n_outputs);
}

static void run_shared(const mer__int8_blocks *p) {
  mer__int8_common common;
  if (!mer__int8_common_fits(p, omp_get_max_threads())) {
#pragma omp parallel
    mer__int8_blocks_run(p, omp_get_thread_num(), omp_get_num_threads());
    return;
  }
  mer__int8_common_begin(&common);
#pragma omp parallel
  mer__int8_common_run(&common, p, omp_get_thread_num(), omp_get_num_threads());
  mer__int8_common_end(&common);
}

void mer__int8_linear_forward(float *y, float *activated, const float *x,
                              const mer__int8_matrix *parts, int n_parts, const float *bias,
                              int64_t rows) {
  mer__int8_linear_forward_rows(y, activated, x, parts[0].columns, parts, n_parts, bias, rows);
}

void mer__int8_linear_forward_rows(float *y, float *activated, const float *x, int64_t x_row,
                                   const mer__int8_matrix *parts, int n_parts, const float *bias,
                                   int64_t rows) {
  linear l = {.blocks = {.y = y,
                         .rows = rows,
                         .parts = parts,
                         .n_parts = n_parts,
                         .bias = bias,
                         .fill = round_rows,
                         .finish = activated ? activate : NULL},
              .activated = activated,
              .x = x,
              .x_row = x_row};
  mer__int8_blocks_begin(&l.blocks);
  if (!mer__int8_blocks_shared(&l.blocks)) {
    mer__int8_blocks_run(&l.blocks, 0, 1);
    return;
  }
  run_shared(&l.blocks);
}
