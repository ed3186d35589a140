/* network_gradients.h: the backward pass of a whole network against finite differences. */
#ifndef MER_TESTS_NETWORK_GRADIENTS_H
#define MER_TESTS_NETWORK_GRADIENTS_H

#include "model/network.h"
#include "nn/cross_entropy.h"
#include "test_support.h"

/** A network whose gradients are allocated, and a batch. */
typedef struct network_batch {
  mer__network *network;
  const mer__input *inputs; /* [n, n_modalities] */
  const int32_t *labels;    /* [n] */
  int n;
  mer__arena *arena; /* to compute in */
  float *logits;     /* [n, n_labels], or NULL: gets those of the forward pass */
} network_batch;

/** The loss of the batch, with the same dropout each time; `backward`: adds the gradients, too. */
static inline double batch_loss(const network_batch *b, bool backward) {
  enum { MOST_LOGITS = 256 };
  mer_error err = {0};
  const mer__noise noise = {.training = true, .seed = 3, .step = 5};
  const int n_labels = (int)b->network->n_labels;
  mer__network_state *kept;
  float probs[MOST_LOGITS], targets[MOST_LOGITS];
  assert_true(b->n * n_labels <= MOST_LOGITS);
  one_hot(targets, b->labels, b->n, n_labels);
  mer__arena_reset(b->arena);
  assert_ok(
      mer__network_forward(probs, &kept, b->network, b->inputs, b->n, b->arena, &noise, &err));
  if (b->logits) memcpy(b->logits, probs, (size_t)(b->n * n_labels) * sizeof *probs);
  double loss = mer__cross_entropy_forward(probs, probs, targets, b->n, n_labels);
  if (!backward) return loss;
  mer__cross_entropy_backward(probs, probs, targets, b->n, n_labels);
  assert_ok(mer__network_backward(b->network, kept, probs, b->arena, &err));
  return loss;
}

/** The gradient of each `every`-th parameter that is trained, within `tolerance`. */
static inline void assert_gradients(const network_batch *b, int64_t every, double tolerance) {
  mer__params *params = &b->network->params;
  const double middle = batch_loss(b, true);
  const float step = 1e-3f;
  int n_checked = 0;
  for (int64_t i = params->first_trained; i < params->size; i += every, n_checked++) {
    float saved = params->values[i];
    params->values[i] = saved + step;
    double above = (batch_loss(b, false) - middle) / step;
    params->values[i] = saved - step;
    double below = (middle - batch_loss(b, false)) / step;
    params->values[i] = saved;
    /* Where a ReLU has its kink in between, the slopes differ, and the gradient is one of them. */
    double gradient = params->grads[i - params->first_trained];
    assert_near(fmin(fabs(gradient - above), fabs(gradient - below)), 0, tolerance);
  }
  assert_true(n_checked > 20);
}

#endif
