/* same_labels.h: when an answer of several labels is right. */
#ifndef MER_EVAL_SAME_LABELS_H
#define MER_EVAL_SAME_LABELS_H

#include <stdbool.h>
#include <stdint.h>

/** Whether `probs` [n], of which those from a half on are answers, say exactly the labels of
 * `targets` [n]. */
static inline bool mer__same_labels(const float *probs, const float *targets, int64_t n) {
  bool same = true;
  for (int64_t k = 0; k < n; k++) same = same && (probs[k] >= 0.5f) == (targets[k] >= 0.5f);
  return same;
}

#endif
