/* loss.c: one loss for each kind of target. */
#include "train/loss.h"

#include <string.h>

#include "nn/binary_cross_entropy.h"
#include "nn/concordance.h"
#include "nn/cross_entropy.h"
#include "nn/squared_error.h"

double mer__loss_forward(float *answers, const mer__loss *loss, const float *logits,
                         const float *targets, int64_t n, int64_t k) {
  if (loss->target == MER_TARGET_LABEL)
    return mer__cross_entropy_forward(answers, logits, targets, n, k);
  if (loss->target == MER_TARGET_LABELS)
    return mer__binary_cross_entropy_forward(answers, logits, targets, n * k);
  if (answers != logits) memcpy(answers, logits, (size_t)(n * k) * sizeof *answers);
  return loss->ccc ? mer__concordance_forward(logits, targets, n, k)
                   : mer__squared_error_forward(logits, targets, n * k);
}

void mer__loss_backward(float *dlogits, const mer__loss *loss, const float *answers,
                        const float *targets, int64_t n, int64_t k) {
  if (loss->target == MER_TARGET_LABEL)
    mer__cross_entropy_backward(dlogits, answers, targets, n, k);
  else if (loss->target == MER_TARGET_LABELS)
    mer__binary_cross_entropy_backward(dlogits, answers, targets, n * k);
  else if (loss->ccc) mer__concordance_backward(dlogits, answers, targets, n, k);
  else mer__squared_error_backward(dlogits, answers, targets, n * k);
}
