/* checkpoint.h: the state of a training between two steps, in one safetensors file. */
#ifndef MER_TRAIN_CHECKPOINT_H
#define MER_TRAIN_CHECKPOINT_H

#include "base/digest.h"
#include "mer/tensor.h"
#include "mer/train.h"

/** Everything that changes while training. The arrays are of the trainable parameters. */
typedef struct mer__train_state {
  float *params, *m, *v; /* [n] */
  float *best;           /* [n], of the best epoch so far, if best_epoch > 0 */
  float *mean;           /* [n], of the epochs after `average_from`; NULL: there is none */
  int64_t average_from;  /* epochs; a setting, not part of what is saved */
  int64_t n;
  int64_t step;    /* steps done, those that were skipped among them */
  int64_t batch;   /* batches done in the present epoch */
  double loss_sum; /* of the present epoch, as the next three */
  int64_t n_correct, n_seen;
  int64_t n_skipped;     /* steps, as their loss or gradient was not finite */
  int64_t n_in_a_row;    /* steps that were skipped since the last that was not */
  int64_t cautious_from; /* step, from 1, from which on the whole gradient is looked at before any
                            update; 0: none, as that costs time and is seldom needed */
  mer_epoch *epochs;     /* those that are complete */
  int64_t n_epochs;
  int64_t best_epoch; /* from 1; 0: none yet */
  double best_score;
} mer__train_state;

/** Epochs whose mean `epoch` (from 1) is measured and kept as; 0: it is itself. */
static inline int64_t mer__state_averaged(const mer__train_state *s, int64_t epoch) {
  return s->mean && epoch > s->average_from ? epoch - s->average_from : 0;
}

/** Steps that were skipped in all epochs. */
static inline int64_t mer__state_skipped(const mer__train_state *s) {
  int64_t n = s->n_skipped;
  for (int64_t i = 0; i < s->n_epochs; i++) n += s->epochs[i].n_skipped;
  return n;
}

/** What the counters of a state depend on. */
typedef struct mer__train_size {
  int64_t n_epochs, n_batches; /* n_batches: of an epoch */
  int64_t n_utterances, batch_size;
} mer__train_size;

/** Writes the state and the `settings` (JSON text) it belongs to, atomically. */
mer_status mer__checkpoint_write(const char *path, const mer__train_state *state,
                                 const char *settings, mer_error *err);

/** The checksum that the file holds: of the two texts, and of names and data of its tensors in the
 * order of the file. */
void mer__checkpoint_sum(char sum[MER__HASH_BYTES], const mer_tensor *tensors, int n_tensors,
                         const char *state, const char *settings);

/** Reads it into a state whose arrays are allocated (`epochs` for size->n_epochs).
 * MER_STATUS_NOT_FOUND; MER_STATUS_INVALID if it belongs to other settings (the message names the
 * first that differs); MER_STATUS_FORMAT: it is damaged, which its checksum shows, its counters
 * contradict each other or `size`, or an array holds a number that is not finite. */
mer_status mer__checkpoint_read(mer__train_state *state, const mer__train_size *size,
                                const char *path, const char *settings, const mer_monitor *monitor,
                                mer_error *err);

#endif
