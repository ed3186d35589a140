/* cross_entropy.c: a few classes and rows: plain loops, in double precision. */
#include "nn/cross_entropy.h"

#include <assert.h>
#include <math.h>

/* Writes the softmax of a row; returns the logarithm of the sum of exponentials. */
static double softmax_row(float *probs, const float *logits, int64_t classes) {
  double max = logits[0], sum = 0;
  for (int64_t k = 1; k < classes; k++)
    if (logits[k] > max) max = logits[k];
  for (int64_t k = 0; k < classes; k++) sum += exp(logits[k] - max);
  for (int64_t k = 0; k < classes; k++) probs[k] = (float)(exp(logits[k] - max) / sum);
  return max + log(sum);
}

double mer__cross_entropy_forward(float *probs, const float *logits, const int32_t *labels,
                                  int64_t rows, int64_t classes) {
  assert(classes > 0);
  double loss = 0;
  for (int64_t i = 0; i < rows; i++) {
    assert(!labels || (labels[i] >= 0 && labels[i] < classes));
    double logit = labels ? logits[i * classes + labels[i]] : 0;
    double log_sum = softmax_row(probs + i * classes, logits + i * classes, classes);
    if (labels) loss += log_sum - logit;
  }
  return labels && rows > 0 ? loss / (double)rows : 0;
}

void mer__cross_entropy_backward(float *dlogits, const float *probs, const int32_t *labels,
                                 int64_t rows, int64_t classes) {
  const double scale = rows > 0 ? 1.0 / (double)rows : 0;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t k = 0; k < classes; k++)
      dlogits[i * classes + k] = (float)(scale * (probs[i * classes + k] - (k == labels[i])));
}
