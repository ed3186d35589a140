/* shaped_cross_entropy.c: a few classes and rows: plain loops, in double precision. */
#include "nn/shaped_cross_entropy.h"

#include <math.h>

static double shifted(const float *logits, const mer__shape *shape, int64_t k) {
  return shape->offsets ? (double)logits[k] + (double)shape->offsets[k] : logits[k];
}

/* log(sum(exp(z))) of a row. */
static double log_sum(const float *logits, int64_t classes, const mer__shape *shape) {
  double most = shifted(logits, shape, 0), sum = 0;
  for (int64_t k = 1; k < classes; k++) {
    const double z = shifted(logits, shape, k);
    if (z > most)
      most = z; /* fmax in this loop ends GCC 12 for aarch64 (internal compiler error) */
  }
  for (int64_t k = 0; k < classes; k++) sum += exp(shifted(logits, shape, k) - most);
  return most + log(sum);
}

static double smoothed(const float *targets, int64_t classes, const mer__shape *shape, int64_t k) {
  return (1 - shape->smoothing) * targets[k] + shape->smoothing / (double)classes;
}

static double weight_of(const float *targets, int64_t classes, const mer__shape *shape) {
  double weight = 0;
  if (!shape->weights) return 1;
  for (int64_t k = 0; k < classes; k++) weight += (double)targets[k] * shape->weights[k];
  return weight;
}

static double row_loss(float *probs, const float *logits, const float *targets, int64_t classes,
                       const mer__shape *shape) {
  const double total = log_sum(logits, classes, shape);
  double loss = 0;
  for (int64_t k = 0; k < classes; k++) {
    const double log_prob = shifted(logits, shape, k) - total, prob = exp(log_prob);
    const double t = smoothed(targets, classes, shape, k);
    if (t != 0) loss -= t * pow(1 - prob, shape->focus) * log_prob;
    probs[k] = (float)prob;
  }
  return loss;
}

double mer__shaped_cross_entropy_forward(float *probs, const float *logits, const float *targets,
                                         int64_t rows, int64_t classes, const mer__shape *shape) {
  double loss = 0;
  for (int64_t at = 0; at < rows * classes; at += classes)
    loss += weight_of(targets + at, classes, shape) *
            row_loss(probs + at, logits + at, targets + at, classes, shape);
  return rows > 0 ? loss / (double)rows : 0;
}

/* t g of a class: p times the derivative of its part of the loss by p. */
static double slope(const float *probs, const float *targets, int64_t classes,
                    const mer__shape *shape, int64_t k) {
  const double p = probs[k], t = smoothed(targets, classes, shape, k);
  if (t == 0) return 0;
  if (shape->focus == 0) return -t;
  const double p_log_p = p > 0 ? p * log(p) : 0;
  return t * (shape->focus * pow(1 - p, shape->focus - 1) * p_log_p - pow(1 - p, shape->focus));
}

void mer__shaped_cross_entropy_backward(float *dlogits, const float *probs, const float *targets,
                                        int64_t rows, int64_t classes, const mer__shape *shape) {
  for (int64_t at = 0; at < rows * classes; at += classes) {
    const double scale = weight_of(targets + at, classes, shape) / (double)rows;
    double sum = 0;
    for (int64_t k = 0; k < classes; k++) sum += slope(probs + at, targets + at, classes, shape, k);
    for (int64_t k = 0; k < classes; k++)
      dlogits[at + k] = (float)(scale * (slope(probs + at, targets + at, classes, shape, k) -
                                         (double)probs[at + k] * sum));
  }
}
