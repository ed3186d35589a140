/* target_measures.h: the measures of several labels, and of values, that tables and pages show: of
 * all together, and of each. */
#ifndef MER_REPORT_TARGET_MEASURES_H
#define MER_REPORT_TARGET_MEASURES_H

#include <stddef.h>

#include "mer/eval.h"

typedef struct mer__target_measure {
  const char *key, *title; /* in JSON, in a table */
  size_t offset;           /* of a double in mer_target_metrics, or in mer_target_scores */
  bool percent;
} mer__target_measure;

/** Of one kind of target. */
typedef struct mer__target_measures {
  const char *one, *all; /* "label", "labels" */
  const mer__target_measure *overall, *each;
  int n_overall, n_each;
  bool has_support;
} mer__target_measures;

/** Of MER_TARGET_LABELS or MER_TARGET_VALUES. The first of `overall` is the one that a model is
 * chosen by. */
const mer__target_measures *mer__target_measures_of(mer_target target);
/** The measure of a mer_target_metrics, or of a mer_target_scores. */
double mer__target_measure_at(const void *object, const mer__target_measure *measure);

#endif
