/* test_speech_values.c: a classifier that hears arousal, dominance and valence
 * (Wav2Vec2ForSpeechClassification, of a large, pre-norm encoder) is trained further: it begins
 * with its own head, keeps its form, answers when it is opened as it did in training, also in int8;
 * what adapters leave alone. */
#include "train_support.h"

#define CHECKPOINT GOLDEN "wav2vec/wav2vec2-values"
static const char *const values[] = {"arousal", "dominance", "valence"};
enum { N_VALUES = 3 };

/* Clips of three moods, each with its values. */
static void put_values(void) {
  static const double of[3][N_VALUES] = {{0.8, 0.6, 0.9}, {0.9, 0.8, 0.2}, {0.3, 0.2, 0.1}};
  char manifest[8192] = "split,audio,arousal,dominance,valence\n";
  for (int i = 0; i < N_TRAIN + N_DEV; i++) {
    char name[32];
    const int mood = i % 3;
    const double *v = of[mood];
    const size_t used = strlen(manifest);
    snprintf(name, sizeof name, "%d.wav", i);
    put_wav(name, 1600 + 100 * i, moods[mood].amplitude * (1 + 0.01 * i));
    snprintf(manifest + used, sizeof manifest - used, "%s,%s,%.2f,%.2f,%.2f\n",
             i < N_TRAIN ? "train" : "dev", name, v[0], v[1], v[2]);
  }
  put("values.csv", manifest);
}

static int begin_values(void **state) {
  mer_dataset_options o;
  set_up(state);
  mer_threads_set(2);
  put_values();
  mer_dataset_options_init(&o, sizeof o);
  o.target = MER_TARGET_VALUES;
  o.labels = values;
  o.n_labels = N_VALUES;
  dataset = open_path(in_folder("values.csv"), &o);
  return 0;
}

static mer_train_options tuning(const char *out) {
  mer_train_options o = options_of(MER_KIND_AUDIO, out);
  o.speech_encoder = CHECKPOINT;
  o.epochs = 1;
  o.loss = MER_LOSS_CCC;
  return o;
}

/* What the model of a folder answers for the rows of dev. */
static mer_predictions answers_of(const char *model_folder) {
  mer_model *model;
  mer_predictions p;
  mer_predict_options options;
  mer_error err = {0};
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n);
  mer_predict_options_init(&options, sizeof options);
  options.features.cache_folder = "";
  assert_ok(mer_model_open(&model, model_folder, &err));
  assert_int_equal(mer_model_target(model), MER_TARGET_VALUES);
  assert_ok(mer_predict_rows(&p, model, dataset, rows, n, &options, &err));
  assert_int_equal(p.n, N_DEV);
  mer_model_close(model);
  return p;
}

static double difference_of(const char *a, const char *b) {
  mer_predictions x = answers_of(a), y = answers_of(b);
  const double d = max_difference(x.probs, y.probs, N_DEV * N_VALUES);
  mer_predictions_clear(&x);
  mer_predictions_clear(&y);
  return d;
}

/* A training that changes next to nothing ends where the checkpoint is. */
static void a_training_begins_with_the_head(void **state) {
  (void)state;
  mer_train_options o = tuning("model");
  o.lr = 1e-12;
  train_whole(&o);
  assert_null(strstr(watched.text, "begins anew"));
  assert_near(difference_of(CHECKPOINT, o.out), 0, 1e-5);
}

static bool all_but_masks(const char *name) { return !strstr(name, "masked_spec_embed"); }

static void the_model_answers_as_in_training(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  mer_target_metrics metrics;
  char *config;
  size_t size;
  mer_train_options o = tuning("model");
  assert_ok(train(&o, 0, &result, &err));
  assert_changes(CHECKPOINT, o.out, all_but_masks);
  read_whole(&config, &size, o.out, "config.json");
  assert_non_null(strstr(config, "\"Wav2Vec2ForSpeechClassification\""));
  assert_non_null(strstr(config, "\"loss\": \"ccc\""));
  mer__free(config);
  mer_predictions p = answers_of(o.out);
  assert_ok(mer_target_metrics_compute(&metrics, MER_TARGET_VALUES, p.targets, p.probs, p.n,
                                       N_VALUES, &err));
  assert_near(metrics.ccc, result.epochs[0].dev.score, 1e-5);
  mer_predictions_clear(&p);
  mer_train_result_clear(&result);
}

static void an_int8_copy_answers_alike(void **state) {
  (void)state;
  mer_error err = {0};
  const mer_train_options o = tuning("model");
  train_whole(&o);
  assert_ok(mer_model_quantize(o.out, in_folder("int8"), MER_DTYPE_I8, false, NULL, &err));
  const double d = difference_of(o.out, in_folder("int8"));
  assert_true(d > 0 && d < 0.05);
}

static bool is_adapted(const char *name) {
  return strstr(name, "q_proj.weight") || strstr(name, "v_proj.weight") ||
         strncmp(name, "classifier.", 11) == 0;
}

/* Also the norm after the last layer. */
static void adapters_leave_the_rest_alone(void **state) {
  (void)state;
  mer_train_options o = tuning("model");
  o.lora = 2;
  train_whole(&o);
  assert_changes(CHECKPOINT, o.out, is_adapted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_training_begins_with_the_head, begin_values, end),
      cmocka_unit_test_setup_teardown(the_model_answers_as_in_training, begin_values, end),
      cmocka_unit_test_setup_teardown(an_int8_copy_answers_alike, begin_values, end),
      cmocka_unit_test_setup_teardown(adapters_leave_the_rest_alone, begin_values, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
