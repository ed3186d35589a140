/* test_joint.c: models of text and of sound that answer together. */
#include "predict/predict_support.h"

static mer_predictor *joint, *alone[2];
enum { TEXT, SOUND };

static int open_models(void **state) {
  begin(state);
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_TEXT, "text");
  o.epochs = 1;
  train_whole(&o);
  o = options_of(MER_KIND_AUDIO, "audio");
  o.epochs = 1;
  train_whole(&o);
  put_wav("silent.wav", 4000, 0);
  assert_ok(mer_model_store_temperature(in_folder("text"), 2, &err));
  assert_ok(mer_model_store_temperature(in_folder("audio"), .7, &err));
  const char *names[2] = {"text", "audio"}, *folders[2];
  char paths[2][512];
  for (int m = 0; m < 2; m++) {
    snprintf(paths[m], sizeof paths[m], "%s", in_folder(names[m]));
    folders[m] = paths[m];
    if (mer_predictor_open(&alone[m], paths[m], &err) != MER_OK) return -1;
  }
  return mer_predictor_open_joint(&joint, folders, 2, &err) == MER_OK ? 0 : -1;
}

static int close_models(void **state) {
  mer_predictor_close(joint);
  for (int m = 0; m < 2; m++) mer_predictor_close(alone[m]);
  return end(state);
}

/* The geometric mean of the calibrated probabilities of both. */
static void take_mean(float *mean, const mer_answer *a, const mer_answer *b) {
  double sum = 0;
  for (int32_t i = 0; i < a->n_labels; i++) sum += sqrt((double)a->probs[i] * b->probs[i]);
  for (int32_t i = 0; i < a->n_labels; i++)
    mean[i] = (float)(sqrt((double)a->probs[i] * b->probs[i]) / sum);
}

static void both_answer_by_their_mean(void **state) {
  (void)state;
  const mer_request both = request_of("what a lovely day", "train1.wav");
  const mer_answer answer = answer_of(joint, &both), text = answer_of(alone[TEXT], &both),
                   sound = answer_of(alone[SOUND], &both);
  float mean[MER_MAX_LABELS];
  take_mean(mean, &text, &sound);
  assert_int_equal(answer.status, MER_OK);
  assert_true(answer.present[TEXT] && answer.present[SOUND]);
  for (int32_t i = 0; i < answer.n_labels; i++) {
    assert_near(answer.probs[i], mean[i], 1e-5);
    assert_true(answer.probs[i] <= answer.probs[answer.label]);
  }
}

/* Either alone, also where the other is at fault, answers as without the other model. */
static void either_answers_alone(void **state) {
  (void)state;
  const mer_request requests[3] = {request_of("she is gone", NULL), request_of(NULL, "train2.wav"),
                                   request_of("she is gone", "silent.wav")};
  const int of[3] = {TEXT, SOUND, TEXT};
  mer_answer answers[3];
  mer_error err = {0};
  assert_ok(mer_predictor_answer(answers, joint, requests, 3, &err));
  for (int i = 0; i < 3; i++) {
    const mer_answer single = answer_of(alone[of[i]], &requests[i]);
    assert_int_equal(answers[i].label, single.label);
    assert_near(max_difference(answers[i].probs, single.probs, (size_t)single.n_labels), 0, 1e-5);
    assert_true(answers[i].present[of[i]]);
    assert_false(answers[i].present[1 - of[i]]);
  }
  assert_string_equal(answers[2].missing[SOUND], "silent");
}

static void it_describes_itself_as_a_fusion(void **state) {
  (void)state;
  const mer_model *model = mer_predictor_model(joint), *text = mer_predictor_model(alone[TEXT]);
  assert_string_equal(mer_model_kind(model), "fusion");
  assert_int_equal(mer_model_n_modalities(model), 2);
  assert_true(mer_model_modality(model, TEXT).is_text);
  assert_true(mer_model_modality(model, SOUND).from_sound);
  assert_int_equal(
      mer_model_n_parameters(model),
      mer_model_n_parameters(text) + mer_model_n_parameters(mer_predictor_model(alone[SOUND])));
  for (int32_t i = 0; i < mer_model_n_labels(text); i++)
    assert_string_equal(mer_model_label(model, i), mer_model_label(text, i));
  assert_non_null(strstr(mer_model_config(model), "\"parts\":["));
}

/* mer_model_predict of its model, contributions, other labels: as of any fusion. */
static void it_is_used_like_one_model(void **state) {
  (void)state;
  mer_error err = {0};
  const mer_request both = request_of("what a lovely day", "train1.wav"),
                    text = request_of("what a lovely day", NULL);
  mer_answer answer;
  mer_contributions without;
  float probs[MER_MAX_LABELS];
  assert_ok(mer_predictor_contributions(&answer, &without, joint, &both, 1, &err));
  const mer_answer of_text = answer_of(joint, &text);
  assert_true(without.known[TEXT] && without.known[SOUND]);
  assert_near(max_difference(without.probs[SOUND], of_text.probs, (size_t)answer.n_labels), 0,
              1e-6);
  const mer_input_data data = {.text = "what a lovely day"};
  assert_ok(mer_model_predict(probs, mer_predictor_model(joint), &data, 1, NULL, &err));
  assert_near(max_difference(probs, of_text.probs, (size_t)answer.n_labels), 0, 1e-6);
}

