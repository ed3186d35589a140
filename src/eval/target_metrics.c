/* target_metrics.c: metrics of several labels, by the definitions of scikit-learn 1.x for
 * multilabel indicators (f1_score with zero_division=0, average_precision_score), and of values. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "eval/same_labels.h"
#include "mer/eval.h"
#include "nn/concordance.h"
#include "tensor/finite.h"

/* A row's probability for a label, and whether the row has it. */
typedef struct ranked {
  float prob;
  bool is_true;
} ranked;

static int compare(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  return (x->prob < y->prob) - (x->prob > y->prob);
}

/* The sum of precision * (increase of recall) over the distinct probabilities, from the highest. */
static double average_precision(ranked *rows, int64_t n, int64_t n_true) {
  double sum = 0;
  int64_t hits = 0, before = 0;
  qsort(rows, (size_t)n, sizeof *rows, compare);
  for (int64_t i = 0; i < n; i++) {
    hits += rows[i].is_true;
    if (i + 1 < n && rows[i + 1].prob == rows[i].prob) continue;
    sum += (double)hits / (double)(i + 1) * (double)(hits - before);
    before = hits;
  }
  return n_true > 0 ? sum / (double)n_true : (double)NAN;
}

static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

/* Adds `x` to a mean of values that are finite. */
static void add_mean(double *mean, int *n, double x) {
  if (!isfinite(x)) return;
  *mean = *n ? *mean + (x - *mean) / (*n + 1) : x;
  ++*n;
}

/* Counts of all labels together. */
typedef struct counts {
  double hits, n_true, n_answered;
} counts;

static void score_label(mer_target_metrics *m, counts *all, ranked *rows, const float *targets,
                        const float *answers, int32_t label) {
  counts c = {0};
  for (int64_t i = 0; i < m->n; i++) {
    const int64_t at = i * m->n_labels + label;
    const bool is_true = targets[at] >= 0.5f, is_answered = answers[at] >= 0.5f;
    rows[i] = (ranked){answers[at], is_true};
    c.hits += is_true && is_answered;
    c.n_true += is_true;
    c.n_answered += is_answered;
  }
  m->labels[label] = (mer_target_scores){
      .precision = ratio(c.hits, c.n_answered),
      .recall = ratio(c.hits, c.n_true),
      .f1 = ratio(2 * c.hits, c.n_true + c.n_answered),
      .average_precision = average_precision(rows, m->n, (int64_t)c.n_true),
      .support = (int64_t)c.n_true,
      .ccc = NAN,
      .pearson = NAN,
      .mae = NAN,
      .rmse = NAN,
  };
  all->hits += c.hits;
  all->n_true += c.n_true;
  all->n_answered += c.n_answered;
}

/* Share of the rows of which every label is right. */
static double subset_accuracy(const mer_target_metrics *m, const float *targets,
                              const float *answers) {
  int64_t n_right = 0;
  for (int64_t i = 0; i < m->n; i++)
    n_right += mer__same_labels(answers + i * m->n_labels, targets + i * m->n_labels, m->n_labels);
  return (double)n_right / (double)m->n;
}

/* Mean over rows and labels; probabilities are clipped as those of one label are. */
static double binary_cross_entropy(const float *targets, const float *probs, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    const double p = fmin(fmax(probs[i], FLT_EPSILON), 1 - FLT_EPSILON);
    sum -= targets[i] * log(p) + (1 - (double)targets[i]) * log1p(-p);
  }
  return sum / (double)n;
}

static mer_status score_labels(mer_target_metrics *m, const float *targets, const float *answers,
                               mer_error *err) {
  ranked *rows = mer__malloc((size_t)m->n, sizeof *rows);
  counts all = {0};
  int n_ranked = 0;
  if (!rows) return mer__fail_memory(err);
  m->macro_f1 = m->weighted_f1 = 0;
  for (int32_t k = 0; k < m->n_labels; k++) {
    const mer_target_scores *s = &m->labels[k];
    score_label(m, &all, rows, targets, answers, k);
    m->macro_f1 += s->f1 / m->n_labels;
    m->weighted_f1 += s->f1 * (double)s->support;
    add_mean(&m->map, &n_ranked, s->average_precision);
  }
  m->weighted_f1 = ratio(m->weighted_f1, all.n_true);
  m->micro_f1 = ratio(2 * all.hits, all.n_true + all.n_answered);
  m->accuracy = subset_accuracy(m, targets, answers);
  m->loss = binary_cross_entropy(targets, answers, m->n * m->n_labels);
  mer__free(rows);
  return MER_OK;
}

