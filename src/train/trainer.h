/* trainer.h: what the parts of a training share. trainer.c begins it and leads through the epochs,
 * train_step.c does a step, train_epoch.c ends an epoch, train_state.c saves, restores and ends in
 * a model. */
#ifndef MER_TRAIN_TRAINER_H
#define MER_TRAIN_TRAINER_H

#include <stdio.h>

#include "base/output_folder.h"
#include "train/checkpoint.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/set_shares.h"
#include "train/setup.h"
#include "train/train_log.h"

/** Zero-initialize. */
typedef struct mer__trainer {
  const mer_train_options *options;
  const mer_dataset *dataset;
  mer__training_set set;
  mer__loss loss;
  mer__train_state state;
  mer__train_size size;
  int64_t n_steps;      /* of all epochs */
  mer__compute compute; /* kernels and scratch of the network while it is trained */
  mer__optimizer optimizer;
  int table_modality; /* whose tokens name the rows of the optimizer's table */
  mer__output_folder output;
  char *checkpoint, *space; /* files in its folder while it is not whole */
  char *settings;           /* JSON */
  mer__train_log log;
  mer__arena arena;
  int32_t *order; /* [n]: the epoch's permutation; what the epoch takes of it comes first */
  mer__set_shares shares;
  double epoch_start, last_checkpoint;
} mer__trainer;

typedef enum mer__step_outcome {
  MER__STEP_DONE,
  MER__STEP_SKIPPED, /* loss or gradient is not finite, and nothing has changed */
  MER__STEP_SPOILED, /* the gradient is not finite, and parts of it are applied already */
} mer__step_outcome;

/** One optimizer step on the utterances `rows` [n] of the training split. */
mer_status mer__train_step(mer__step_outcome *outcome, mer__trainer *trainer, const int32_t *rows,
                           int64_t n, mer_error *err);

/** After the last batch: scores, the best parameters so far, the log. */
mer_status mer__trainer_end_epoch(mer__trainer *trainer, mer_error *err);

/** Fits the temperature of the model, whose parameters are those that are kept, on dev. That there
 * is none is a warning. */
mer_status mer__trainer_calibrate(mer__trainer *trainer, mer_error *err);

/** Begins the optimizer at the state's step. */
mer_status mer__trainer_start_optimizer(mer__trainer *trainer, mer_error *err);

/** The size of a saved state. */
uint64_t mer__trainer_state_bytes(const mer__trainer *trainer);
/** Keeps room on the disk for a state. */
void mer__trainer_reserve_space(mer__trainer *trainer);
/** Saves the state if the last was saved long enough ago. That it cannot be saved is a warning. */
void mer__trainer_save_if_due(mer__trainer *trainer);
/** Saves the state and says how to go on: MER_STATUS_INTERRUPTED. */
mer_status mer__trainer_stop(mer__trainer *trainer, mer_error *err);
/** After MER__STEP_SPOILED: back to the last saved state, or to the beginning, from where all is
 * done again but for that step, whose gradient will be looked at before it is applied. */
mer_status mer__trainer_rewind(mer__trainer *trainer, mer_error *err);
/** After too many skipped steps: saves the state and the model of the best epoch beside it:
 * MER_STATUS_INVALID. */
mer_status mer__trainer_give_up(mer__trainer *trainer, mer_error *err);
/** After an epoch whose measuring failed on the utterance `row` of a split: as give_up. */
mer_status mer__trainer_not_measured(mer__trainer *trainer, mer_split split, int64_t row,
                                     mer_error *err);
/** Writes the model of the epoch that is kept and puts its folder in place. If that fails, saves
 * the state. */
mer_status mer__trainer_finish(mer__trainer *trainer, mer_error *err);
/** The epoch that is kept, from 1. */
int64_t mer__trainer_kept(const mer__trainer *trainer);

#endif
