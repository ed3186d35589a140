/* test_teachers.c: a model that learns from others: its targets are the mean of the row's own and
 * of their probabilities; what is no teacher. */
#include "mer/eval.h"
#include "train/setup.h"
#include "train_support.h"

enum { K = 7 };

static void train_teachers(void) {
  mer_train_options text = options_of(MER_KIND_TEXT, "first");
  train_whole(&text);
  mer_train_options sound = options_of(MER_KIND_AUDIO, "second");
  sound.lr = 1e-3;
  train_whole(&sound);
}

/* Probabilities of the training rows by the model in a folder. */
static mer_predictions ask(const char *name) {
  mer_error err = {0};
  mer_model *model;
  mer_predictions p = {0};
  mer_predict_options o;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_predict_options_init(&o, sizeof o);
  o.features.cache_folder = "";
  assert_ok(mer_model_open(&model, in_folder(name), &err));
  assert_ok(mer_predict_rows(&p, model, dataset, rows, n, &o, &err));
  mer_model_close(model);
  return p;
}

static void targets_are_means(void **state) {
  (void)state;
  mer_error err = {0};
  mer__training_set set = {0};
  char paths[2][128];
  train_teachers();
  for (int t = 0; t < 2; t++)
    snprintf(paths[t], sizeof paths[t], "%s", in_folder(t ? "second" : "first"));
  const char *const teachers[] = {paths[0], paths[1]};
  mer_train_options o = options_of(MER_KIND_TEXT, "student");
  o.teachers = teachers;
  o.n_teachers = 2;
  assert_ok(mer__training_set_load(&set, dataset, &o, &err));
  mer_predictions p[2] = {ask("first"), ask("second")};
  const mer__inputs *train = &set.splits[MER_SPLIT_TRAIN];
  int n_of_one = 0;
  for (int64_t i = 0; i < train->n; i++) {
    const int n_teachers = p[0].present[i] + p[1].present[i];
    n_of_one += n_teachers == 1;
    for (int64_t j = 0; j < K; j++) {
      double sum = 0;
      for (int t = 0; t < 2; t++) sum += p[t].present[i] ? (double)p[t].probs[i * K + j] : 0;
      const double own = train->labels[i] == j;
      assert_near(train->targets[i * K + j], n_teachers ? (own + sum / n_teachers) / 2 : own, 1e-6);
    }
  }
  assert_int_equal(n_of_one, 3);  /* a row without text, one without a clip, one whose is missing */
  for (int64_t j = 0; j < K; j++) /* dev stays as it is */
    assert_true(set.splits[MER_SPLIT_DEV].targets[j] == (set.splits[MER_SPLIT_DEV].labels[0] == j));
  mer_predictions_clear(&p[0]);
  mer_predictions_clear(&p[1]);
  mer__training_set_clear(&set);
  train_whole(&o);
}

/* Labels in another order are the same ones; others, or none, are refused. */
static void teachers_have_the_labels_of_the_data(void **state) {
  (void)state;
  static const char *const order[] = {"anger",    "disgust", "sadness", "joy",
                                      "surprise", "fear",    "neutral"};
  static const char *const fewer[] = {"joy", "anger", "sadness"};
  mer_error err = {0};
  mer__training_set usual = {0}, other = {0};
  mer_dataset_options d;
  char path[128];
  const char *const teachers[] = {path};
  mer_train_options o = options_of(MER_KIND_TEXT, "first");
  train_whole(&o);
  snprintf(path, sizeof path, "%s", in_folder("first"));
  o = options_of(MER_KIND_TEXT, "student");
  o.teachers = teachers;
  o.n_teachers = 1;
  assert_ok(mer__training_set_load(&usual, dataset, &o, &err));
  mer_dataset_options_init(&d, sizeof d);
  d.labels = order;
  d.n_labels = K;
  mer_dataset_close(dataset);
  dataset = open_path(in_folder("manifest.csv"), &d);
  assert_ok(mer__training_set_load(&other, dataset, &o, &err));
  for (int64_t i = 0; i < usual.splits[MER_SPLIT_TRAIN].n; i++)
    assert_near(usual.splits[MER_SPLIT_TRAIN].targets[i * K + 4], /* joy */
                other.splits[MER_SPLIT_TRAIN].targets[i * K + 3], 1e-6);
  mer__training_set_clear(&usual);
  mer__training_set_clear(&other);
  d.labels = fewer;
  d.n_labels = 3;
  mer_dataset_close(dataset);
  dataset = open_path(in_folder("manifest.csv"), &d);
  assert_int_equal(mer__training_set_load(&other, dataset, &o, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "neutral"));
  mer__training_set_clear(&other);
  open_data("manifest.csv");
  snprintf(path, sizeof path, "%s", in_folder("encoder"));
  assert_int_equal(mer__training_set_load(&other, dataset, &o, &err), MER_STATUS_FORMAT);
  mer__training_set_clear(&other);
  o.n_teachers = 17;
  assert_int_equal(mer_train_options_check(&o, &err), MER_STATUS_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(targets_are_means, begin, end),
      cmocka_unit_test_setup_teardown(teachers_have_the_labels_of_the_data, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
