/* int8_blocks.h: products of int8 weights with rows of bytes. Each thread puts a block of rows into
 * tiles of its own, which stay in the second-level cache, and multiplies it by panel after panel,
 * which stay in the first: so no thread waits for another. Where the rows come from, and what is
 * done with a result while it is in the cache, is the caller's. */
#ifndef MER_NN_INT8_BLOCKS_H
#define MER_NN_INT8_BLOCKS_H

#include "nn/int8_kernels.h"

enum {
  MER__INT8_BLOCK_ROWS = 208,         /* most rows of a block: the 197 of an image in a ViT */
  MER__INT8_BLOCK_BYTES = 208 * 3072, /* of such a block with bert-base's longest rows */
  MER__INT8_ROW_SLACK = 64,           /* bytes after a row that may be written */
};

/** A block of rows. */
typedef struct mer__int8_block {
  uint8_t x[MER__INT8_BLOCK_BYTES];                         /* in tiles */
  uint8_t row[MER__INT8_MAX_COLUMNS + MER__INT8_ROW_SLACK]; /* room for one row: see .fill */
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
  /** Makes rows first + from .. first + to - 1 rows from .. to - 1 of the block; `row`
   * [columns, up to a whole tile, and MER__INT8_ROW_SLACK]: room for one, before it is placed. */
  void (*fill)(mer__int8_block *block, const struct mer__int8_blocks *p, int64_t first,
               int64_t from, int64_t to, uint8_t *row);
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
/** Where in a block's `x` group 0 of row i belongs, in bytes. */
int64_t mer__int8_blocks_place(const mer__int8_blocks *p, int64_t i);
/** Sets scales and biases of the outputs from number `output` on, whose weights have `scales`. */
void mer__int8_blocks_factors(mer__int8_product *block, const mer__int8_blocks *p,
                              const float *scales, int64_t output);
/** Whether threads pay off. */
bool mer__int8_blocks_shared(const mer__int8_blocks *p);
/** The part of thread number `thread` of n. */
void mer__int8_blocks_run(const mer__int8_blocks *p, int64_t thread, int64_t n_threads);
/** The same in small parts: each thread has a queue of its own, near to what it had before, and
 * helps the others when that is empty, so that a slower one does less. `taken` [n_threads]: zeros
 * before, shared. */
void mer__int8_blocks_run_queues(const mer__int8_blocks *p, int64_t *taken, int64_t thread,
                                 int64_t n_threads);

/** One block that all threads fill, and whose panels they take in turn, so that each weight is read
 * by one thread alone. */
typedef struct mer__int8_common {
  mer__int8_block *block;
  int64_t taken; /* panels */
} mer__int8_common;
/** Whether a product is one: the rows are enough for that, and not too many. */
bool mer__int8_common_fits(const mer__int8_blocks *p, int64_t n_threads);
/** By the thread that opens the parallel region, before and after it. */
void mer__int8_common_begin(mer__int8_common *c);
void mer__int8_common_end(const mer__int8_common *c);
/** The part of thread number `thread` of n, which all call. */
void mer__int8_common_run(mer__int8_common *c, const mer__int8_blocks *p, int64_t thread,
                          int64_t n_threads);

#endif
