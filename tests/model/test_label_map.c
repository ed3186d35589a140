/* test_label_map.c: a model's labels as a data set's. */
#include "mer/predict.h"
#include "model/family_files.h"
#include "model/label_map.h"
#include "model/model_state.h"
#include "nn/cross_entropy.h"

static const char *const own[] = {"happy", "calm", "Sad", "fear", "glad"};
static const char *const data[] = {"joy", "sadness", "fear", "anger"};

static mer__label_map *map_of(mer_target target, const char *text, bool fixed) {
  mer__label_map *map;
  mer_error err = {0};
  assert_ok(mer__label_map_create(&map, target, text, own, 5, fixed ? data : NULL, 4, &err));
  return map;
}

static void check_sums(double temperature) {
  const float logits[10] = {1, 2, -1, 0.5f, 3, 100, -100, 0, 0, 90};
  float p[10], scores[8];
  mer__label_map *map = map_of(MER_TARGET_LABEL, "happy=joy, glad=JOY,sad=sadness,calm=", true);
  assert_int_equal(map->n, 4);
  mer__label_map_apply(scores, map, logits, 2, temperature);
  for (int i = 0; i < 8; i++) scores[i] /= (float)temperature;
  for (int i = 0; i < 10; i++) p[i] = logits[i] / (float)temperature;
  mer__cross_entropy_forward(scores, scores, NULL, 2, 4);
  mer__cross_entropy_forward(p, p, NULL, 2, 5);
  for (int r = 0; r < 2; r++) {
    const double rest = 1 - (double)p[5 * r + 1]; /* calm is dropped */
    assert_near(scores[4 * r], (p[5 * r] + p[5 * r + 4]) / rest, 1e-6);
    assert_near(scores[4 * r + 1], p[5 * r + 2] / rest, 1e-6);
    assert_near(scores[4 * r + 2], p[5 * r + 3] / rest, 1e-6);
    assert_true(scores[4 * r + 3] == 0); /* nothing is anger */
  }
  mer__label_map_free(map);
}

static void probabilities_are_added(void **state) {
  (void)state;
  check_sums(1);
  check_sums(2.5);
  check_sums(0.4);
}

static void several_labels_have_the_largest_score(void **state) {
  (void)state;
  const float logits[5] = {1, 2, -1, 0.5f, -3};
  float scores[4];
  mer__label_map *map =
      map_of(MER_TARGET_LABELS, "happy=joy\nglad=joy\nsad=sadness\r\n# a, b=\ncalm=\n", true);
  mer__label_map_apply(scores, map, logits, 1, 1);
  assert_true(scores[0] == 1 && scores[1] == -1 && scores[2] == 0.5f && scores[3] < -1e29f);
  mer__label_map_free(map);
}

/* Without labels the names are those of the entries, in the model's order. */
static void names_are_those_of_the_entries(void **state) {
  (void)state;
  const float logits[5] = {1, 2, 3, 4, 5};
  float scores[4];
  mer__label_map *map = map_of(MER_TARGET_LABEL, "glad=happy,fear=afraid,calm=", false);
  assert_int_equal(map->n, 3);
  assert_string_equal(map->labels[0], "happy");
  assert_string_equal(map->labels[1], "Sad");
  assert_string_equal(map->labels[2], "afraid");
  mer__label_map_free(map);
  map = map_of(MER_TARGET_VALUES, "happy=valence,calm=,sad=,fear=,glad=", false);
  mer__label_map_apply(scores, map, logits, 1, 1);
  assert_true(map->n == 1 && scores[0] == 1);
  mer__label_map_free(map);
}

static void assert_refused(mer_target target, const char *text, bool fixed, const char *part) {
  mer__label_map *map;
  mer_error err = {0};
  assert_int_equal(mer__label_map_create(&map, target, text, own, 5, fixed ? data : NULL, 4, &err),
                   MER_STATUS_INVALID);
  assert_null(map);
  if (!strstr(err.message, part)) fail_msg("\"%s\" lacks \"%s\"", err.message, part);
}

