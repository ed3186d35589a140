/* network.h: a classifier: modalities -> (projections) -> concatenation -> head -> logits. The text
 * and audio classifiers have one modality and no projection; fusion has several. */
#ifndef MER_MODEL_NETWORK_H
#define MER_MODEL_NETWORK_H

#include "mer/model.h"
#include "model/mlp.h"
#include "model/modality.h"

/** Zero-initialize; fill what is said to be set before declare. */
typedef struct mer__network {
  mer__params params;
  mer__modality modalities[MER_MAX_MODALITIES]; /* set: type, name and the type's settings */
  int n_modalities;
  int64_t projection_width;                /* set: 0 = none */
  int64_t hidden[MER__MLP_MAX_LAYERS - 1]; /* set: widths of the head's hidden layers */
  int n_hidden;
  double dropout;   /* set: in the head */
  int64_t n_labels; /* set */
  mer__mlp projections[MER_MAX_MODALITIES], head;
} mer__network;

/** Declares and allocates all parameters. In the block, constants come first, then encoders, then
 * projections and head, so that what is trained is its end. */
mer_status mer__network_build(mer__network *network, mer_error *err);
/** Offset of the first parameter that is trained: the encoders', or the projections' where those
 * are frozen. */
int64_t mer__network_first_trainable(const mer__network *network);
/** Random values for projections and head; constants become mean 0, deviation 1. */
void mer__network_init(mer__network *network, uint64_t seed);
void mer__network_clear(mer__network *network);

/** What forward keeps for backward. */
typedef struct mer__network_state mer__network_state;

/** Logits [n, K] of `inputs` [n, n_modalities]. A modality that is not present contributes zeros.
 * `*state` (may be NULL) is for backward and lives in the arena. MER_STATUS_NO_MEMORY. */
mer_status mer__network_forward(float *logits, mer__network_state **state,
                                const mer__network *network, const mer__input *inputs, int64_t n,
                                mer__arena *arena, const mer__noise *noise, mer_error *err);

/** Adds the gradients of `dlogits` [n, K], which is overwritten. MER_STATUS_NO_MEMORY. */
mer_status mer__network_backward(mer__network *network, const mer__network_state *state,
                                 float *dlogits, mer__arena *arena, mer_error *err);

#endif
