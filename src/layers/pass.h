/* pass.h: what the layers of one pass through a network compute with. */
#ifndef MER_LAYERS_PASS_H
#define MER_LAYERS_PASS_H

#include "base/alloc.h"
#include "layers/noise.h"
#include "layers/params.h"
#include "nn/panels.h"

/** Takes the gradient of a Linear layer's weights as soon as it is known, part by part, in place of
 * the block of gradients. */
typedef struct mer__grad_sink {
  /** The gradient of the n values of the block from `offset` on; called from any thread. */
  void (*take)(struct mer__grad_sink *sink, int64_t offset, float *grad, int64_t n);
  /** Called once before that, from one thread, with the range of all parts together. */
  void (*announce)(struct mer__grad_sink *sink, int64_t offset, int64_t n);
  float *scratch; /* [n_threads, capacity] for the gradients */
  int64_t capacity;
} mer__grad_sink;

/** How a training computes its products. Zero-initialize: f32, gradients of weights row by row. */
typedef struct mer__compute {
  mer__product_dtype products; /* of the Linear layers */
  int64_t max_rows;            /* most rows that a Linear layer is given */
  float *outer_scratch;        /* for gradients of weights by packed panels; NULL: rows are few */
  mer__grad_sink *sink;        /* borrowed; NULL: all gradients are added to the block */
  bool recompute; /* set: of a layer of a stack its input alone is kept, and the rest is computed
                     again in the backward pass, to the same bits */
} mer__compute;

/** Products in `dtype` by packed panels, of up to `max_rows` rows. MER_STATUS_NO_MEMORY. */
mer_status mer__compute_init(mer__compute *compute, const mer__params *params,
                             mer__product_dtype dtype, int64_t max_rows, mer_error *err);
void mer__compute_clear(mer__compute *compute);

typedef struct mer__pass {
  const mer__params *params;
  const mer__compute *compute; /* NULL: prediction */
  mer__arena *arena;           /* of what the pass keeps */
  mer__noise noise;
  bool many_rows; /* each utterance gives its products many rows */
} mer__pass;

/** What its products are of. */
mer__product_dtype mer__pass_products(const mer__pass *pass);

#endif
