/* nn_support.h: what the tests of layers share. */
#ifndef MER_TEST_NN_SUPPORT_H
#define MER_TEST_NN_SUPPORT_H

#include "base/rng.h"
#include "nn/activation.h"
#include "test_support.h"

/** Fills x with normal numbers; different ones for each stream. */
static inline void fill_normal(float *x, int64_t n, uint64_t stream) {
  mer__rng rng = {.seed = 11, .stream = stream};
  for (int64_t i = 0; i < n; i++) x[i] = mer__rng_normal(&rng);
}

/** n normal numbers, freed by free(). */
static inline float *normal(int64_t n, uint64_t stream) {
  float *x = malloc((size_t)n * sizeof *x);
  fill_normal(x, n, stream);
  return x;
}

/** activated [n] = GELU(y). */
static inline void expect_gelu(const float *activated, const float *y, int64_t n) {
  float *expected = malloc((size_t)n * sizeof *expected);
  mer__gelu_forward(expected, y, n);
  assert_memory_equal(activated, expected, (size_t)n * sizeof *expected);
  free(expected);
}

#endif
