/* unimodal_loss.c: the losses of what a fusion answers by each modality alone. */
#include "train/unimodal_loss.h"

#include <string.h>

#include "base/error.h"

mer_status mer__unimodal_loss(double *total, const mer__network *network, mer__network_state *state,
                              const mer__loss *loss, double weight, const float *targets, int64_t n,
                              mer__arena *arena, mer_error *err) {
  const int64_t k = network->n_labels;
  for (int m = 0; m < network->n_modalities; m++) {
    const mer__unimodal_logits alone = mer__network_unimodal(network, state, m);
    const double share = weight * (double)alone.n / (double)n;
    if (alone.n == 0) continue;
    float *own = mer__arena_alloc(arena, (size_t)(alone.n * k), sizeof *own);
    if (!own) return mer__fail_memory(err);
    for (int64_t i = 0; i < alone.n; i++)
      memcpy(own + i * k, targets + alone.of[i] * k, (size_t)k * sizeof *own);
    *total += share * mer__loss_forward(alone.logits, loss, alone.logits, own, alone.n, k);
    mer__loss_backward(alone.logits, loss, alone.logits, own, alone.n, k);
    for (int64_t i = 0; i < alone.n * k; i++) alone.logits[i] *= (float)share;
  }
  return MER_OK;
}
