/* test_predictor.c: a predictor on text and sound of every kind, what is missing, threads. */
#include <pthread.h>

#include "mer/eval.h"
#include "mer/media.h"
#include "predict/predict_support.h"

static mer_predictor *predictor;
static int text_index, audio_index;

/* Writes a mono WAV of f32 at 16 kHz that holds NaN alone. */
static void put_nan_wav(const char *name) {
  enum { SAMPLES = 4000 };
  static struct {
    char riff[4];
    uint32_t size;
    char wave[8];
    uint32_t format[5];
    char data[4];
    uint32_t n_bytes;
    float samples[SAMPLES];
  } wav = {"RIFF", 36 + 4 * SAMPLES, "WAVEfmt", {16, 3 | 1 << 16, 16000, 64000, 4 | 32 << 16},
           "data", 4 * SAMPLES,      {0}};
  wav.wave[7] = ' ';
  for (int i = 0; i < SAMPLES; i++) wav.samples[i] = NAN;
  put_bytes(name, &wav, sizeof wav);
}

static int open_fusion(void **state) {
  begin(state);
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_FUSION, "fusion");
  o.epochs = 1;
  train_whole(&o);
  put_wav("silent.wav", 4000, 0);
  put("text.wav", "this is a text");
  put("none.wav", "");
  put_nan_wav("nan.wav");
  put("folder.wav/in.txt", "");
  if (mer_predictor_open(&predictor, in_folder("fusion"), &err) != MER_OK) return -1;
  const mer_model *model = mer_predictor_model(predictor);
  for (int m = 0; m < mer_model_n_modalities(model); m++)
    *(mer_model_modality(model, m).is_text ? &text_index : &audio_index) = m;
  return 0;
}

static int close_fusion(void **state) {
  mer_predictor_close(predictor);
  mer_predictor_close(NULL);
  return end(state);
}

static mer_answer answer_one(const mer_request *request) { return answer_of(predictor, request); }

static void assert_same_answer(const mer_answer *a, const mer_answer *b) {
  assert_int_equal(a->status, b->status);
  assert_int_equal(a->label, b->label);
  assert_memory_equal(a->logits, b->logits, sizeof a->logits);
  assert_memory_equal(a->probs, b->probs, sizeof a->probs);
  assert_memory_equal(a->present, b->present, sizeof a->present);
}

static void it_answers_as_the_model_does(void **state) {
  (void)state;
  mer_error err = {0};
  float probs[MER_MAX_LABELS];
  const mer_input_data data = {.text = "what a lovely day"};
  assert_ok(mer_model_predict(probs, mer_predictor_model(predictor), &data, 1, NULL, &err));
  const mer_request request = request_of(data.text, NULL);
  const mer_answer answer = answer_one(&request);
  assert_int_equal(answer.status, MER_OK);
  assert_string_equal(answer.message, "");
  assert_true(answer.present[text_index]);
  assert_false(answer.present[audio_index]);
  assert_null(answer.missing[audio_index]);
  assert_memory_equal(answer.probs, probs, (size_t)answer.n_labels * sizeof *probs);
  double sum = 0;
  for (int32_t i = 0; i < answer.n_labels; i++) {
    assert_true(answer.probs[i] <= answer.probs[answer.label]);
    assert_near(log(answer.probs[i]) - log(answer.probs[0]), answer.logits[i] - answer.logits[0],
                1e-5);
    sum += answer.probs[i];
  }
  assert_near(sum, 1, 1e-6);
}

