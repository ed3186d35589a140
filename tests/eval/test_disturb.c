/* test_disturb.c: which disturbances apply to a model and its rows. */
#include "mer/eval.h"
#include "test_support.h"

static mer_model *model;
static const mer_utterance row = {.audio = "a.wav"};

static int open_model(void **state) {
  (void)state;
  mer_error err = {0};
  return mer_model_open(&model, GOLDEN "../../models/speech", &err);
}

static int close_model(void **state) {
  (void)state;
  mer_model_close(model);
  return 0;
}

static void options_may_be_left_out(void **state) {
  (void)state;
  mer_disturbance list[MER_MAX_DISTURBANCES];
  mer_predict_options options;
  mer_predict_options_init(&options, sizeof options);
  assert_int_equal(mer_disturbances_of(list, model, &row, 1, &options), 5);
  assert_int_equal(mer_disturbances_of(list, model, &row, 1, NULL), 5);
  assert_true(list[0].kind == MER_DISTURB_NOISE && list[0].amount == 20);
}

static void vectors_that_are_named_have_no_noise(void **state) {
  (void)state;
  static const char *const named[] = {"audio=x.npy"};
  mer_disturbance list[MER_MAX_DISTURBANCES];
  mer_predict_options options;
  mer_predict_options_init(&options, sizeof options);
  options.precomputed = named;
  options.n_precomputed = 1;
  assert_int_equal(mer_disturbances_of(list, model, &row, 1, &options), 0);
}

static void options_of_an_unknown_size_have_none(void **state) {
  (void)state;
  mer_disturbance list[MER_MAX_DISTURBANCES];
  const mer_predict_options options = {0};
  assert_int_equal(mer_disturbances_of(list, model, &row, 1, &options), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(options_may_be_left_out),
                                     cmocka_unit_test(vectors_that_are_named_have_no_noise),
                                     cmocka_unit_test(options_of_an_unknown_size_have_none)};
  return cmocka_run_group_tests(tests, open_model, close_model);
}
