/* confusion.h: metrics as functions of a confusion matrix, shared by the metrics and their
 * bootstrap. */
#ifndef MER_EVAL_CONFUSION_H
#define MER_EVAL_CONFUSION_H

#include "mer/eval.h"

/** MER_STATUS_INVALID unless `labels` and `predicted` [n] are in 0 .. n_classes-1 and n > 0. */
mer_status mer__labels_check(const int32_t *labels, const int32_t *predicted, int64_t n,
                             int32_t n_classes, mer_error *err);

/** Fills everything but the loss from n_classes, n and confusion, n > 0. */
void mer__metrics_derive(mer_metrics *metrics);

#endif