/* A file, its bytes, its samples, and the samples in two channels are the same sound. */
static void sound_of_every_kind_is_the_same(void **state) {
  (void)state;
  mer_error err = {0};
  mer_request request = request_of(NULL, "train1.wav");
  const mer_answer of_path = answer_one(&request);
  assert_true(of_path.present[audio_index]);
  assert_int_equal(of_path.status, MER_OK);
  mer_audio audio = {0};
  assert_ok(mer_audio_decode(&audio, request.sound.path, NULL, &err));
  char *bytes;
  size_t n_bytes;
  assert_ok(mer__file_read(&bytes, &n_bytes, request.sound.path, 1 << 24, &err));
  request.sound = (mer_sound){.bytes = bytes, .n_bytes = n_bytes};
  mer_answer answer = answer_one(&request);
  assert_same_answer(&answer, &of_path);
  request.sound = (mer_sound){.samples = audio.samples,
                              .n_samples = audio.n_samples,
                              .n_channels = 1,
                              .rate_hz = audio.rate_hz};
  answer = answer_one(&request);
  assert_same_answer(&answer, &of_path);
  float *both = malloc(sizeof *both * 2 * (size_t)audio.n_samples);
  for (int64_t i = 0; i < 2 * audio.n_samples; i++) both[i] = audio.samples[i / 2];
  request.sound.samples = both;
  request.sound.n_channels = 2;
  answer = answer_one(&request);
  assert_same_answer(&answer, &of_path);
  free(both);
  mer__free(bytes);
  mer_audio_clear(&audio);
}

static void features_may_be_given(void **state) {
  (void)state;
  mer_error err = {0};
  mer_request request = request_of(NULL, "train1.wav");
  const mer_answer of_path = answer_one(&request);
  const mer_modality_info info = mer_model_modality(mer_predictor_model(predictor), audio_index);
  mer_feature_extractor *extractor;
  mer_audio audio = {0};
  float *features = malloc(sizeof *features * (size_t)info.width);
  assert_ok(mer_audio_decode(&audio, request.sound.path, NULL, &err));
  assert_ok(mer_feature_extractor_create(&extractor, info.features, &err));
  assert_ok(mer_feature_compute(features, extractor, audio.samples, audio.n_samples, &err));
  mer_audio_clear(&audio);
  mer_feature_extractor_free(extractor);
  request = (mer_request){0};
  request.vectors[audio_index] = features;
  const mer_answer answer = answer_one(&request);
  for (int32_t i = 0; i < answer.n_labels; i++)
    assert_near(answer.logits[i], of_path.logits[i], 1e-3);
  free(features);
}

/* What comes after the longest clip of training is not heard, however loud; what comes before is.
 */
static void a_long_sound_is_heard_to_its_limit(void **state) {
  (void)state;
  enum { LIMIT = 60 * 16000, SAMPLES = LIMIT + 16000, LOUD = 400 };
  float *samples = calloc(SAMPLES, sizeof *samples);
  for (int i = 0; i < 16000; i++) samples[i] = (float)(i % 40) / 40000;
  mer_request request = {
      .sound = {.samples = samples, .n_samples = LIMIT, .n_channels = 1, .rate_hz = 16000}};
  const mer_answer of_part = answer_one(&request);
  assert_int_equal(of_part.status, MER_OK);
  for (int i = LIMIT + 1000; i < LIMIT + 1000 + LOUD; i++) samples[i] = i % 2 ? 1 : -1;
  request.sound.n_samples = SAMPLES;
  mer_answer answer = answer_one(&request);
  assert_same_answer(&answer, &of_part);
  for (int i = LIMIT - 2000; i < LIMIT - 2000 + LOUD; i++) samples[i] = i % 2 ? 1 : -1;
  answer = answer_one(&request);
  assert_memory_not_equal(answer.logits, of_part.logits, sizeof answer.logits);
  free(samples);
}