static void score_value(mer_target_metrics *m, const float *targets, const float *answers,
                        int32_t k) {
  const mer__moments moments = mer__moments_of(answers, targets, m->n, m->n_labels, k);
  const double spread = sqrt(moments.xx) * sqrt(moments.yy);
  double absolute = 0, squared = 0;
  for (int64_t i = k; i < m->n * m->n_labels; i += m->n_labels) {
    const double error = (double)answers[i] - targets[i];
    absolute += fabs(error);
    squared += error * error;
  }
  m->labels[k] = (mer_target_scores){
      .precision = NAN,
      .recall = NAN,
      .f1 = NAN,
      .average_precision = NAN,
      .ccc = mer__concordance_of(&moments),
      .pearson = spread > 0 ? moments.xy / spread : (double)NAN,
      .mae = absolute / (double)m->n,
      .rmse = sqrt(squared / (double)m->n),
  };
}

static void score_values(mer_target_metrics *m, const float *targets, const float *answers) {
  int n[5] = {0};
  for (int32_t k = 0; k < m->n_labels; k++) {
    const mer_target_scores *s = &m->labels[k];
    score_value(m, targets, answers, k);
    add_mean(&m->ccc, &n[0], s->ccc);
    add_mean(&m->pearson, &n[1], s->pearson);
    add_mean(&m->mae, &n[2], s->mae);
    add_mean(&m->rmse, &n[3], s->rmse);
    add_mean(&m->loss, &n[4], s->rmse * s->rmse);
  }
}

mer_status mer_target_metrics_compute(mer_target_metrics *metrics, mer_target target,
                                      const float *targets, const float *answers, int64_t n,
                                      int32_t n_labels, mer_error *err) {
  if (n < 1) return mer__fail(err, MER_STATUS_INVALID, "metrics: no rows");
  if (n_labels < 1 || n_labels > MER_MAX_LABELS)
    return mer__fail(err, MER_STATUS_INVALID, "metrics: expected 1 to %d labels, found %d",
                     MER_MAX_LABELS, (int)n_labels);
  if (target != MER_TARGET_LABELS && target != MER_TARGET_VALUES)
    return mer__fail(err, MER_STATUS_INVALID, "metrics: expected several labels, or values");
  if (!mer__all_finite(targets, n * n_labels) || !mer__all_finite(answers, n * n_labels))
    return mer__fail(err, MER_STATUS_INVALID, "metrics: a number that is not finite");
  *metrics = (mer_target_metrics){.target = target,
                                  .n_labels = n_labels,
                                  .n = n,
                                  .loss = NAN,
                                  .accuracy = NAN,
                                  .micro_f1 = NAN,
                                  .macro_f1 = NAN,
                                  .weighted_f1 = NAN,
                                  .map = NAN,
                                  .ccc = NAN,
                                  .pearson = NAN,
                                  .mae = NAN,
                                  .rmse = NAN};
  if (target == MER_TARGET_LABELS) return score_labels(metrics, targets, answers, err);
  score_values(metrics, targets, answers);
  return MER_OK;
}

mer_status mer_target_metrics_constant(mer_target_metrics *metrics, mer_target target,
                                       const float *train_targets, int64_t n_train,
                                       const float *targets, int64_t n, int32_t n_labels,
                                       mer_error *err) {
  double means[MER_MAX_LABELS] = {0};
  if (n_train < 1 || n < 1 || n_labels < 1 || n_labels > MER_MAX_LABELS)
    return mer__fail(err, MER_STATUS_INVALID, "metrics: no rows, or too many labels");
  float *answers = mer__malloc((size_t)(n * n_labels), sizeof *answers);
  if (!answers) return mer__fail_memory(err);
  for (int64_t i = 0; i < n_train * n_labels; i++)
    means[i % n_labels] += train_targets[i] / (double)n_train;
  for (int64_t i = 0; i < n * n_labels; i++) answers[i] = (float)means[i % n_labels];
  mer_status status =
      mer_target_metrics_compute(metrics, target, targets, answers, n, n_labels, err);
  mer__free(answers);
  return status;
}
