/* cross_entropy.c: a few classes and rows: plain loops, in double precision. */
#include "nn/cross_entropy.h"

#include <math.h>

/* A row's largest logit, and the sum of the exponentials below it. */
typedef struct row_sum {
  double max, sum;
} row_sum;

static row_sum sum_row(const float *logits, int64_t classes) {
  row_sum s = {logits[0], 0};
  for (int64_t k = 1; k < classes; k++)
    if (logits[k] > s.max) s.max = logits[k];
  for (int64_t k = 0; k < classes; k++) s.sum += exp(logits[k] - s.max);
  return s;
}

/* The sum of target * (log_sum - logit) over the classes that are wanted at all. */
static double row_loss(const float *logits, const float *targets, double log_sum, int64_t classes) {
  double loss = 0;
  for (int64_t k = 0; k < classes; k++)
    if (targets[k] != 0) loss += targets[k] * (log_sum - logits[k]);
  return loss;
}

double mer__cross_entropy_forward(float *probs, const float *logits, const float *targets,
                                  int64_t rows, int64_t classes) {
  double loss = 0;
  for (int64_t i = 0; i < rows; i++) {
    const int64_t at = i * classes;
    const row_sum s = sum_row(logits + at, classes);
    if (targets) loss += row_loss(logits + at, targets + at, s.max + log(s.sum), classes);
    for (int64_t k = 0; k < classes; k++)
      probs[at + k] = (float)(exp(logits[at + k] - s.max) / s.sum);
  }
  return targets && rows > 0 ? loss / (double)rows : 0;
}

void mer__cross_entropy_backward(float *dlogits, const float *probs, const float *targets,
                                 int64_t rows, int64_t classes) {
  const double scale = rows > 0 ? 1.0 / (double)rows : 0;
  for (int64_t i = 0; i < rows * classes; i++)
    dlogits[i] = (float)(scale * (probs[i] - targets[i]));
}
