/* calibration.c: whether probabilities are as often right as they say, and the temperature that
 * makes them so (Guo et al., "On calibration of modern neural networks", 2017). The expected
 * calibration error is that of Naeini et al. (2015) with bins of equal width, the Brier score that
 * of Brier (1950). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "eval/argmax.h"
#include "mer/eval.h"
#include "model/model_state.h"
#include "tensor/finite.h"

/* One forecast, and what was the case, for the reliability table. */
static void count(mer_calibration *c, double confidence, double accuracy) {
  int bin = (int)ceil(confidence * MER_RELIABILITY_BINS) - 1; /* without its lower end */
  bin = bin < 0 ? 0 : bin >= MER_RELIABILITY_BINS ? MER_RELIABILITY_BINS - 1 : bin;
  c->n++;
  c->bins[bin].n++;
  c->bins[bin].confidence += confidence;
  c->bins[bin].accuracy += accuracy;
}

/* log(sum(exp(beta z))). */
static double log_sum(const float *logits, int64_t k, double beta) {
  const double most = beta * logits[mer__argmax(logits, k)];
  double sum = 0;
  for (int64_t i = 0; i < k; i++) sum += exp(beta * logits[i] - most);
  return most + log(sum);
}

/* log(1 + exp(x)) */
static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

/* A negative logarithm of a probability, which is clipped as the loss of eval/metrics.c clips it:
 * a score can be that of what is never answered. */
static double clip(double nll) { return fmin(nll, -log(FLT_EPSILON)); }

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* A row of one label: the forecast is its most probable label. */
static void add_label(mer_calibration *c, const float *targets, const float *logits, int64_t k,
                      double beta) {
  const double total = log_sum(logits, k, beta);
  const int32_t answer = mer__argmax(logits, k);
  for (int64_t i = 0; i < k; i++) {
    const double log_prob = beta * logits[i] - total, prob = exp(log_prob);
    if (targets[i] > 0) c->nll += targets[i] * clip(-log_prob);
    c->brier += (prob - targets[i]) * (prob - targets[i]);
  }
  count(c, exp(beta * logits[answer] - total), answer == mer__argmax(targets, k));
}

/* A row of several labels: each of them is a forecast. */
static void add_labels(mer_calibration *c, const float *targets, const float *logits, int64_t k,
                       double beta) {
  for (int64_t i = 0; i < k; i++) {
    const double x = beta * logits[i], prob = sigmoid(x);
    c->nll += targets[i] * clip(softplus(-x)) + (1 - targets[i]) * clip(softplus(x));
    c->brier += (prob - targets[i]) * (prob - targets[i]);
    count(c, prob, targets[i]);
  }
}

/* From sums to means. */
static void finish(mer_calibration *c) {
  const double n = (double)c->n;
  c->nll /= n;
  c->brier /= n;
  for (int b = 0; b < MER_RELIABILITY_BINS; b++) {
    mer_reliability_bin *bin = &c->bins[b];
    c->ece += fabs(bin->accuracy - bin->confidence) / n;
    bin->accuracy = bin->n ? bin->accuracy / (double)bin->n : (double)NAN;
    bin->confidence = bin->n ? bin->confidence / (double)bin->n : (double)NAN;
  }
}

static mer_status check(mer_target target, const float *targets, const float *logits, int64_t n,
                        int32_t k, mer_error *err) {
  if (target == MER_TARGET_VALUES)
    return mer__fail(err, MER_STATUS_INVALID, "calibration is of labels; these are values");
  if (n < 1 || k < 1 || k > MER_MAX_LABELS)
    return mer__fail(err, MER_STATUS_INVALID, "calibration: expected rows of 1 to %d labels",
                     MER_MAX_LABELS);
  if (mer__all_finite(targets, n * k) && mer__all_finite(logits, n * k)) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "calibration: a row has no known label, or a score that is not finite");
}

