/* unimodal_loss.h: the losses of what a fusion answers by each modality alone. */
#ifndef MER_TRAIN_UNIMODAL_LOSS_H
#define MER_TRAIN_UNIMODAL_LOSS_H

#include "model/network.h"
#include "train/loss.h"

/** After forward in training, of a batch with the targets [n, K]: adds to `*total`, if the network
 * is `unimodal`, for each modality `weight` times the loss of what it alone answered, times the
 * share of the n rows that have it. The logits in `state` become their gradients, for backward.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__unimodal_loss(double *total, const mer__network *network, mer__network_state *state,
                              const mer__loss *loss, double weight, const float *targets, int64_t n,
                              mer__arena *arena, mer_error *err);

#endif