/* A copy of the model of sound whose labels "fear" and "joy" have other names. */
static void put_renamed(const char *name, const char *for_fear, const char *for_joy) {
  char *config, *weights, to[64], renamed[1 << 16];
  size_t size, n_weights;
  read_whole(&config, &size, in_folder("audio"), "config.json");
  read_whole(&weights, &n_weights, in_folder("audio"), "model.safetensors");
  const char *fear = strstr(config, "\"fear\""), *joy = strstr(config, "\"joy\"");
  assert_true(fear && joy && fear < joy && size < sizeof renamed / 2);
  snprintf(renamed, sizeof renamed, "%.*s\"%s\"%.*s\"%s\"%s", (int)(fear - config), config,
           for_fear, (int)(joy - fear - 6), fear + 6, for_joy, joy + 5);
  snprintf(to, sizeof to, "%s/config.json", name);
  put(to, renamed);
  snprintf(to, sizeof to, "%s/model.safetensors", name);
  put_bytes(to, weights, n_weights);
  mer__free(config);
  mer__free(weights);
}

static mer_status open_with(mer_predictor **out, const char *second, mer_error *err) {
  char paths[2][512];
  snprintf(paths[0], sizeof paths[0], "%s", in_folder("text"));
  snprintf(paths[1], sizeof paths[1], "%s", in_folder(second));
  const char *folders[2] = {paths[0], paths[1]};
  return mer_predictor_open_joint(out, folders, 2, err);
}

static void labels_are_found_by_name(void **state) {
  (void)state;
  mer_error err = {0};
  mer_predictor *swapped;
  const mer_request sound = request_of(NULL, "train1.wav");
  put_renamed("swapped", "joy", "fear");
  assert_ok(open_with(&swapped, "swapped", &err));
  const mer_answer a = answer_of(swapped, &sound), b = answer_of(joint, &sound);
  const int fear = 2, joy = 4, neutral = 0;
  assert_near(a.probs[fear], b.probs[joy], 1e-6);
  assert_near(a.probs[joy], b.probs[fear], 1e-6);
  assert_near(a.probs[neutral], b.probs[neutral], 1e-6);
  mer_predictor_close(swapped);
  put_renamed("other", "fear", "glee");
  assert_int_equal(open_with(&swapped, "other", &err), MER_STATUS_INVALID);
  assert_message(&err, "glee");
}

static void labels_are_mapped_after_the_mean(void **state) {
  (void)state;
  mer_error err = {0};
  mer_predictor *mapped;
  const mer_request both = request_of("what a lovely day", "train1.wav");
  assert_ok(open_with(&mapped, "audio", &err));
  assert_ok(mer_predictor_map_labels(mapped, "neutral=rest\nsurprise=rest", &err));
  const mer_answer answer = answer_of(mapped, &both), plain = answer_of(joint, &both);
  assert_int_equal(answer.n_labels, plain.n_labels - 1);
  assert_near(answer.probs[0], plain.probs[0] + plain.probs[1], 1e-5);
  mer_predictor_close(mapped);
}

static void assert_refused(const char *first, const char *second, const char *message) {
  mer_error err = {0};
  mer_predictor *other;
  char paths[2][512];
  snprintf(paths[0], sizeof paths[0], "%s", in_folder(first));
  snprintf(paths[1], sizeof paths[1], "%s", in_folder(second));
  const char *folders[2] = {paths[0], paths[1]};
  assert_int_equal(mer_predictor_open_joint(&other, folders, 2, &err), MER_STATUS_INVALID);
  assert_message(&err, message);
  assert_null(other);
}

static void what_cannot_answer_together_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer_predictor *other;
  mer_train_options o = options_of(MER_KIND_FUSION, "fusion");
  o.epochs = 1;
  train_whole(&o);
  assert_refused("text", "text", "two models of 'text'");
  assert_refused("fusion", "audio", "one modality");
  assert_int_equal(mer_predictor_open_joint(&other, NULL, 0, &err), MER_STATUS_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_answer_by_their_mean),
      cmocka_unit_test(either_answers_alone),
      cmocka_unit_test(it_describes_itself_as_a_fusion),
      cmocka_unit_test(it_is_used_like_one_model),
      cmocka_unit_test(labels_are_found_by_name),
      cmocka_unit_test(labels_are_mapped_after_the_mean),
      cmocka_unit_test(what_cannot_answer_together_is_refused),
  };
  return cmocka_run_group_tests(tests, open_models, close_models);
}
