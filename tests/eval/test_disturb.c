/* test_disturb.c: which disturbances apply to a model and its rows, and which are refused. */
#include "mer/eval.h"
#include "test_support.h"

static mer_model *model, *faces;
static const mer_utterance row = {.audio = "a.wav"};

static int open_models(void **state) {
  (void)state;
  mer_error err = {0};
  return mer_model_open(&model, GOLDEN "../../models/speech", &err) |
         mer_model_open(&faces, GOLDEN "vision/vit", &err);
}

static int close_models(void **state) {
  (void)state;
  mer_model_close(model);
  mer_model_close(faces);
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
  assert_string_equal(list[0].modality, "audio");
}

static void vectors_that_are_named_have_noise(void **state) {
  (void)state;
  static const char *const named[] = {"audio=x.npy"};
  const mer_utterance silent = {.text = "oh"};
  mer_disturbance list[MER_MAX_DISTURBANCES];
  mer_predict_options options;
  mer_predict_options_init(&options, sizeof options);
  assert_int_equal(mer_disturbances_of(list, model, &silent, 1, &options), 0);
  options.precomputed = named;
  options.n_precomputed = 1;
  assert_int_equal(mer_disturbances_of(list, model, &silent, 1, &options), 5);
}

/* Videos count if something finds the faces in them. */
static void images_have_noise(void **state) {
  (void)state;
  const mer_utterance face = {.image = "a.png"}, video = {.video = "a.mp4"};
  mer_disturbance list[MER_MAX_DISTURBANCES];
  mer_predict_options options;
  mer_predict_options_init(&options, sizeof options);
  assert_int_equal(mer_disturbances_of(list, faces, &face, 1, &options), 5);
  assert_string_equal(list[4].modality, "image");
  assert_int_equal(mer_disturbances_of(list, faces, &row, 1, &options), 0);
  assert_int_equal(mer_disturbances_of(list, faces, &video, 1, &options), 0);
  options.features.face_detector = "detector";
  assert_int_equal(mer_disturbances_of(list, faces, &video, 1, &options), 5);
}

static void names_say_which_modality(void **state) {
  (void)state;
  static const struct {
    mer_disturbance disturbance;
    const char *name;
  } cases[] = {{{MER_DISTURB_NOISE, 5, "openface"}, "noise at 5 dB in openface"},
               {{MER_DISTURB_WORDS, 0.25, NULL}, "25 % of the words left out"},
               {{MER_DISTURB_REPLACED, 0, "image"}, "noise in the place of image"},
               {{MER_DISTURB_WITHOUT, 0, "image"}, "without image"}};
  char name[100];
  for (int i = 0; i < 4; i++) {
    mer_disturbance_name(name, sizeof name, &cases[i].disturbance);
    assert_string_equal(name, cases[i].name);
  }
}

static void modalities_that_a_model_has_not_are_refused(void **state) {
  (void)state;
  static const mer_disturbance wrong[] = {{MER_DISTURB_NOISE, 0, "image"},
                                          {MER_DISTURB_NOISE, 0, NULL},
                                          {MER_DISTURB_REPLACED, 0, "text"},
                                          {MER_DISTURB_WITHOUT, 0, "openface"}};
  mer_predictions p;
  for (int i = 0; i < 4; i++) {
    mer_error err = {0};
    assert_int_equal(mer_predict_disturbed(&p, model, NULL, &row, 1, &wrong[i], 0, NULL, &err),
                     MER_STATUS_INVALID);
    assert_non_null(strstr(err.message, "the model has no modality"));
  }
}

static void options_of_an_unknown_size_have_none(void **state) {
  (void)state;
  mer_disturbance list[MER_MAX_DISTURBANCES];
  const mer_predict_options options = {0};
  assert_int_equal(mer_disturbances_of(list, model, &row, 1, &options), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(options_may_be_left_out),
                                     cmocka_unit_test(vectors_that_are_named_have_noise),
                                     cmocka_unit_test(images_have_noise),
                                     cmocka_unit_test(names_say_which_modality),
                                     cmocka_unit_test(modalities_that_a_model_has_not_are_refused),
                                     cmocka_unit_test(options_of_an_unknown_size_have_none)};
  return cmocka_run_group_tests(tests, open_models, close_models);
}