/* Of each fault: the text answers as if there were no sound; without a text there is no answer. */
static void a_sound_at_fault_is_missing(void **state) {
  (void)state;
  const struct {
    const char *wav, *state;
    mer_status status;
  } faults[] = {{"gone.wav", "missing file", MER_STATUS_NOT_FOUND},
                {"silent.wav", "silent", MER_STATUS_FORMAT},
                {"text.wav", "corrupt", MER_STATUS_FORMAT},
                {"none.wav", "empty", MER_STATUS_FORMAT},
                {"nan.wav", "not finite", MER_STATUS_FORMAT},
                {"folder.wav", "corrupt", MER_STATUS_IO}};
  const mer_request alone = request_of("she is gone", NULL);
  const mer_answer of_text = answer_one(&alone);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    const mer_request both = request_of("she is gone", faults[i].wav);
    mer_answer answer = answer_one(&both);
    assert_same_answer(&answer, &of_text);
    assert_string_equal(answer.missing[audio_index], faults[i].state);
    assert_non_null(strstr(answer.message, faults[i].wav));
    const mer_request sound = request_of(NULL, faults[i].wav);
    answer = answer_one(&sound);
    assert_int_equal(answer.status, faults[i].status);
    assert_int_equal(answer.label, -1);
    assert_string_equal(answer.missing[audio_index], faults[i].state);
    assert_non_null(strstr(answer.message, faults[i].wav));
  }
  mer_request memory = {.sound = {.bytes = "this is a text", .n_bytes = 14}};
  mer_answer answer = answer_one(&memory);
  assert_int_equal(answer.status, MER_STATUS_FORMAT);
  assert_non_null(strstr(answer.message, "sound in memory"));
  memory.sound = (mer_sound){.samples = (float[4]){0}, .n_samples = 4, .rate_hz = 16000};
  answer = answer_one(&memory);
  assert_int_equal(answer.status, MER_STATUS_UNSUPPORTED);
  assert_non_null(strstr(answer.message, "channels"));
  memory.sound = (mer_sound){.bytes = "", .n_bytes = 0};
  answer = answer_one(&memory);
  assert_string_equal(answer.missing[audio_index], "empty");
}

/* A file that may not be read is that, not damaged. */
static void a_sound_without_permission_is_io(void **state) {
  (void)state;
  const mer_request sound = request_of(NULL, "train2.wav");
  assert_int_equal(chmod(folder, 0755) | chmod(in_folder("train2.wav"), 0), 0);
  const bool dropped = drop_rights();
  const mer_answer answer = answer_one(&sound);
  regain_rights();
  assert_int_equal(chmod(in_folder("train2.wav"), 0600), 0);
  if (!dropped) skip();
  assert_int_equal(answer.status, MER_STATUS_IO);
  assert_string_equal(answer.missing[audio_index], "no permission");
}

/* A sound of which a part is lost answers, and the message says what is lost. */
static void damage_of_a_sound_that_is_used_is_told(void **state) {
  (void)state;
  mer_error err = {0};
  char *bytes;
  size_t n_bytes;
  mer_request request = request_of("she is gone", "train1.wav");
  mer_answer answer = answer_one(&request);
  assert_string_equal(answer.message, "");
  assert_ok(mer__file_read(&bytes, &n_bytes, request.sound.path, 1 << 24, &err));
  put_bytes("cut.wav", bytes, n_bytes / 2);
  request = request_of("she is gone", "cut.wav");
  for (int of_memory = 0; of_memory < 2; of_memory++) {
    if (of_memory) request.sound = (mer_sound){.bytes = bytes, .n_bytes = n_bytes / 2};
    answer = answer_one(&request);
    assert_int_equal(answer.status, MER_OK);
    assert_true(answer.present[audio_index]);
    assert_null(answer.missing[audio_index]);
    assert_non_null(strstr(answer.message, of_memory ? "sound in memory: damaged: 1 part cannot"
                                                     : "cut.wav: damaged: 1 part cannot"));
  }
  mer__free(bytes);
}

