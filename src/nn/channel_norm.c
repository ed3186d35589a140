/* channel_norm.c: threads share tiles of columns and chunks of rows, whose sums are added in their
 * order. */
#include "nn/channel_norm.h"

#include <math.h>

#include "nn/channel_norm_kernels.h"
#include "nn/parallel.h"

enum {
  TILE = MER__COLUMN_TILE,
  TILES = 2,         /* that are worked on at a time */
  CHUNKS = 8,        /* most chunks of the rows */
  LEAST_ROWS = 1024, /* of a chunk, if there are several */
};

/* Work on up to TILES * TILE columns of rows: cut into parts, each a chunk of rows of one tile. */
typedef struct work {
  int64_t rows, width, n; /* n: the columns */
  int64_t chunk, n_chunks, n_parts;
  bool shared;
} work;

static work work_of(int64_t rows, int64_t width, int64_t n) {
  work w = {.rows = rows, .width = width, .n = n};
  w.chunk = mer__max((rows + CHUNKS - 1) / CHUNKS, LEAST_ROWS);
  w.n_chunks = (rows + w.chunk - 1) / w.chunk;
  w.n_parts = w.n_chunks * ((n + TILE - 1) / TILE);
  w.shared = mer__shared(rows * n >= MER__PARALLEL_MIN);
  return w;
}

/* A part: its rows and columns, and where it begins. */
typedef struct part {
  int64_t rows, n, column, at;
} part;

static part part_of(const work *w, int64_t i) {
  const int64_t column = i / w->n_chunks * TILE, row = i % w->n_chunks * w->chunk;
  return (part){mer__chunk_size(w->rows, row, w->chunk), mer__chunk_size(w->n, column, TILE),
                column, row * w->width + column};
}

typedef float part_sums[TILES * CHUNKS][TILE];

/* The sums of all parts, in `sums` [n]. */
static void add_parts(float *sums, const work *w, part_sums parts) {
  for (int64_t j = 0; j < w->n; j++) {
    sums[j] = 0;
    for (int64_t i = 0; i < w->n_chunks; i++)
      sums[j] += parts[j / TILE * w->n_chunks + i][j % TILE];
  }
}

static void find_sums(float *sums, const float *x, const float *shift, bool squares,
                      const work *w) {
  part_sums parts;
#pragma omp parallel for schedule(static) if (w->shared)
  for (int64_t i = 0; i < w->n_parts; i++) {
    const part p = part_of(w, i);
    MER__CHOSEN(mer__channel_norm)
        ->sums(parts[i], x + p.at, shift + p.column, squares, p.rows, w->width, p.n);
  }
  add_parts(sums, w, parts);
}

static void forward_columns(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                            const float *beta, const work *w, float epsilon) {
  float scale[TILES * TILE], shift[TILES * TILE] = {0};
  find_sums(mean, x, shift, false, w);
  for (int64_t j = 0; j < w->n; j++) mean[j] /= (float)w->rows;
  find_sums(rstd, x, mean, true, w);
  for (int64_t j = 0; j < w->n; j++) {
    rstd[j] = 1 / sqrtf(rstd[j] / (float)w->rows + epsilon);
    scale[j] = rstd[j] * gamma[j];
    shift[j] = beta[j] - mean[j] * scale[j];
  }
#pragma omp parallel for schedule(static) if (w->shared)
  for (int64_t i = 0; i < w->n_parts; i++) {
    const part p = part_of(w, i);
    MER__CHOSEN(mer__channel_norm)
        ->scale(y + p.at, x + p.at, scale + p.column, shift + p.column, p.rows, w->width, p.n);
  }
}

void mer__channel_norm_forward(float *y, float *mean, float *rstd, const float *x,
                               const float *gamma, const float *beta, int64_t rows, int64_t width,
                               float epsilon) {
  if (rows == 0) return;
  for (int64_t j = 0; j < width; j += TILES * TILE) {
    const work w = work_of(rows, width, mer__chunk_size(width, j, TILES * TILE));
    forward_columns(y + j, mean + j, rstd + j, x + j, gamma + j, beta + j, &w, epsilon);
  }
}

static void backward_columns(float *dx, float *dgamma, float *dbeta, const float *dy,
                             const float *x, const float *mean, const float *rstd,
                             const float *gamma, const work *w) {
  part_sums of_sums, of_projections;
  float sums[TILES * TILE], projections[TILES * TILE], factor[TILES * TILE];
#pragma omp parallel for schedule(static) if (w->shared)
  for (int64_t i = 0; i < w->n_parts; i++) {
    const part p = part_of(w, i);
    MER__CHOSEN(mer__channel_norm)
        ->gradient_sums(of_sums[i], of_projections[i], dy + p.at, x + p.at, mean + p.column,
                        rstd + p.column, p.rows, w->width, p.n);
  }
  add_parts(sums, w, of_sums);
  add_parts(projections, w, of_projections);
  for (int64_t j = 0; j < w->n; j++) {
    dbeta[j] += sums[j];
    dgamma[j] += projections[j];
    sums[j] /= (float)w->rows;
    projections[j] /= (float)w->rows;
    factor[j] = gamma[j] * rstd[j];
  }
#pragma omp parallel for schedule(static) if (w->shared)
  for (int64_t i = 0; i < w->n_parts; i++) {
    const part p = part_of(w, i);
    MER__CHOSEN(mer__channel_norm)
        ->gradient(dx + p.at, dy + p.at, x + p.at, mean + p.column, rstd + p.column,
                   factor + p.column, sums + p.column, projections + p.column, p.rows, w->width,
                   p.n);
  }
}

void mer__channel_norm_backward(float *dx, float *dgamma, float *dbeta, const float *dy,
                                const float *x, const float *mean, const float *rstd,
                                const float *gamma, int64_t rows, int64_t width) {
  if (rows == 0) return;
  for (int64_t j = 0; j < width; j += TILES * TILE) {
    const work w = work_of(rows, width, mer__chunk_size(width, j, TILES * TILE));
    backward_columns(dx + j, dgamma + j, dbeta + j, dy + j, x + j, mean + j, rstd + j, gamma + j,
                     &w);
  }
}
