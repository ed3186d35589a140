/* binary_cross_entropy.c: a few scores for each row: plain loops, in double precision. */
#include "nn/binary_cross_entropy.h"

#include <math.h>

/* With z = exp(-|x|), which does not overflow: log(1 + exp(x)) = max(x, 0) + log(1 + z). */
double mer__binary_cross_entropy_forward(float *probs, const float *logits, const float *targets,
                                         int64_t n) {
  double loss = 0;
  for (int64_t i = 0; i < n; i++) {
    const double x = logits[i], z = exp(-fabs(x));
    loss += (x > 0 ? x : 0) + log1p(z) - x * targets[i];
    probs[i] = (float)((x > 0 ? 1 : z) / (1 + z));
  }
  return n > 0 ? loss / (double)n : 0;
}

void mer__binary_cross_entropy_backward(float *dlogits, const float *probs, const float *targets,
                                        int64_t n) {
  for (int64_t i = 0; i < n; i++) dlogits[i] = (float)(((double)probs[i] - targets[i]) / (double)n);
}
