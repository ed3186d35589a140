/* paired.c: whether two models differ on the same utterances: paired percentile bootstrap (Efron
 * and Tibshirani, "An introduction to the bootstrap", 1993, chapter 16) and McNemar's exact test
 * (McNemar, 1947). Every resample draws from its own random stream, so that the result does not
 * depend on the number of threads. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/rng.h"
#include "eval/confusion.h"
#include "eval/intervals.h"

enum { ACCURACY, WEIGHTED_F1, MACRO_F1, UAR, N_MEASURES };

/* What is compared. */
typedef struct pairs {
  const mer_answers_of *a, *b;
  const int32_t *labels;
  int64_t n;
  int32_t n_classes;
} pairs;

static void add_measures(double sum[N_MEASURES], mer_metrics *m, double sign) {
  mer__metrics_derive(m);
  sum[ACCURACY] += sign * m->accuracy;
  sum[WEIGHTED_F1] += sign * m->weighted_f1;
  sum[MACRO_F1] += sign * m->macro_f1;
  sum[UAR] += sign * m->uar;
}

/* What a thread counts in. */
typedef struct room {
  uint32_t *rows; /* [n] */
  mer_metrics *metrics;
} room;

/* Mean measures of one side for the rows of `in`, with a sign, added to `sum`. */
static void measure_side(double sum[N_MEASURES], const mer_answers_of *side, const pairs *p,
                         const room *in, double sign) {
  mer_metrics *m = in->metrics;
  for (int32_t s = 0; s < side->n_seeds; s++) {
    m->n_classes = p->n_classes;
    m->n = p->n;
    for (int32_t c = 0; c < p->n_classes; c++)
      memset(m->confusion[c], 0, (size_t)p->n_classes * sizeof *m->confusion[c]);
    for (int64_t i = 0; i < p->n; i++)
      m->confusion[p->labels[in->rows[i]]][side->predicted[s][in->rows[i]]]++;
    add_measures(sum, m, sign / side->n_seeds);
  }
}

/* Differences of resample `r`; `values` [N_MEASURES, n_resamples]. */
static void resample(double *values, const room *in, int r, int n_resamples, const pairs *p,
                     uint64_t seed) {
  double sum[N_MEASURES] = {0};
  mer__rng rng = {.seed = seed, .stream = (uint64_t)r};
  for (int64_t i = 0; i < p->n; i++) in->rows[i] = mer__rng_below(&rng, (uint32_t)p->n);
  measure_side(sum, p->a, p, in, 1);
  measure_side(sum, p->b, p, in, -1);
  for (int k = 0; k < N_MEASURES; k++) values[(size_t)k * (size_t)n_resamples + (size_t)r] = sum[k];
}

/* Two-sided: how many resamples are on the other side of 0; never 0, as one could have been. */
static double p_value(const double *values, int n) {
  int not_above = 1, not_below = 1;
  for (int i = 0; i < n; i++) {
    not_above += values[i] <= 0;
    not_below += values[i] >= 0;
  }
  return fmin(1, 2.0 * (not_above < not_below ? not_above : not_below) / (n + 1.0));
}

static mer_difference summarize(double difference, double *values, int n) {
  const double p = p_value(values, n);
  return (mer_difference){difference, mer__interval_of(values, n), p};
}

static mer_status check_side(const mer_answers_of *side, const pairs *p, mer_error *err) {
  if (side->n_seeds < 1) return mer__fail(err, MER_STATUS_INVALID, "paired bootstrap: no seeds");
  mer_status status = MER_OK;
  for (int32_t s = 0; s < side->n_seeds && status == MER_OK; s++)
    status = mer__labels_check(p->labels, side->predicted[s], p->n, p->n_classes, err);
  return status;
}

static mer_status check(const pairs *p, int n_resamples, mer_error *err) {
  mer_status status = check_side(p->a, p, err);
  if (status == MER_OK) status = check_side(p->b, p, err);
  if (status != MER_OK) return status;
  if (n_resamples < 1) return mer__fail(err, MER_STATUS_INVALID, "paired bootstrap: no resamples");
  if (p->n > INT32_MAX)
    return mer__fail(err, MER_STATUS_INVALID, "paired bootstrap: more than %d rows", INT32_MAX);
  return MER_OK;
}

/* The differences of the rows themselves. */
static void differ(double found[N_MEASURES], const room *in, const pairs *p) {
  memset(found, 0, N_MEASURES * sizeof *found);
  for (int64_t i = 0; i < p->n; i++) in->rows[i] = (uint32_t)i;
  measure_side(found, p->a, p, in, 1);
  measure_side(found, p->b, p, in, -1);
}

mer_status mer_metrics_paired_bootstrap(mer_paired_bootstrap *out, const int32_t *labels, int64_t n,
                                        int32_t n_classes, const mer_answers_of *a,
                                        const mer_answers_of *b, int n_resamples, uint64_t seed,
                                        mer_error *err) {
  const pairs p = {a, b, labels, n, n_classes};
  mer_status status = check(&p, n_resamples, err);
  if (status != MER_OK) return status;
  const int n_threads = mer_threads_get();
  const size_t stride = (size_t)n_resamples;
  double *values = mer__malloc(stride, N_MEASURES * sizeof *values), found[N_MEASURES];
  uint32_t *rows = mer__malloc((size_t)n * (size_t)n_threads, sizeof *rows);
  mer_metrics *metrics = mer__malloc((size_t)n_threads, sizeof *metrics);
  if (values && rows && metrics) {
    differ(found, &(room){rows, metrics}, &p);
#pragma omp parallel for schedule(static) num_threads(n_threads)
    for (int t = 0; t < n_threads; t++) {
      const room own = {rows + (size_t)t * (size_t)n, metrics + t};
      for (int r = t; r < n_resamples; r += n_threads)
        resample(values, &own, r, n_resamples, &p, seed);
    }
    out->accuracy = summarize(found[ACCURACY], values + ACCURACY * stride, n_resamples);
    out->weighted_f1 = summarize(found[WEIGHTED_F1], values + WEIGHTED_F1 * stride, n_resamples);
    out->macro_f1 = summarize(found[MACRO_F1], values + MACRO_F1 * stride, n_resamples);
    out->uar = summarize(found[UAR], values + UAR * stride, n_resamples);
  } else {
    status = mer__fail_memory(err);
  }
  mer__free(values);
  mer__free(rows);
  mer__free(metrics);
  return status;
}

/* log of n over k */
static double log_choose(double n, double k) {
  return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

mer_status mer_mcnemar_compute(mer_mcnemar *out, const int32_t *labels, const int32_t *a,
                               const int32_t *b, int64_t n, int32_t n_classes, mer_error *err) {
  mer_status status = mer__labels_check(labels, a, n, n_classes, err);
  if (status == MER_OK) status = mer__labels_check(labels, b, n, n_classes, err);
  if (status != MER_OK) return status;
  *out = (mer_mcnemar){0};
  for (int64_t i = 0; i < n; i++) {
    out->only_a += a[i] == labels[i] && b[i] != labels[i];
    out->only_b += b[i] == labels[i] && a[i] != labels[i];
  }
  const int64_t n_differ = out->only_a + out->only_b;
  const int64_t fewer = out->only_a < out->only_b ? out->only_a : out->only_b;
  double tail = 0;
  for (int64_t k = 0; k <= fewer; k++)
    tail += exp(log_choose((double)n_differ, (double)k) - (double)n_differ * log(2));
  out->p = fmin(1, 2 * tail);
  return MER_OK;
}