/* A long name is cut between characters. */
static void names_in_messages_are_whole_characters(void **state) {
  (void)state;
  char name[80], expected[120];
  const char *const from[] = {name};
  mer__label_map *map;
  mer_error err = {0};
  for (int n = 56; n <= 60; n++) {
    snprintf(name, sizeof name, "%.*s\xe2\x82\xac and more", n,
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(mer__label_map_create(&map, MER_TARGET_LABEL, "", from, 1, data, 4, &err),
                     MER_STATUS_INVALID);
    snprintf(expected, sizeof expected, "not mapped to the data's: %.*s..;", n < 58 ? 60 : n, name);
    if (!strstr(err.message, expected)) fail_msg("\"%s\" lacks \"%s\"", err.message, expected);
  }
}

static void faults_are_named(void **state) {
  (void)state;
  assert_refused(MER_TARGET_LABEL, "happy", true, "'happy': expected MODEL'S=DATA'S");
  assert_refused(MER_TARGET_LABEL, "merry=joy", true, "the model has no label 'merry'");
  assert_refused(MER_TARGET_LABEL, "happy=joy,HAPPY=fear", true, "'happy' is mapped twice");
  assert_refused(MER_TARGET_LABEL, "happy=bliss", true, "'bliss' is none of the data's labels");
  assert_refused(MER_TARGET_LABEL, "happy=joy", true, "not mapped to the data's: calm, Sad, glad;");
  assert_refused(MER_TARGET_LABEL, "happy=,calm=,sad=,fear=,glad=", false, "drops every label");
  assert_refused(MER_TARGET_VALUES, "happy=glad", false, "2 values of the model are 'glad'");
}

/* The message for `n` labels of which none is mapped. */
static void message_of(char message[512], const char *const *from, int32_t n) {
  mer__label_map *map;
  mer_error err = {0};
  assert_int_equal(mer__label_map_create(&map, MER_TARGET_LABEL, "", from, n, data, 4, &err),
                   MER_STATUS_INVALID);
  memcpy(message, err.message, 512);
}

/* However many there are, a name is whole, and so is what comes after them. */
static void many_labels_are_listed_by_whole_names(void **state) {
  (void)state;
  static const char end[] = "; LABEL=OTHER maps one, LABEL= drops it";
  char names[MER__MAX_LABELS][40], message[512], long_name[200], expected[128];
  const char *from[MER__MAX_LABELS];
  for (int i = 0; i < MER__MAX_LABELS; i++) {
    snprintf(names[i], sizeof names[i], "(emotion %d of the model)", i);
    from[i] = names[i];
  }
  for (int32_t n = 1; n <= MER__MAX_LABELS; n++) {
    message_of(message, from, n);
    int n_whole = 0, n_more = 0;
    for (const char *c = message; (c = strchr(c, '(')); c = strchr(c, ')'), n_whole++)
      assert_non_null(strchr(c, ')'));
    const char *more = strstr(message, ") and ");
    if (more) n_more = atoi(more + 6);
    assert_int_equal(n_whole + n_more, n);
    assert_string_equal(message + strlen(message) - strlen(end), end);
  }
  snprintf(expected, sizeof expected, "model) and %d more;", MER__MAX_LABELS - 15);
  if (!strstr(message, expected)) fail_msg("\"%s\" lacks \"%s\"", message, expected);
  memset(long_name, 'x', sizeof long_name - 1);
  long_name[sizeof long_name - 1] = 0;
  from[0] = long_name;
  message_of(message, from, 2);
  assert_non_null(strstr(message, "xx.., (emotion 1 of the model); LABEL"));
}

/* A model with other labels answers so everywhere. */
static void check_answers(double temperature) {
  char folder[64];
  mer_predictor *predictor;
  mer_error err = {0};
  mer_answer before, after;
  make_temporary_folder(folder);
  write_family("bert", folder, NULL, NULL);
  assert_ok(mer_predictor_open(&predictor, folder, &err));
  ((mer_model *)mer_predictor_model(predictor))->temperature = temperature;
  remove_test_folder(folder);
  const mer_request request = {.text = "w7 w9", .text_size = 5};
  assert_ok(mer_predictor_answer(&before, predictor, &request, 1, &err));
  assert_int_equal(mer_predictor_map_labels(predictor, "x=y", &err), MER_STATUS_INVALID);
  assert_int_equal(mer_model_n_labels(mer_predictor_model(predictor)), 4);
  assert_null(mer_model_dropped_label(mer_predictor_model(predictor), 0));
  assert_ok(mer_predictor_map_labels(predictor, "fear=anger,neutral=", &err));
  const mer_model *model = mer_predictor_model(predictor);
  assert_int_equal(mer_model_n_labels(model), 2);
  assert_string_equal(mer_model_label(model, 1), "anger");
  assert_null(mer_model_label(model, 2));
  assert_string_equal(mer_model_dropped_label(model, 0), "neutral");
  assert_null(mer_model_dropped_label(model, 1));
  assert_null(mer_model_dropped_label(model, INT32_MIN));
  assert_ok(mer_predictor_answer(&after, predictor, &request, 1, &err));
  assert_int_equal(after.n_labels, 2);
  assert_near(after.probs[0], before.probs[0] / (1 - before.probs[3]), 1e-6);
  assert_near(after.probs[0] + after.probs[1], 1, 1e-6);
  assert_ok(mer_predictor_map_labels(predictor, "fear=anger", &err));
  assert_null(mer_model_dropped_label(model, 0));
  assert_ok(mer_predictor_answer(&after, predictor, &request, 1, &err));
  assert_int_equal(after.n_labels, 3);
  assert_near(after.probs[0], before.probs[0], 1e-6);
  assert_near(after.probs[1], before.probs[1] + before.probs[2], 1e-6);
  assert_near(after.probs[2], before.probs[3], 1e-6);
  mer_predictor_close(predictor);
}

static void a_model_answers_with_them(void **state) {
  (void)state;
  check_answers(0);
  check_answers(3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(probabilities_are_added),
      cmocka_unit_test(several_labels_have_the_largest_score),
      cmocka_unit_test(names_are_those_of_the_entries),
      cmocka_unit_test(names_in_messages_are_whole_characters),
      cmocka_unit_test(faults_are_named),
      cmocka_unit_test(many_labels_are_listed_by_whole_names),
      cmocka_unit_test(a_model_answers_with_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
