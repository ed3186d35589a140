/* loss.h: the loss of a batch, by what its rows have: cross entropy of one label, as it is or for
 * rare labels, binary cross entropy of several, squared error or concordance of values. */
#ifndef MER_TRAIN_LOSS_H
#define MER_TRAIN_LOSS_H

#include "mer/train.h"

/** What is compared with what, and how. */
typedef struct mer__loss {
  mer_target target;
  mer_loss kind;
  double smoothing;              /* of the targets of one label */
  float classes[MER_MAX_LABELS]; /* of one label: weights if it is balanced, offsets if adjusted */
} mer__loss;

/** The loss that is asked for; counts [K]: how many training rows have each label.
 * MER_STATUS_INVALID: the loss is not one of this target. */
mer_status mer__loss_init(mer__loss *loss, mer_target target, const mer_train_options *options,
                          const double *counts, int64_t k, mer_error *err);
/** Whether there can be such a loss of the target: MER_STATUS_INVALID. */
mer_status mer__loss_check(mer_target target, const mer_train_options *options, mer_error *err);
/** Name of the loss in settings; NULL: it is the usual one of labels, and is not told. */
const char *mer__loss_name(mer_target target, mer_loss kind);

/** The loss; `answers` are what the logits say, as mer__model_answers has it (of an adjusted loss
 * the adjusted logits), and may be the logits. answers, logits, targets: [n, K]. */
double mer__loss_forward(float *answers, const mer__loss *loss, const float *logits,
                         const float *targets, int64_t n, int64_t k);
/** Its gradient; dlogits may be answers. */
void mer__loss_backward(float *dlogits, const mer__loss *loss, const float *answers,
                        const float *targets, int64_t n, int64_t k);

#endif