/* In a request as in a manifest, a text that is empty or blanks alone is none. */
static void a_text_without_words_is_absent(void **state) {
  (void)state;
  static const char *const texts[] = {"", "  \t\n"};
  const mer_request alone = request_of(NULL, "train1.wav");
  const mer_answer of_sound = answer_one(&alone);
  for (size_t i = 0; i < 2; i++) {
    mer_request request = request_of(texts[i], "train1.wav");
    mer_answer answer = answer_one(&request);
    assert_same_answer(&answer, &of_sound);
    request = request_of(texts[i], NULL);
    answer = answer_one(&request);
    assert_int_equal(answer.status, MER_STATUS_INVALID);
    assert_string_equal(answer.message, "nothing here that the fusion model takes");
  }
}

static void nothing_has_no_answer(void **state) {
  (void)state;
  const mer_request nothing = {0};
  const mer_answer answer = answer_one(&nothing);
  assert_int_equal(answer.status, MER_STATUS_INVALID);
  assert_int_equal(answer.label, -1);
  assert_string_equal(answer.message, "nothing here that the fusion model takes");
  mer_error err = {0};
  assert_ok(mer_predictor_answer(NULL, predictor, NULL, 0, &err));
}

/* One answer among others is refused for itself alone. */
static void scores_that_are_no_numbers_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  const mer_modality_info info = mer_model_modality(mer_predictor_model(predictor), audio_index);
  float *features = malloc(sizeof *features * (size_t)info.width);
  for (int64_t i = 0; i < info.width; i++) features[i] = INFINITY;
  mer_request requests[2] = {{0}, request_of("a good text", NULL)};
  requests[0].vectors[audio_index] = features;
  mer_answer answers[2];
  assert_ok(mer_predictor_answer(answers, predictor, requests, 2, &err));
  assert_int_equal(answers[0].status, MER_STATUS_FORMAT);
  assert_int_equal(answers[0].label, -1);
  assert_non_null(strstr(answers[0].message, "not finite"));
  const mer_answer alone = answer_one(&requests[1]);
  assert_same_answer(&answers[1], &alone);
  free(features);
}

/* A10: `mer eval` of a row and a prediction of the same are one answer. */
static void evaluation_gives_the_same_answers(void **state) {
  (void)state;
  mer_error err = {0};
  put("eval.csv",
      "split,text,audio,label\n"
      "test,what a lovely day,train1.wav,joy\n"
      "test,she is gone,silent.wav,joy\n"
      "test,she is gone,gone.wav,joy\n"
      "test,\"  \",train2.wav,joy\n");
  const mer_request requests[4] = {
      request_of("what a lovely day", "train1.wav"), request_of("she is gone", "silent.wav"),
      request_of("she is gone", "gone.wav"), request_of("  ", "train2.wav")};
  mer_answer answers[4];
  assert_ok(mer_predictor_answer(answers, predictor, requests, 4, &err));
  mer_model *model;
  mer_dataset *rows_of = open_path(in_folder("eval.csv"), NULL);
  mer_predict_options options;
  mer_predictions p = {0};
  int64_t n;
  mer_predict_options_init(&options, sizeof options);
  options.features.cache_folder = "";
  assert_ok(mer_model_open(&model, in_folder("fusion"), &err));
  const mer_utterance *rows = mer_dataset_rows(rows_of, MER_SPLIT_TEST, &n);
  assert_int_equal(n, 4);
  assert_ok(mer_predict_rows(&p, model, rows_of, rows, n, &options, &err));
  for (int i = 0; i < 4; i++) {
    assert_int_equal(answers[i].status, MER_OK);
    assert_int_equal(answers[i].label, p.predicted[i]);
    assert_memory_equal(answers[i].probs, p.probs + i * p.n_classes,
                        (size_t)p.n_classes * sizeof(float));
    assert_int_equal(answers[i].present[text_index], p.present[2 * i + text_index]);
    assert_int_equal(answers[i].present[audio_index], p.present[2 * i + audio_index]);
  }
  mer_predictions_clear(&p);
  mer_dataset_close(rows_of);
  mer_model_close(model);
}

enum { N_THREADS = 8, N_ROUNDS = 50, N_REQUESTS = 6 };

