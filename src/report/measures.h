/* measures.h: the measures that tables show, and their mean over seeds. */
#ifndef MER_REPORT_MEASURES_H
#define MER_REPORT_MEASURES_H

#include <stddef.h>

#include "mer/eval.h"

/** Measures: X(name, key in JSON, title). */
#define MER__MEASURE_MAP(X)                  \
  X(ACCURACY, accuracy, "Accuracy")          \
  X(WEIGHTED_F1, weighted_f1, "Weighted F1") \
  X(MACRO_F1, macro_f1, "Macro F1")          \
  X(UAR, uar, "UAR")                         \
  X(LOSS, loss, "Loss")

typedef enum mer__measure {
#define MER__MEASURE_ENUM(name, key, title) MER__##name,
  MER__MEASURE_MAP(MER__MEASURE_ENUM)
#undef MER__MEASURE_ENUM
      MER__N_MEASURES
} mer__measure;

/** "weighted_f1" */
const char *mer__measure_key(mer__measure measure);
/** "Weighted F1" */
const char *mer__measure_title(mer__measure measure);
double mer__measure_of(const mer_metrics *metrics, mer__measure measure);
/** The interval of a measure, or NULL: the loss has none. */
const mer_interval *mer__measure_interval(const mer_bootstrap *bootstrap, mer__measure measure);

/** Mean of the values that are finite, and their deviation (n - 1); NaN where there are too few. */
typedef struct mer__mean {
  double mean, deviation;
  size_t n;
} mer__mean;

/** Takes `x` into the mean of n values so far (Welford, 1962); `deviation` holds the sum of squares
 * until mer__mean_finish. Zero-initialize. */
void mer__mean_add(mer__mean *mean, double x);
void mer__mean_finish(mer__mean *mean);

/** Mean of a measure over `metrics` [n]. */
mer__mean mer__measure_mean(const mer_metrics *metrics, int32_t n, mer__measure measure);

#endif
