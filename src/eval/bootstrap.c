/* bootstrap.c: percentile bootstrap intervals (Efron and Tibshirani, "An introduction to the
 * bootstrap", 1993, section 13.3). Every resample draws from its own random stream, so that the
 * result does not depend on the number of threads. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/rng.h"
#include "eval/confusion.h"
#include "eval/intervals.h"

enum { ACCURACY, WEIGHTED_F1, MACRO_F1, UAR, N_MEASURES };

/* Measures of resample `r`; `values` [N_MEASURES, n_resamples]. */
static void resample(double *values, int r, int n_resamples, const int32_t *labels,
                     const int32_t *predicted, uint32_t n, int32_t n_classes, uint64_t seed) {
  mer_metrics m = {.n_classes = n_classes, .n = n};
  mer__rng rng = {.seed = seed, .stream = (uint64_t)r};
  for (uint32_t i = 0; i < n; i++) {
    uint32_t k = mer__rng_below(&rng, n);
    m.confusion[labels[k]][predicted[k]]++;
  }
  mer__metrics_derive(&m);
  const double of[N_MEASURES] = {[ACCURACY] = m.accuracy,
                                 [WEIGHTED_F1] = m.weighted_f1,
                                 [MACRO_F1] = m.macro_f1,
                                 [UAR] = m.uar};
  for (int k = 0; k < N_MEASURES; k++) values[(size_t)k * (size_t)n_resamples + (size_t)r] = of[k];
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Quantile of sorted values by linear interpolation, as numpy.percentile. */
static double quantile(const double *sorted, int n, double q) {
  double at = q * (n - 1);
  int below = (int)at;
  if (below >= n - 1) return sorted[n - 1];
  return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

mer_interval mer__interval_of(double *values, int n) {
  qsort(values, (size_t)n, sizeof *values, compare);
  return (mer_interval){quantile(values, n, 0.025), quantile(values, n, 0.975)};
}

mer_status mer_metrics_bootstrap(mer_bootstrap *bootstrap, const int32_t *labels,
                                 const int32_t *predicted, int64_t n, int32_t n_classes,
                                 int n_resamples, uint64_t seed, mer_error *err) {
  mer_status status = mer__labels_check(labels, predicted, n, n_classes, err);
  if (status != MER_OK) return status;
  if (n_resamples < 1) return mer__fail(err, MER_STATUS_INVALID, "bootstrap: no resamples");
  if (n > INT32_MAX)
    return mer__fail(err, MER_STATUS_INVALID, "bootstrap: more than %d rows", INT32_MAX);
  double *values = mer__malloc((size_t)n_resamples, N_MEASURES * sizeof *values);
  if (!values) return mer__fail_memory(err);
#pragma omp parallel for schedule(static)
  for (int r = 0; r < n_resamples; r++)
    resample(values, r, n_resamples, labels, predicted, (uint32_t)n, n_classes, seed);
  size_t stride = (size_t)n_resamples;
  bootstrap->accuracy = mer__interval_of(values + ACCURACY * stride, n_resamples);
  bootstrap->weighted_f1 = mer__interval_of(values + WEIGHTED_F1 * stride, n_resamples);
  bootstrap->macro_f1 = mer__interval_of(values + MACRO_F1 * stride, n_resamples);
  bootstrap->uar = mer__interval_of(values + UAR * stride, n_resamples);
  mer__free(values);
  return MER_OK;
}