mer_status mer_calibration_compute(mer_calibration *calibration, mer_target target,
                                   const float *targets, const float *logits, int64_t n,
                                   int32_t n_labels, double temperature, mer_error *err) {
  mer_status status = check(target, targets, logits, n, n_labels, err);
  if (status == MER_OK && !(temperature > 0))
    status = mer__fail(err, MER_STATUS_INVALID, "calibration: a temperature of %g", temperature);
  if (status != MER_OK) return status;
  *calibration = (mer_calibration){.target = target, .temperature = temperature};
  for (int64_t at = 0; at < n * n_labels; at += n_labels)
    (target == MER_TARGET_LABEL ? add_label : add_labels)(calibration, targets + at, logits + at,
                                                          n_labels, 1 / temperature);
  finish(calibration);
  return MER_OK;
}

/* The first and the second derivative of the sum of the negative logarithms by beta. */
typedef struct slope {
  double first, second;
} slope;

static void add_label_slope(slope *s, const float *targets, const float *logits, int64_t k,
                            double beta) {
  const double total = log_sum(logits, k, beta);
  double mean = 0, square = 0;
  for (int64_t i = 0; i < k; i++) {
    const double prob = exp(beta * logits[i] - total);
    mean += prob * logits[i];
    square += prob * logits[i] * logits[i];
    s->first -= (double)targets[i] * logits[i];
  }
  s->first += mean;
  s->second += square - mean * mean;
}

static void add_labels_slope(slope *s, const float *targets, const float *logits, int64_t k,
                             double beta) {
  for (int64_t i = 0; i < k; i++) {
    const double prob = sigmoid(beta * logits[i]);
    s->first += (prob - targets[i]) * logits[i];
    s->second += prob * (1 - prob) * logits[i] * logits[i];
  }
}

static slope slope_at(double beta, mer_target target, const float *targets, const float *logits,
                      int64_t n, int64_t k) {
  slope s = {0, 0};
  for (int64_t at = 0; at < n * k; at += k)
    (target == MER_TARGET_LABEL ? add_label_slope : add_labels_slope)(&s, targets + at, logits + at,
                                                                      k, beta);
  return s;
}

/* The likelihood is convex in beta = 1 / temperature, so its slope has one zero at most: Newton's
 * steps, halved intervals where such a step would leave the interval. */
mer_status mer_temperature_fit(double *temperature, mer_target target, const float *targets,
                               const float *logits, int64_t n, int32_t n_labels, mer_error *err) {
  enum { MOST_STEPS = 200 };
  double low = 1 / mer__most_temperature, high = 1 / mer__least_temperature, beta = 1;
  mer_status status = check(target, targets, logits, n, n_labels, err);
  if (status != MER_OK) return status;
  if (!(slope_at(low, target, targets, logits, n, n_labels).first < 0) ||
      !(slope_at(high, target, targets, logits, n, n_labels).first > 0))
    return mer__fail(err, MER_STATUS_INVALID,
                     "no temperature from %g to %g fits best: the answers to these rows are all "
                     "right, or no better than chance",
                     mer__least_temperature, mer__most_temperature);
  for (int i = 0; i < MOST_STEPS && high - low > 1e-12 * high; i++) {
    const slope s = slope_at(beta, target, targets, logits, n, n_labels);
    if (s.first > 0) high = beta;
    else low = beta;
    const double next = beta - s.first / s.second;
    const bool inside = next > low && next < high;
    if (inside && fabs(next - beta) <= 1e-12 * beta) break;
    beta = inside ? next : sqrt(low * high);
  }
  *temperature = 1 / beta;
  return MER_OK;
}

void mer_coverage_compute(mer_coverage *coverage, const mer_predictions *predictions,
                          double min_confidence) {
  const mer_predictions *p = predictions;
  *coverage = (mer_coverage){.min_confidence = min_confidence, .n = p->n};
  for (int64_t i = 0; i < p->n; i++) {
    if (mer_prediction_is_uncertain(p, i, min_confidence)) continue;
    coverage->n_certain++;
    coverage->n_right += p->predicted[i] == p->labels[i];
  }
}

bool mer_prediction_is_uncertain(const mer_predictions *predictions, int64_t index,
                                 double min_confidence) {
  const float *probs = predictions->probs + index * predictions->n_classes;
  return probs[mer__argmax(probs, predictions->n_classes)] < min_confidence;
}
