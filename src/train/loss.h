/* loss.h: the loss of a batch, by what its rows have: cross entropy of one label, binary cross
 * entropy of several, squared error or concordance of values. */
#ifndef MER_TRAIN_LOSS_H
#define MER_TRAIN_LOSS_H

#include "mer/model.h"

/** What is compared with what. */
typedef struct mer__loss {
  mer_target target;
  bool ccc; /* of values: 1 - CCC, else the mean squared error */
} mer__loss;

/** The loss; `answers` are what the logits say, as mer__model_answers has it, and may be the
 * logits. answers, logits, targets: [n, K]. */
double mer__loss_forward(float *answers, const mer__loss *loss, const float *logits,
                         const float *targets, int64_t n, int64_t k);
/** Its gradient; dlogits may be answers. */
void mer__loss_backward(float *dlogits, const mer__loss *loss, const float *answers,
                        const float *targets, int64_t n, int64_t k);

#endif
