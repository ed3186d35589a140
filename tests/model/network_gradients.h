/* network_gradients.h: the backward pass of a whole network against finite differences. */
#ifndef MER_TESTS_NETWORK_GRADIENTS_H
#define MER_TESTS_NETWORK_GRADIENTS_H

#include "nn/cross_entropy.h"
#include "test_support.h"
#include "train/unimodal_loss.h"

/** A network whose gradients are allocated, and a batch. */
typedef struct network_batch {
  mer__network *network;
  const mer__input *inputs; /* [n, n_modalities] */
  const int32_t *labels;    /* [n] */
  int n;
  mer__arena *arena; /* to compute in */
  float *logits;     /* NULL, or gets those of the forward pass: [n, n_labels], and after them those
                        of each modality alone, if the network is asked for these */
} network_batch;

enum { MOST_LOGITS = 256 };

/* Half the loss of what each modality alone answers; its gradients, too. */
static inline double unimodal_loss(const network_batch *b, mer__network_state *kept,
                                   const float *targets) {
  const mer__loss loss = {.target = MER_TARGET_LABEL};
  const int64_t k = b->network->n_labels;
  float *to = b->logits ? b->logits + b->n * k : NULL;
  double total = 0;
  mer_error err = {0};
  for (int m = 0; to && m < b->network->n_modalities; m++) {
    const mer__unimodal_logits alone = mer__network_unimodal(b->network, kept, m);
    memcpy(to, alone.logits, (size_t)(alone.n * k) * sizeof *to);
    to += alone.n * k;
  }
  assert_ok(
      mer__unimodal_loss(&total, b->network, kept, &loss, 0.5, targets, b->n, b->arena, &err));
  return total;
}

/** The loss of the batch, with the same dropout each time; `backward`: adds the gradients, too. If
 * the network is asked for each modality alone, half the losses of these are added. */
static inline double batch_loss(const network_batch *b, bool backward) {
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
  loss += unimodal_loss(b, kept, targets);
  if (!backward) return loss;
  mer__cross_entropy_backward(probs, probs, targets, b->n, n_labels);
  assert_ok(mer__network_backward(b->network, kept, probs, b->arena, &err));
  return loss;
}

/** The gradient of each `every`-th parameter that is trained, within `tolerance` of the slope of
 * `loss`. */
static inline void assert_slopes(mer__params *params, double (*loss)(void *of), void *of,
                                 int64_t every, double tolerance) {
  const double middle = loss(of);
  const float step = 1e-3f;
  int n_checked = 0;
  for (int64_t i = params->first_trained; i < params->size; i += every, n_checked++) {
    float saved = params->values[i];
    params->values[i] = saved + step;
    double above = (loss(of) - middle) / step;
    params->values[i] = saved - step;
    double below = (middle - loss(of)) / step;
    params->values[i] = saved;
    /* Where a ReLU has its kink in between, the slopes differ, and the gradient is one of them. */
    double gradient = params->grads[i - params->first_trained];
    assert_near(fmin(fabs(gradient - above), fabs(gradient - below)), 0, tolerance);
  }
  assert_true(n_checked > 20);
}

static inline double loss_alone(void *batch) { return batch_loss(batch, false); }

/** The same for the loss of a batch, whose gradients it adds. */
static inline void assert_gradients(const network_batch *b, int64_t every, double tolerance) {
  network_batch batch = *b;
  batch_loss(b, true);
  assert_slopes(&b->network->params, loss_alone, &batch, every, tolerance);
}

#endif
