/* test_model_faults.c: model directories whose sizes contradict each other, whose weights are not
 * numbers, or that ask for what there is not: each is refused with a message that says so. */
#include <omp.h>
#include <stdatomic.h>

#include "edit_weight.h"
#include "model/model_state.h"

/* The program is linked so that the library's calls of mer__all_finite pass here (--wrap, see
 * CMakeLists.txt): the first of several threads finds a fault once. */
static atomic_bool all_finite_fails;
bool __real_mer__all_finite(const float *values, int64_t n);
bool __wrap_mer__all_finite(const float *values, int64_t n);
bool __wrap_mer__all_finite(const float *values, int64_t n) {
  if (omp_in_parallel() && atomic_exchange(&all_finite_fails, false)) return false;
  return __real_mer__all_finite(values, n);
}

enum { K = 3, WIDTH = 13 * 401 };

static char work[64], folder[96];

static const char *path_in(const char *name) {
  static char path[160];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* A model of text by the golden encoder and of sound, with random projections and head. */
static void write_model(void) {
  mer_error err = {0};
  mer_model *model = mer__calloc(1, sizeof *model);
  mer__network *network = &model->network;
  mer__encoder_settings settings = {.folder = GOLDEN "bert", .max_length = 64, .standardize = true};
  mer_feature_options_init(&settings.features, sizeof settings.features, MER_FEATURE_MFCC);
  snprintf(model->kind, sizeof model->kind, "fusion");
  model->labels = mer__calloc(K, sizeof *model->labels);
  for (int k = 0; k < K; k++) model->labels[k] = mer__strdup((char[]){(char)('a' + k), 0});
  network->n_labels = K;
  network->n_modalities = 2;
  network->fusion.type = mer__fusion_type_find("concat");
  network->fusion.projection_width = 8;
  assert_ok(mer__model_adopt(model, &network->modalities[0], mer__encoder_type_find("bert"), "text",
                             &settings, &err));
  settings.folder = NULL;
  assert_ok(mer__model_adopt(model, &network->modalities[1], mer__encoder_type_find("vector"),
                             "audio", &settings, &err));
  assert_ok(
      network->modalities[1].type->accept_values(&network->modalities[1], WIDTH, false, &err));
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 1);
  assert_ok(
      mer__model_load_encoder(model, &network->modalities[0], GOLDEN "bert", false, NULL, &err));
  assert_ok(mer__model_write(model, network->params.values, folder, &err));
  mer_model_close(model);
}

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(work);
  snprintf(folder, sizeof folder, "%s/model", work);
  mkdir(folder, 0755);
  write_model();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -r %s", work);
  return system(command);
}

