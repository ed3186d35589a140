/* metrics.c: labels and predictions -> confusion matrix -> metrics, by the definitions of
 * scikit-learn 1.x (sklearn/metrics/_classification.py) with zero_division=0. */
#include <float.h>
#include <math.h>

#include "base/error.h"
#include "eval/confusion.h"

static mer_status check_range(const char *what, const int32_t *values, int64_t n, int32_t n_classes,
                              mer_error *err) {
  for (int64_t i = 0; i < n; i++)
    if (values[i] < 0 || values[i] >= n_classes)
      return mer__fail_at(err, MER_STATUS_INVALID, i,
                          "metrics: %s %d of row %lld is not in 0 .. %d", what, (int)values[i],
                          (long long)i, (int)n_classes - 1);
  return MER_OK;
}

static mer_status check_sizes(int64_t n, int32_t n_classes, mer_error *err) {
  if (n < 1) return mer__fail(err, MER_STATUS_INVALID, "metrics: no rows");
  if (n_classes < 1 || n_classes > MER_MAX_CLASSES)
    return mer__fail(err, MER_STATUS_INVALID, "metrics: expected 1 to %d classes, found %d",
                     MER_MAX_CLASSES, (int)n_classes);
  return MER_OK;
}

mer_status mer__labels_check(const int32_t *labels, const int32_t *predicted, int64_t n,
                             int32_t n_classes, mer_error *err) {
  mer_status status = check_sizes(n, n_classes, err);
  if (status == MER_OK) status = check_range("label", labels, n, n_classes, err);
  if (status == MER_OK) status = check_range("prediction", predicted, n, n_classes, err);
  return status;
}

static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

/* Precision, recall and F1 of class `c`; returns how often it was predicted. */
static int64_t derive_class(mer_metrics *m, int32_t c) {
  int64_t support = 0, n_predicted = 0;
  for (int32_t j = 0; j < m->n_classes; j++) {
    support += m->confusion[c][j];
    n_predicted += m->confusion[j][c];
  }
  double hits = (double)m->confusion[c][c];
  m->classes[c] = (mer_class_metrics){
      .precision = ratio(hits, (double)n_predicted),
      .recall = ratio(hits, (double)support),
      .f1 = ratio(2 * hits, (double)(support + n_predicted)),
      .support = support,
  };
  return n_predicted;
}

void mer__metrics_derive(mer_metrics *m) {
  double hits = 0, weighted = 0, f1 = 0, recall = 0;
  int32_t n_either = 0, n_true = 0;
  for (int32_t c = 0; c < m->n_classes; c++) {
    int64_t n_predicted = derive_class(m, c);
    const mer_class_metrics *k = &m->classes[c];
    hits += (double)m->confusion[c][c];
    weighted += k->f1 * (double)k->support;
    f1 += k->f1;
    recall += k->recall;
    n_either += k->support > 0 || n_predicted > 0;
    n_true += k->support > 0;
  }
  m->accuracy = hits / (double)m->n;
  m->weighted_f1 = weighted / (double)m->n;
  m->macro_f1 = ratio(f1, n_either);
  m->uar = ratio(recall, n_true);
}

/* Mean cross entropy; probabilities are clipped to one rounding step from 0 and 1, as log_loss
 * clips those of float32. */
static double cross_entropy(const int32_t *labels, const float *probs, int64_t n,
                            int32_t n_classes) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    double p = probs[i * n_classes + labels[i]];
    if (p < FLT_EPSILON) p = FLT_EPSILON;
    if (p > 1 - FLT_EPSILON) p = 1 - FLT_EPSILON;
    sum -= log(p);
  }
  return sum / (double)n;
}

mer_status mer_metrics_compute(mer_metrics *metrics, const int32_t *labels,
                               const int32_t *predicted, const float *probs, int64_t n,
                               int32_t n_classes, mer_error *err) {
  mer_status status = mer__labels_check(labels, predicted, n, n_classes, err);
  if (status != MER_OK) return status;
  *metrics = (mer_metrics){.n_classes = n_classes, .n = n};
  for (int64_t i = 0; i < n; i++) metrics->confusion[labels[i]][predicted[i]]++;
  mer__metrics_derive(metrics);
  metrics->loss = probs ? cross_entropy(labels, probs, n, n_classes) : (double)NAN;
  return MER_OK;
}

mer_status mer_metrics_majority(mer_metrics *metrics, const int32_t *train_labels, int64_t n_train,
                                const int32_t *labels, int64_t n, int32_t n_classes,
                                mer_error *err) {
  mer_status status = mer__labels_check(train_labels, train_labels, n_train, n_classes, err);
  if (status == MER_OK) status = mer__labels_check(labels, labels, n, n_classes, err);
  if (status != MER_OK) return status;
  int64_t counts[MER_MAX_CLASSES] = {0};
  for (int64_t i = 0; i < n_train; i++) counts[train_labels[i]]++;
  int32_t majority = 0;
  for (int32_t c = 1; c < n_classes; c++)
    if (counts[c] > counts[majority]) majority = c;
  *metrics = (mer_metrics){.n_classes = n_classes, .n = n, .loss = NAN};
  for (int64_t i = 0; i < n; i++) metrics->confusion[labels[i]][majority]++;
  mer__metrics_derive(metrics);
  return MER_OK;
}