static mer_request shared_requests[N_REQUESTS];
static mer_answer expected[N_REQUESTS];

/* Answers all requests, in calls of changing size; returns NULL if each is as expected. */
static void *answer_all(void *argument) {
  mer_answer answers[N_REQUESTS];
  for (int round = 0; round < N_ROUNDS; round++) {
    const int first = round % N_REQUESTS, n = 1 + round % (N_REQUESTS - first);
    if (mer_predictor_answer(answers, predictor, shared_requests + first, n, NULL) != MER_OK)
      return argument;
    for (int i = 0; i < n; i++)
      if (answers[i].label != expected[first + i].label ||
          memcmp(answers[i].logits, expected[first + i].logits, sizeof answers[i].logits) != 0)
        return argument;
  }
  return NULL;
}

static void eight_threads_share_one(void **state) {
  (void)state;
  pthread_t threads[N_THREADS];
  const char *const texts[] = {"a",
                               "what a lovely day",
                               NULL,
                               "stop that at once! how dare you",
                               "she is gone and the house is empty",
                               "no"};
  const char *const wavs[] = {NULL, "train1.wav", "train2.wav", NULL, "silent.wav", "train3.wav"};
  for (int i = 0; i < N_REQUESTS; i++) {
    shared_requests[i] = request_of(texts[i], wavs[i]);
    expected[i] = answer_one(&shared_requests[i]);
  }
  for (int t = 0; t < N_THREADS; t++)
    assert_int_equal(pthread_create(&threads[t], NULL, answer_all, predictor), 0);
  for (int t = 0; t < N_THREADS; t++) {
    void *result;
    pthread_join(threads[t], &result);
    assert_null(result);
  }
}

/* A temperature changes probabilities, neither logits nor labels; too low a probability has no
 * label. */
