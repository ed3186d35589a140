/* json_real.h: a number in JSON, which has no word for NaN and infinity: they are null. */
#ifndef MER_TRAIN_JSON_REAL_H
#define MER_TRAIN_JSON_REAL_H

#include <jansson.h>
#include <math.h>

static inline json_t *mer__json_real(double x) { return isfinite(x) ? json_real(x) : json_null(); }

#endif
