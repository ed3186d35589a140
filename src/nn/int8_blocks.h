/* int8_blocks.h: products of int8 weights with rows of bytes. Each thread puts a block of rows into
 * tiles of its own, which stay in the second-level cache, and multiplies it by panel after panel,
 * which stay in the first: so no thread waits for another. Where the rows come from, and what is
 * done with a result while it is in the cache, is the caller's. */
#ifndef MER_NN_INT8_BLOCKS_H
#define MER_NN_INT8_BLOCKS_H

#include "nn/int8_kernels.h"

enum {
  MER__INT8_BLOCK_ROWS = 192,         /* most rows of a block: whole tiles of any size */
  MER__INT8_BLOCK_BYTES = 192 * 3072, /* of such a block with bert-base's longest rows */
  MER__INT8_ROW_SLACK = 64,           /* bytes after a row that may be written */
};

/** A block of rows. */
typedef struct mer__int8_block {
  uint8_t x[MER__INT8_BLOCK_BYTES];                         /* in tiles */
  uint8_t row[MER__INT8_MAX_COLUMNS + MER__INT8_ROW_SLACK]; /* one row, before it is placed */
  float scales[MER__INT8_BLOCK_ROWS];
  int32_t zeros[MER__INT8_BLOCK_ROWS];
} mer__int8_block;

/** A product, the first member of what its callbacks know. */
typedef struct mer__int8_blocks {
  float *y; /* [rows, outputs] */
  int64_t rows;
  const mer__int8_matrix *parts; /* [n_parts], on top of each other */
  int n_parts;
  const float *factors, *bias; /* [outputs]: of the weights' scales; each may be NULL */
  const float *residual;       /* [rows, outputs] or NULL */
  bool relu;                   /* after the residual */
  /** Fills the block with rows first .. first + n - 1. */
  void (*fill)(mer__int8_block *block, const struct mer__int8_blocks *p, int64_t first, int64_t n);
  /** Called with y + `at`, n rows of `n_outputs` numbers, `outputs` apart; NULL: nothing to do. */
  void (*finish)(const struct mer__int8_blocks *p, int64_t at, int64_t n, int64_t n_outputs);
  /* What mer__int8_blocks_begin sets. */
  const mer__int8_kernel *kernel;
  int64_t columns, outputs, n_panels;
  int64_t placed; /* groups of a row in a tile */
  int32_t most_x; /* the largest activation */
} mer__int8_blocks;

/** Sets the rest. */
void mer__int8_blocks_begin(mer__int8_blocks *p);
/** Bytes from a row's tile to where group 0 of row i of a block belongs. */
int64_t mer__int8_blocks_place(const mer__int8_blocks *p, int64_t i);
/** Whether threads pay off. */
bool mer__int8_blocks_shared(const mer__int8_blocks *p);
/** The part of thread number `thread` of n. */
void mer__int8_blocks_run(const mer__int8_blocks *p, int64_t thread, int64_t n_threads);
/** The same in small parts: each thread has a queue of its own, near to what it had before, and
 * helps the others when that is empty, so that a slower one does less. `taken` [n_threads]: zeros
 * before, shared. */
void mer__int8_blocks_run_queues(const mer__int8_blocks *p, int64_t *taken, int64_t thread,
                                 int64_t n_threads);

#endif