static void a_temperature_changes_no_label(void **state) {
  (void)state;
  mer_error err = {0};
  mer_predictor *other;
  const mer_request request = request_of("what a lovely day", NULL);
  const mer_answer plain = answer_one(&request);
  mer_answer answer;
  assert_true(mer_model_temperature(mer_predictor_model(predictor)) == 1);
  assert_ok(mer_model_store_temperature(in_folder("fusion"), 2, &err));
  assert_ok(mer_predictor_open(&other, in_folder("fusion"), &err));
  assert_true(mer_model_temperature(mer_predictor_model(other)) == 2);
  assert_ok(mer_predictor_answer(&answer, other, &request, 1, &err));
  assert_int_equal(answer.label, plain.label);
  assert_false(answer.uncertain);
  assert_memory_equal(answer.logits, plain.logits, sizeof plain.logits);
  for (int32_t i = 0; i < answer.n_labels; i++)
    assert_near(log(answer.probs[i]) - log(answer.probs[0]),
                (answer.logits[i] - answer.logits[0]) / 2, 1e-5);
  assert_ok(
      mer_predictor_set_min_confidence(other, (double)answer.probs[answer.label] + 1e-3, &err));
  assert_ok(mer_predictor_answer(&answer, other, &request, 1, &err));
  assert_true(answer.uncertain && answer.label == -1 && answer.status == MER_OK);
  char *json;
  assert_ok(mer_answer_json(&json, &answer, mer_predictor_model(other), NULL, NULL, &err));
  assert_non_null(strstr(json, "\"label\":\"uncertain\",\"probs\":{"));
  mer_text_free(json);
  assert_int_equal(mer_predictor_set_min_confidence(other, 1.5, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_predictor_set_min_confidence(other, NAN, &err), MER_STATUS_INVALID);
  mer_predictor_close(other);
}

/* Without a modality is as if it was not given, by the labels that are asked for, at the model's
 * temperature, whatever else is in the call; one that is alone, or missing, has no contribution. */
static void contributions_are_answers_without_a_modality(void **state) {
  (void)state;
  mer_error err = {0};
  mer_predictor *other;
  enum { N = 4 };
  const char *const text = "what a lovely day";
  const mer_request requests[N] = {request_of(text, "train1.wav"), request_of(text, NULL),
                                   request_of(NULL, "silent.wav"), request_of(text, "silent.wav")};
  const mer_request sound = request_of(NULL, "train1.wav");
  mer_answer answers[N], alone[2];
  mer_contributions c[N];
  assert_ok(mer_model_store_temperature(in_folder("fusion"), 2, &err));
  assert_ok(mer_predictor_open(&other, in_folder("fusion"), &err));
  assert_ok(mer_predictor_map_labels(other, "anger=bad\nfear=bad\ndisgust=", &err));
  assert_ok(mer_predictor_contributions(answers, c, other, requests, N, &err));
  assert_ok(mer_predictor_answer(&alone[0], other, &requests[1], 1, &err));
  assert_ok(mer_predictor_answer(&alone[1], other, &sound, 1, &err));
  const int without[2] = {audio_index, text_index};
  const int32_t label = answers[0].label, n = answers[0].n_labels;
  for (int i = 0; i < 2; i++) {
    const int m = without[i];
    assert_true(c[0].known[m]);
    assert_int_equal(c[0].labels[m], alone[i].label);
    assert_near(max_difference(c[0].probs[m], alone[i].probs, (size_t)n), 0, 1e-6);
    assert_near(c[0].differences[m], answers[0].probs[label] - alone[i].probs[label], 1e-6);
  }
  for (int i = 1; i < N; i++)
    for (int m = 0; m < MER_MAX_MODALITIES; m++) assert_false(c[i].known[m]);
  assert_int_equal(answers[2].status, MER_STATUS_FORMAT);
  mer_predictor_close(other);
}

static void temperatures_that_are_none_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  const double bad[] = {0, -1, NAN, INFINITY, 1e-9};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(mer_model_store_temperature(in_folder("fusion"), bad[i], &err),
                     MER_STATUS_INVALID);
  assert_int_equal(mer_model_store_temperature(in_folder("encoder"), 2, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "not of a model that mer has written"));
  assert_int_equal(mer_model_store_temperature(in_folder("nowhere"), 2, &err),
                   MER_STATUS_NOT_FOUND);
}

static void what_is_no_model_is_refused(void **state) {
  (void)state;
  mer_predictor *other;
  mer_error err = {0};
  assert_int_equal(mer_predictor_open(&other, in_folder("nowhere"), &err), MER_STATUS_NOT_FOUND);
  assert_null(other);
  assert_int_equal(mer_predictor_open(&other, in_folder("encoder"), &err), MER_STATUS_FORMAT);
  assert_null(other);
  assert_int_equal(mer_predictor_open(&other, NULL, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_predictor_open(&other, "", &err), MER_STATUS_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_answers_as_the_model_does),
      cmocka_unit_test(sound_of_every_kind_is_the_same),
      cmocka_unit_test(features_may_be_given),
      cmocka_unit_test(a_long_sound_is_heard_to_its_limit),
      cmocka_unit_test(a_sound_at_fault_is_missing),
      cmocka_unit_test(a_sound_without_permission_is_io),
      cmocka_unit_test(damage_of_a_sound_that_is_used_is_told),
      cmocka_unit_test(a_text_without_words_is_absent),
      cmocka_unit_test(nothing_has_no_answer),
      cmocka_unit_test(scores_that_are_no_numbers_are_refused),
      cmocka_unit_test(evaluation_gives_the_same_answers),
      cmocka_unit_test(eight_threads_share_one),
      cmocka_unit_test(a_temperature_changes_no_label),
      cmocka_unit_test(contributions_are_answers_without_a_modality),
      cmocka_unit_test(temperatures_that_are_none_are_refused),
      cmocka_unit_test(what_is_no_model_is_refused),
  };
  return cmocka_run_group_tests(tests, open_fusion, close_fusion);
}
