/* test_frozen_sound.c: trainings upon a small frozen Whisper: its vectors are kept in the cache for
 * each setting by itself. */
#include "mer/eval.h"
#include "train_support.h"

/* The golden classifier's encoder alone. */
static void put_whisper(void) {
  static const char class[] = "WhisperForAudioClassification";
  copy_file(GOLDEN "whisper", "config.json", class, "WhisperModelAsEncoderOfSounds");
  copy_file(GOLDEN "whisper", "model.safetensors", NULL, NULL);
  copy_file(GOLDEN "whisper", "preprocessor_config.json", NULL, NULL);
}

static int begin_sound(void **state) {
  begin(state);
  put_whisper();
  return 0;
}

static mer_train_options options_of_sound(const char *out) {
  mer_train_options o = options_of(MER_KIND_AUDIO, out);
  o.speech_encoder = o.encoder;
  o.encoder = NULL;
  return o;
}

/* The constants that the vectors of the training rows gave: each layer's mean over them. */
static void read_means(float *means, int64_t n, const char *model) {
  char path[300];
  mer_safetensors *file;
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/model.safetensors", in_folder(model));
  assert_ok(mer_safetensors_open(&file, path, &err));
  const mer_tensor *t = mer_safetensors_find(file, "layer_means");
  assert_true(t && t->n_elements == n);
  memcpy(means, t->data, (size_t)n * sizeof *means);
  mer_safetensors_close(file);
}

static void settings_have_vectors_of_their_own(void **state) {
  (void)state;
  enum { N = 3 * 2 * 16 };
  static const double trims[] = {0, 3, 0};
  float means[6][N];
  char cache[128];
  for (int i = 0; i < 6; i++) {
    mer_train_options o = options_of_sound("model");
    o.freeze_encoder = i < 3;
    o.trim_db = trims[i % 3];
    o.epochs = 1;
    snprintf(cache, sizeof cache, "%s", in_folder("cache"));
    o.features.cache_folder = cache;
    train_whole(&o);
    read_means(means[i], N, "model");
  }
  for (int i = 0; i < 6; i++) {
    const double d = max_difference(means[i], means[0], N);
    if (i % 3 == 1) assert_true(d > 1e-4);
    else assert_true(d == 0);
  }
}

static void other_settings_do_not_resume(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of_sound("model");
  assert_int_equal(train(&o, 3, NULL, &err), MER_STATUS_INTERRUPTED);
  o.resume = true;
  o.trim_db = 10;
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "trim_db"));
  o.trim_db = 30;
  assert_ok(train(&o, 0, NULL, &err));
}

static void expect_setting(const char *part) {
  char *log, *line;
  size_t size;
  read_whole(&log, &size, in_folder("model"), "train.jsonl");
  line = strndup(log, strcspn(log, "\n"));
  if (!strstr(line, part)) fail_msg("%s lacks %s", line, part);
  free(line);
  mer__free(log);
}

static void padded_sound_is_not_trimmed(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of_sound("model");
  o.padded = true;
  o.epochs = 1;
  train_whole(&o);
  expect_setting("\"trim_db\":0.0");
  o.trim_db = 5;
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, "not trimmed");
  o.trim_db = 0;
  train_whole(&o);
}

