/* random_normal.h: normal random numbers for tests. */
#ifndef MER_TESTS_RANDOM_NORMAL_H
#define MER_TESTS_RANDOM_NORMAL_H

#include <math.h>

#include "base/rng.h"

/** Normal with mean 0 and deviation 1 (Box-Muller). */
static inline float random_normal(mer__rng *rng) {
  double u = 1.0 - mer__rng_uniform(rng), v = mer__rng_uniform(rng);
  return (float)(sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v));
}

#endif