/* Replaces the first `from` in config.json. */
static void edit_config(const char *from, const char *to) {
  mer_error err = {0};
  char *text;
  size_t size;
  assert_ok(mer__file_read(&text, &size, path_in("config.json"), 1 << 20, &err));
  char *at = strstr(text, from);
  if (!at) fail_msg("config.json has no '%s'", from);
  char *edited = malloc(size + strlen(to) + 1);
  int n = sprintf(edited, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
  assert_ok(mer__file_write(path_in("config.json"), edited, (size_t)n, &err));
  free(edited);
  mer__free(text);
}

/* Opening must fail with a message that has the words. */
static void expect_refusal(mer_status status, const char *words) {
  mer_error err = {0};
  mer_model *model;
  mer_status found = mer_model_open(&model, folder, &err);
  mer_model_close(model);
  if (found != status || !strstr(err.message, words))
    fail_msg("%s: \"%s\", expected %s and \"%s\"", mer_status_name(found), err.message,
             mer_status_name(status), words);
}

/* Probabilities of one text. */
static void predict(float probs[K], const mer_model *model, const char *text) {
  mer_error err = {0};
  const mer_input_data input = {.text = text};
  assert_ok(mer_model_predict(probs, model, &input, 1, NULL, &err));
}

static void predict_folder(float probs[K]) {
  mer_error err = {0};
  mer_model *model;
  assert_ok(mer_model_open(&model, folder, &err));
  predict(probs, model, "it is what it is");
  mer_model_close(model);
}

static void width_is_that_of_the_features(void **state) {
  (void)state;
  edit_config("\"width\": 5213", "\"width\": 10");
  expect_refusal(MER_STATUS_FORMAT, "'width' of 'audio' is 10, but its features are 5213 values");
  edit_config("\"width\": 10", "\"width\": 5213");
  edit_config("\"n_frames\": 401", "\"n_frames\": 402");
  expect_refusal(MER_STATUS_FORMAT, "its features are 5226 values");
  edit_config("\"n_frames\": 402", "\"n_frames\": 401");
  edit_config("\"rate_hz\": 16000", "\"rate_hz\": 10");
  expect_refusal(MER_STATUS_FORMAT, "/config.json: rate_hz is 10, not 1000 to 768000");
  edit_config("\"rate_hz\": 10", "\"rate_hz\": 16000");
  edit_config("\"n_mels\": 128", "\"n_mels\": 5000");
  expect_refusal(MER_STATUS_FORMAT, "/config.json: n_mels is 5000, not 1 to 512");
}

static void too_wide_for_int8(void **state) {
  (void)state;
  edit_config("\"hidden_size\": 32", "\"hidden_size\": 16400");
  edit_config("{", "{\"mer_dtype\": \"int8\", ");
  expect_refusal(MER_STATUS_LIMIT, "has 16400 columns; int8 takes at most 16384");
}

static void reduced_range_is_read_for_int8_alone(void **state) {
  (void)state;
  float plain[K], marked[K];
  predict_folder(plain);
  edit_config("{", "{\"mer_reduce_range\": true, ");
  predict_folder(marked);
  assert_memory_equal(plain, marked, sizeof plain);
}

static void int8_has_a_layout(void **state) {
  (void)state;
  mer_error err = {0};
  float probs[K];
  char source[96];
  snprintf(source, sizeof source, "%s", folder);
  snprintf(folder, sizeof folder, "%s/int8", work);
  assert_ok(mer_model_quantize(source, folder, MER_DTYPE_I8, false, NULL, &err));
  predict_folder(probs);
  edit_config("\"mer_int8_layout\": 1", "\"mer_int8_layout\": 2");
  expect_refusal(MER_STATUS_UNSUPPORTED, "int8 of layout 2, expected 1");
  edit_config("\"mer_int8_layout\": 2", "\"other\": 2"); /* files of the first releases */
  predict_folder(probs);
}

static void edit_weight(const char *name, float value) {
  edit_weight_of(path_in("model.safetensors"), name, value);
}

static void weights_are_finite(void **state) {
  (void)state;
  const char *const names[] = {"projection.audio.0.weight", "encoder.layer.1.output.dense.weight",
                               "head.0.bias", "audio.mean"};
  const float values[] = {NAN, INFINITY, -INFINITY, -NAN};
  for (int i = 0; i < 4; i++) {
    char words[128];
    write_model();
    edit_weight(names[i], values[i]);
    snprintf(words, sizeof words, "tensor '%s': holds values that are not finite", names[i]);
    expect_refusal(MER_STATUS_FORMAT, words);
  }
}

/* A file that changes while it is read: values that were not finite are so when they are read again
 * for the message. */
static void weights_that_were_at_fault_are_refused(void **state) {
  (void)state;
  const int before = mer_threads_get();
  mer_threads_set(2);
  atomic_store(&all_finite_fails, true);
  expect_refusal(MER_STATUS_FORMAT, "': was changed while it was read");
  assert_false(atomic_load(&all_finite_fails));
  mer_threads_set(before);
}

static void scales_of_int8_are_finite(void **state) {
  (void)state;
  mer_error err = {0};
  char source[96];
  snprintf(source, sizeof source, "%s", folder);
  snprintf(folder, sizeof folder, "%s/int8", work);
  assert_ok(mer_model_quantize(source, folder, MER_DTYPE_I8, false, NULL, &err));
  edit_weight("encoder.layer.0.output.dense.weight_scale", NAN);
  expect_refusal(MER_STATUS_FORMAT, "dense.weight_scale' holds values that are not finite");
}

/* The number that NumPy's nan_to_num puts in the place of infinity is not a measurement. */
static void features_are_measurements(void **state) {
  (void)state;
  mer_error err = {0};
  mer_model *model;
  const float values[] = {-3.4e38f, 3.4e38f, INFINITY, NAN};
  float probs[2 * K], *vector = calloc(WIDTH, sizeof *vector);
  assert_ok(mer_model_open(&model, folder, &err));
  const mer_input_data inputs[2] = {{.text = "a"}, {.vectors = {NULL, vector}}};
  assert_ok(mer_model_predict(probs, model, inputs, 2, NULL, &err));
  for (int i = 0; i < 4; i++) {
    vector[WIDTH - 1] = values[i];
    assert_int_equal(mer_model_predict(probs, model, inputs, 2, NULL, &err), MER_STATUS_INVALID);
    assert_int_equal(err.position, 1);
    assert_non_null(strstr(err.message, "'audio' of utterance 2 holds values"));
  }
  mer_model_close(model);
  free(vector);
}

static void answers_are_finite(void **state) {
  (void)state;
  mer_error err = {0};
  mer_model *model;
  float probs[K];
  const mer_input_data input = {.text = "a"};
  edit_weight("head.0.bias", 3e38f);
  edit_weight("head.0.weight", 3e38f);
  edit_weight("projection.text.0.bias", 3e38f);
  assert_ok(mer_model_open(&model, folder, &err));
  assert_int_equal(mer_model_predict(probs, model, &input, 1, NULL, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "the scores of utterance 1 are not finite"));
  mer_model_close(model);
}

static void vectors_are_finite(void **state) {
  (void)state;
  mer_error err = {0};
  mer_encoder *encoder;
  float cls[32];
  const char *text = "a";
  edit_weight("encoder.layer.1.output.LayerNorm.weight", 3e38f);
  edit_weight("encoder.layer.1.output.LayerNorm.bias", 3e38f);
  edit_weight("encoder.layer.0.output.LayerNorm.weight", 3e38f);
  edit_weight("encoder.layer.0.output.LayerNorm.bias", 3e38f);
  assert_ok(mer_encoder_open(&encoder, folder, &err));
  assert_int_equal(mer_encoder_embed(cls, encoder, &text, 1, 0, NULL, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "not of finite numbers"));
  mer_encoder_close(encoder);
}

static void a_modality_out_of_range_is_nothing(void **state) {
  (void)state;
  mer_error err = {0};
  mer_model *model;
  assert_ok(mer_model_open(&model, folder, &err));
  assert_string_equal(mer_model_modality(model, 1).name, "audio");
  const int outside[] = {-1, 2, 40000};
  for (int i = 0; i < 3; i++) {
    mer_modality_info info = mer_model_modality(model, outside[i]);
    assert_null(info.name);
    assert_int_equal(info.width, 0);
  }
  mer_model_close(model);
}

/* A callback may use another model, and the same one. */
typedef struct other_work {
  const mer_model *first, *second;
  int n_calls;
} other_work;

static bool predict_meanwhile(void *user) {
  other_work *w = user;
  float probs[K];
  predict(probs, w->first, "the same model");
  predict(probs, w->second, "another model");
  w->n_calls++;
  return false;
}

static void callbacks_may_predict(void **state) {
  (void)state;
  enum { N = 64 };
  mer_error err = {0};
  mer_model *models[2];
  mer_input_data inputs[N];
  float probs[N * K];
  for (int i = 0; i < 2; i++) assert_ok(mer_model_open(&models[i], folder, &err));
  for (int i = 0; i < N; i++)
    inputs[i] = (mer_input_data){.text = "the old man and the sea, and what they said to him"};
  other_work w = {models[0], models[1], 0};
  const mer_monitor monitor = {.user = &w, .should_stop = predict_meanwhile};
  alarm(60); /* a call that hangs ends the test */
  assert_ok(mer_model_predict(probs, models[0], inputs, N, &monitor, &err));
  alarm(0);
  assert_true(w.n_calls > 0);
  for (int i = 0; i < 2; i++) mer_model_close(models[i]);
}

static bool count_questions(void *user) {
  ++*(int *)user;
  return false;
}

/* Whatever thread of its own a program calls from, it is asked between batches. */
static void any_thread_is_asked_to_stop(void **state) {
  (void)state;
  enum { N = 600 };
  static float probs[N * K];
  static mer_input_data inputs[N];
  mer_error err = {0};
  mer_model *model;
  mer_status status = MER_OK;
  int n_questions = 0;
  const mer_monitor monitor = {.user = &n_questions, .should_stop = count_questions};
  for (int i = 0; i < N; i++) inputs[i] = (mer_input_data){.text = "the sea"};
  assert_ok(mer_model_open(&model, folder, &err));
#pragma omp parallel num_threads(2)
  if (omp_get_thread_num() == omp_get_num_threads() - 1) {
    mer_threads_set(64); /* more than there are batches: this thread computes them all */
    status = mer_model_predict(probs, model, inputs, N, &monitor, &err);
  }
  assert_ok(status);
  assert_true(n_questions > 1);
  mer_model_close(model);
}

static void labels_are_named_once(void **state) {
  (void)state;
  edit_config("\"b\"", "\"a\"");
  expect_refusal(MER_STATUS_FORMAT, "'mer.labels' holds 'a' twice");
  edit_config("\"c\"", "\"\"");
  edit_config("\"a\",\n      \"a\"", "\"a\",\n      \"b\"");
  expect_refusal(MER_STATUS_FORMAT, "'mer.labels' holds no name at 2");
}

static void modalities_have_names(void **state) {
  (void)state;
  edit_config("\"name\": \"audio\"", "\"name\": \"text\"");
  expect_refusal(MER_STATUS_FORMAT, "two modalities are called 'text'");
  edit_config("\"name\": \"text\"",
              "\"name\": \"a name that is longer than the 31 bytes there are\"");
  expect_refusal(MER_STATUS_FORMAT, "has no name of 1 to 31 bytes");
}

static void numbers_of_utterances_are_not_negative(void **state) {
  (void)state;
  mer_error err = {0};
  mer_model *model;
  assert_ok(mer_model_open(&model, folder, &err));
  assert_int_equal(mer_model_predict(NULL, model, NULL, -1, NULL, &err), MER_STATUS_INVALID);
  mer_model_close(model);
}

static void unknown_parts(void **state) {
  (void)state;
  edit_config("\"format\": 1", "\"format\": 2");
  expect_refusal(MER_STATUS_UNSUPPORTED, "'format' is 2, but this mer reads 1");
  edit_config("\"format\": 2", "\"format\": 1");
  edit_config("\"fusion\": \"concat\"", "\"fusion\": \"soup\"");
  expect_refusal(MER_STATUS_UNSUPPORTED, "the unknown fusion 'soup'");
  edit_config("\"type\": \"vector\"", "\"type\": \"ear\"");
  expect_refusal(MER_STATUS_UNSUPPORTED, "modality 'audio' has the unknown type 'ear'");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(width_is_that_of_the_features),
      TEST(too_wide_for_int8),
      TEST(reduced_range_is_read_for_int8_alone),
      TEST(int8_has_a_layout),
      TEST(weights_are_finite),
      TEST(weights_that_were_at_fault_are_refused),
      TEST(scales_of_int8_are_finite),
      TEST(features_are_measurements),
      TEST(answers_are_finite),
      TEST(vectors_are_finite),
      TEST(a_modality_out_of_range_is_nothing),
      TEST(callbacks_may_predict),
      TEST(any_thread_is_asked_to_stop),
      TEST(labels_are_named_once),
      TEST(modalities_have_names),
      TEST(numbers_of_utterances_are_not_negative),
      TEST(unknown_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