/* A classifier of Hugging Face hears as it was trained to. */
static void classifiers_take_no_options_of_hearing(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of_sound("model"), other;
  copy_file(GOLDEN "whisper", "config.json", NULL, NULL);
  o.epochs = 1;
  other = o, other.layer_sum = false;
  assert_int_equal(train(&other, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, "encoder: a classifier, which hears as it was trained to");
  other = o, other.pool = "mean";
  assert_int_equal(train(&other, 0, NULL, &err), MER_STATUS_INVALID);
  other = o, other.trim_db = 5;
  assert_int_equal(train(&other, 0, NULL, &err), MER_STATUS_INVALID);
  other = o, other.standardize = false;
  assert_int_equal(train(&other, 0, NULL, &err), MER_STATUS_INVALID);
  other = o, other.by_speaker = other.freeze_encoder = true;
  assert_int_equal(train(&other, 0, NULL, &err), MER_STATUS_INVALID);
  train_whole(&o);
  expect_setting("\"pool\":\"mean\"");
  expect_setting("\"trim_db\":0.0");
  expect_setting("\"standardize\":false");
  expect_setting("\"padded\":true");
}

static void unknown_pools_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of_sound("model");
  o.pool = "median";
  assert_int_equal(mer_train_options_check(&o, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "mean-std"));
  o.pool = "attention";
  assert_ok(mer_train_options_check(&o, &err));
  o.freeze_encoder = true;
  assert_int_equal(mer_train_options_check(&o, &err), MER_STATUS_INVALID);
  assert_message(&err, "pooling by attention is trained together with the layers");
  o.pool = "mean";
  o.trim_db = 121;
  assert_int_equal(mer_train_options_check(&o, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "120"));
}

/* Logits of the training rows of the data set that is open; `by`, `as`: options of that name. */
static mer_predictions answers_of(const char *name, bool by, bool as) {
  mer_predict_options options;
  mer_predictions p = {0};
  mer_model *model;
  mer_error err = {0};
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_predict_options_init(&options, sizeof options);
  options.features.cache_folder = "";
  options.by_speaker = by;
  options.as_trained = as;
  assert_ok(mer_model_open(&model, in_folder(name), &err));
  assert_ok(mer_predict_rows(&p, model, dataset, rows, n, &options, &err));
  mer_model_close(model);
  return p;
}

/* Whether `as_trained` gives what `by_speaker` of the given value does. */
static void expect_as_trained(const char *model, bool by) {
  mer_predictions expected = answers_of(model, by, false), p = answers_of(model, false, true);
  assert_true(p.n == expected.n && p.n > 0);
  assert_memory_equal(p.logits, expected.logits, (size_t)(p.n * p.n_classes) * sizeof *p.logits);
  mer_predictions_clear(&expected);
  mer_predictions_clear(&p);
}

/* Rows of the data set by two speakers. */
static void put_spoken(void) {
  char manifest[2048] = "split,audio,label,speaker\n";
  for (int i = 0; i < 2 * N_DEV; i++) {
    const size_t used = strlen(manifest);
    snprintf(manifest + used, sizeof manifest - used, "%s,%s%d.wav,%s,%s\n",
             i < N_DEV ? "train" : "dev", i < N_DEV ? "train" : "dev", 12 + i % N_DEV,
             moods[i % 3].label, i % 2 ? "Ann" : "Bob");
  }
  put("spoken.csv", manifest);
}

static void answers_adapt_as_trained_where_rows_say_who_speaks(void **state) {
  (void)state;
  mer_train_options o = options_of_sound("alone");
  put_spoken();
  open_data("spoken.csv");
  o.epochs = 1;
  o.freeze_encoder = true;
  train_whole(&o);
  o = options_of_sound("adapts");
  o.epochs = 1;
  o.freeze_encoder = o.by_speaker = true;
  train_whole(&o);
  mer_predictions single = answers_of("adapts", false, false),
                  heard = answers_of("adapts", true, false);
  assert_true(max_difference(single.logits, heard.logits, single.n * single.n_classes) > 1e-4);
  mer_predictions_clear(&single);
  mer_predictions_clear(&heard);
  expect_as_trained("adapts", true);
  expect_as_trained("alone", false);
  open_data("manifest.csv"); /* without speakers */
  expect_as_trained("adapts", false);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_sound, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(settings_have_vectors_of_their_own),
      TEST(other_settings_do_not_resume),
      TEST(padded_sound_is_not_trimmed),
      TEST(classifiers_take_no_options_of_hearing),
      TEST(unknown_pools_are_refused),
      TEST(answers_adapt_as_trained_where_rows_say_who_speaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
