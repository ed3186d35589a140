/* test_batch_norm.c: the running statistics of channels that never change. */
#include "layers/batch_norm.h"

#include "test_support.h"

/* Rounding makes a batch's variance of 0 a little less; what is kept of it never falls below 0. */
static void variances_of_dead_channels_are_not_negative(void **state) {
  (void)state;
  enum { WIDTH = 8, ROWS = 4 };
  mer_error err = {0};
  mer__params params = {0};
  mer__batch_norm norm = {.width = WIDTH};
  float x[ROWS * WIDTH], y[ROWS * WIDTH], mean[WIDTH], rstd[WIDTH];
  assert_ok(mer__batch_norm_declare(&norm, &params, "norm", &err));
  assert_ok(mer__params_allocate(&params, &err));
  mer__batch_norm_init(&norm, &params);
  for (int i = 0; i < ROWS * WIDTH; i++) x[i] = (float)(i % WIDTH); /* the same in each row */
  float *variance = mer__value(&params, norm.variance);
  variance[0] = 0;
  for (int step = 0; step < 1000; step++) {
    mer__batch_norm_forward(y, mean, rstd, x, &norm, &params, ROWS);
    for (int j = 0; j < WIDTH; j++) assert_true(variance[j] >= 0);
  }
  mer__params_clear(&params);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(variances_of_dead_channels_are_not_negative),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
