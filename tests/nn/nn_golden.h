/* nn_golden.h: reading of tests/golden/nn, made by make_nn.py. */
#ifndef MER_TEST_NN_GOLDEN_H
#define MER_TEST_NN_GOLDEN_H

#include "mer/tensor.h"
#include "test_support.h"

static mer_safetensors *golden;

static inline int open_golden(void **state) {
  (void)state;
  mer_error err = {0};
  assert_ok(mer_safetensors_open(&golden, GOLDEN "nn/nn.safetensors", &err));
  return 0;
}

static inline int close_golden(void **state) {
  (void)state;
  mer_safetensors_close(golden);
  return 0;
}

/** The elements of tensor `name`, n of them, borrowed. */
static inline const void *golden_data(const char *name, int64_t n) {
  const mer_tensor *t = mer_safetensors_find(golden, name);
  if (t && t->n_elements == n) return t->data;
  fail_msg("%s is not a tensor of %lld", name, (long long)n);
  return NULL;
}

/** Fails unless x [n] is within `tolerance` of tensor `name`, relative to max(1, |expected|). */
static inline void assert_golden(const float *x, const char *name, int64_t n, double tolerance) {
  const float *expected = golden_data(name, n);
  for (int64_t i = 0; i < n; i++)
    if (!(fabs((double)x[i] - expected[i]) <= tolerance * fmax(1, fabs(expected[i]))))
      fail_msg("%s[%lld] = %.9g, expected %.9g", name, (long long)i, x[i], expected[i]);
}

#endif
