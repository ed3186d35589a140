/* optimizer.h: the optimizer of a training: Adam or AdamW over all trainable parameters, each read
 * and written as rarely as can be. The results have the same bits as one dense pass after each
 * backward pass:
 *
 * - Rows of the word embeddings that no token of a batch names have no gradient. They are not
 *   updated until they are next needed; then the steps that they have missed are made up for.
 * - Unless all gradients are needed first (to clip them, or to look at them), the weights of a
 * Linear layer are updated part by part as soon as a part's gradient is known: it never leaves the
 * cache.
 *
 * Buffers among what a training keeps are left alone.
 *
 * A gradient that is not finite is found by the update itself, which looks at each second moment
 * that it writes, at no cost; parts of that step are applied by then. Where all gradients are known
 * first, their norm tells, and the step can be skipped. */
#ifndef MER_TRAIN_OPTIMIZER_H
#define MER_TRAIN_OPTIMIZER_H

#include <stdatomic.h>

#include "layers/pass.h"
#include "train/adam.h"

/** A table of rows that are touched one by one; no rows: none. `offset` is in the parameters. */
typedef struct mer__row_table {
  int64_t offset, n_rows, width;
} mer__row_table;

/** Parameters side by side that have the same rate: from where the range before ends to `end`. */
typedef struct mer__rate_range {
  int64_t end;
  double rate;         /* what the learning rate is multiplied by */
  mer__adam_step step; /* the present one */
} mer__rate_range;

/** A part of the trainable parameters. */
typedef struct mer__range {
  int64_t first, n;
} mer__range;

/** Zero-initialize. */
typedef struct mer__optimizer {
  mer__grad_sink sink; /* of the parameters, in a step `at_once` */
  mer__params *params;
  mer__compute *compute; /* whose sink this is in a step `at_once` */
  float *m, *v;          /* moments, borrowed: [n], as the trainable parameters */
  int64_t n;
  mer__rate_range *ranges; /* [n_ranges], of all trainable parameters */
  int64_t n_ranges;
  mer__row_table table;
  int64_t *row_steps; /* [n_rows]: steps that a row has been through */
  int32_t *touched;   /* [n_rows]: rows of this step */
  int64_t n_touched;
  bool *is_touched;         /* [n_rows] */
  mer__adam_step *steps;    /* [n_steps - first_step], of the table: step s + 1 is at
                               s - first_step */
  int64_t first_step, step; /* steps done at the start, and now */
  mer__range *done;         /* of this step: updated already, or left to the table */
  size_t n_done, done_capacity;
  bool failed;         /* memory ran out within a step */
  atomic_bool spoiled; /* an update met a gradient that is not finite */
} mer__optimizer;

/** `step` steps of `n_steps` are done already. `params` is in training by the kernels of `compute`;
 * borrows both and the moments. MER_STATUS_NO_MEMORY. */
mer_status mer__optimizer_init(mer__optimizer *optimizer, mer__params *params,
                               mer__compute *compute, float *m, float *v, mer__row_table table,
                               int64_t step, int64_t n_steps, mer_error *err);
void mer__optimizer_clear(mer__optimizer *optimizer);

/** Before the forward pass: begins the next step, with `options` (of its learning rate). With
 * `at_once` the Linear weights are updated as soon as their gradient is known. */
void mer__optimizer_begin(mer__optimizer *optimizer, const mer__adam *options, bool at_once);
/** Before the forward pass: the rows `ids` [n] of the table are needed; they may repeat. */
void mer__optimizer_touch(mer__optimizer *optimizer, const int32_t *ids, int64_t n);
/** After that: makes the rows that are needed what they are after the last step. */
void mer__optimizer_catch_up(mer__optimizer *optimizer);
/** The Euclidean norm of the gradient. Not `at_once`. */
double mer__optimizer_gradient_norm(const mer__optimizer *optimizer);
/** After the backward pass: updates what is not yet, and zeroes the gradient. `grad_scale` is 1 if
 * `at_once`. MER_STATUS_NO_MEMORY. */
mer_status mer__optimizer_step(mer__optimizer *optimizer, float grad_scale, mer_error *err);
/** After a step: whether a gradient, or its square, was not finite. Then parameters and moments are
 * of no more use. */
bool mer__optimizer_is_spoiled(const mer__optimizer *optimizer);
/** In place of a step, before anything is updated: leaves parameters and moments as they are, and
 * zeroes the gradient. */
void mer__optimizer_skip(mer__optimizer *optimizer);
/** Makes all parameters and moments what they are after the last step: before they are evaluated,
 * copied or saved. */
void mer__optimizer_sync(mer__optimizer *optimizer);

#endif
