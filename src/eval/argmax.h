/* argmax.h: the answer of a row of scores. */
#ifndef MER_EVAL_ARGMAX_H
#define MER_EVAL_ARGMAX_H

#include <stdint.h>

/** Index of the largest of `scores` [n], the first of equal ones. */
static inline int32_t mer__argmax(const float *scores, int64_t n) {
  int32_t best = 0;
  for (int32_t i = 1; i < n; i++)
    if (scores[i] > scores[best]) best = i;
  return best;
}

#endif
