/* intervals.h: percentile intervals of resampled values. */
#ifndef MER_EVAL_INTERVALS_H
#define MER_EVAL_INTERVALS_H

#include "mer/eval.h"

/** The 95 % interval of `values` [n], which are sorted by it. */
mer_interval mer__interval_of(double *values, int n);

#endif
