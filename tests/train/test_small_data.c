/* test_small_data.c: losses for rare labels, averages of weights and patience: what they do, that
 * they go on to the same bytes, and what they do not go with. */
#include "train_support.h"

/* Averages of weights that are kept, with a loss of their own. */
static mer_train_options shaped(mer_train_kind kind, mer_loss loss, const char *out) {
  mer_train_options o = options_of(kind, out);
  o.loss = loss;
  o.label_smoothing = loss == MER_LOSS_FOCAL ? 0.1 : 0;
  o.average = loss == MER_LOSS_BALANCED ? 2 : -1;
  o.keep_best = loss != MER_LOSS_ADJUSTED;
  return o;
}

/* Interrupted before an average begins, within it, and at its end. */
static void all_kinds_resume(void **state) {
  (void)state;
  static const mer_train_kind kinds[] = {MER_KIND_TEXT, MER_KIND_AUDIO, MER_KIND_FUSION};
  static const int64_t stops[] = {3, 8, 12, 17};
  mer_error err = {0};
  for (int i = 0; i < 3; i++)
    for (mer_loss loss = MER_LOSS_BALANCED; loss <= MER_LOSS_ADJUSTED; loss++) {
      mer_train_options whole = shaped(kinds[i], loss, "whole"),
                        parts = shaped(kinds[i], loss, "parts");
      train_whole(&whole);
      for (int s = 0; s < 4; s++, parts.resume = true)
        assert_int_equal(train(&parts, stops[s], NULL, &err), MER_STATUS_INTERRUPTED);
      assert_ok(train(&parts, 0, NULL, &err));
      assert_same_model(whole.out, parts.out);
      remove_tree(parts.out);
      remove_tree(whole.out);
    }
}

static void losses_differ(void **state) {
  (void)state;
  static const char *const names[] = {"usual", "balanced", "focal", "adjusted"};
  for (mer_loss loss = MER_LOSS_USUAL; loss <= MER_LOSS_ADJUSTED; loss++) {
    mer_train_options o = options_of(MER_KIND_AUDIO, names[loss]);
    o.loss = loss;
    train_whole(&o);
    for (mer_loss before = MER_LOSS_USUAL; before < loss; before++) {
      char other[256];
      snprintf(other, sizeof other, "%s", in_folder(names[before]));
      assert_false(same_file(other, o.out, "model.safetensors"));
    }
  }
}

/* The weights of a model, the caller's. */
static mer_safetensors *open_weights(const char *name) {
  char path[1024];
  mer_safetensors *file;
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/model.safetensors", in_folder(name));
  assert_ok(mer_safetensors_open(&file, path, &err));
  return file;
}

/* Trains `epochs` and keeps the last, or the mean. */
static void train_last(const char *name, int64_t epochs, int64_t average) {
  mer_train_options o = options_of(MER_KIND_AUDIO, name);
  mer_error err = {0};
  mer_train_result result = {0};
  o.epochs = epochs;
  o.average = average;
  o.keep_best = false;
  assert_ok(train(&o, 0, &result, &err));
  assert_int_equal(result.best_epoch, epochs);
  assert_int_equal(result.n_averaged, average < 0 ? epochs : average);
  mer_train_result_clear(&result);
}

/* A training of fewer epochs has the weights of an earlier epoch. */
static void an_average_is_the_mean_of_its_epochs(void **state) {
  (void)state;
  static const char *const own[] = {"one", "two", "three"};
  for (int64_t e = 1; e <= 3; e++) train_last(own[e - 1], e, 0);
  train_last("two_of_three", 3, 2);
  train_last("all", 3, -1);
  mer_safetensors *files[] = {open_weights("one"), open_weights("two"), open_weights("three"),
                              open_weights("two_of_three"), open_weights("all")};
  for (int64_t i = 0; i < mer_safetensors_count(files[0]); i++) {
    const float *of[5];
    const mer_tensor *first = mer_safetensors_at(files[0], i);
    for (int f = 0; f < 5; f++) of[f] = mer_safetensors_find(files[f], first->name)->data;
    for (int64_t k = 0; k < first->n_elements; k++) {
      const double mean = ((double)of[0][k] + of[1][k] + of[2][k]) / 3;
      assert_near(of[3][k], ((double)of[1][k] + of[2][k]) / 2, 1e-6 * fmax(1, fabs(mean)));
      assert_near(of[4][k], mean, 1e-6 * fmax(1, fabs(mean)));
    }
  }
  for (int f = 0; f < 5; f++) mer_safetensors_close(files[f]);
}

/* What an epoch is measured as is what is kept of it. */
static void the_best_mean_is_kept(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  mer_train_options o = options_of(MER_KIND_AUDIO, "model");
  o.average = 2;
  assert_ok(train(&o, 0, &result, &err));
  const mer_epoch *kept = &result.epochs[result.best_epoch - 1];
  mer_model *model;
  mer_predictions p = {0};
  mer_metrics *m = calloc(1, sizeof *m);
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n);
  assert_ok(mer_model_open(&model, o.out, &err));
  assert_ok(mer_predict_rows(&p, model, dataset, rows, n, NULL, &err));
  assert_ok(mer_metrics_compute(m, p.labels, p.predicted, p.probs, p.n, p.n_classes, &err));
  assert_near(m->loss, kept->dev.loss, 1e-5);
  assert_near(m->weighted_f1, kept->dev.score, 1e-9);
  for (int64_t e = 0; e < result.n_epochs; e++)
    assert_true(result.epochs[e].dev.score <= kept->dev.score);
  free(m);
  mer_predictions_clear(&p);
  mer_model_close(model);
  mer_train_result_clear(&result);
}

/* Labels of dev that are those of other moods: what is learned makes the score lower. */
static void patience_ends_a_training(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  put_manifest("contrary.csv", N_TRAIN, true);
  open_data("contrary.csv");
  mer_train_options o = options_of(MER_KIND_AUDIO, "model"), parts = o;
  o.epochs = parts.epochs = 60;
  o.patience = parts.patience = 2;
  parts.out = in_folder("parts");
  assert_ok(train(&o, 0, &result, &err));
  assert_true(result.n_epochs < 60);
  assert_int_equal(result.n_epochs, result.best_epoch + 2);
  assert_non_null(strstr(watched.text, "the training ends: epochs since the best score on dev"));
  const int64_t last = result.n_epochs * (STEPS / EPOCHS);
  assert_int_equal(train(&parts, last - 3, NULL, &err), MER_STATUS_INTERRUPTED);
  parts.resume = true;
  assert_ok(train(&parts, 0, NULL, &err));
  assert_int_equal(watched.step, last);
  assert_same_model(o.out, parts.out);
  mer_train_result_clear(&result);
}

static void expect_failure(const mer_train_options *o, const char *message) {
  mer_error err = {0};
  assert_int_equal(train(o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, message);
}

static void what_does_not_go_together_is_refused(void **state) {
  (void)state;
  mer_train_options o = options_of(MER_KIND_AUDIO, "model"), other;
  other = o, other.patience = 1, other.keep_best = false;
  expect_failure(&other, "the best epoch to be kept, for which patience waits");
  other = o, other.patience = 1, other.average = 2;
  expect_failure(&other, "patience or an average");
  other = o, other.label_smoothing = 1;
  expect_failure(&other, "label smoothing: 0 or more, below 1");
  other = o, other.average = -2;
  expect_failure(&other, "epochs to average");
  other = o, other.loss = MER_LOSS_CCC;
  expect_failure(&other, "the loss ccc is of values; rows of the data have one label");
  put("no_dev.csv", "split,audio,label\ntrain,train0.wav,joy\ntrain,train1.wav,anger\n");
  open_data("no_dev.csv");
  other = o, other.patience = 1;
  expect_failure(&other, "patience needs a dev split");
  other = o, other.calibrate = true;
  expect_failure(&other, "calibration needs a dev split");
}

#define SMALL_DATA_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      SMALL_DATA_TEST(all_kinds_resume),
      SMALL_DATA_TEST(losses_differ),
      SMALL_DATA_TEST(an_average_is_the_mean_of_its_epochs),
      SMALL_DATA_TEST(the_best_mean_is_kept),
      SMALL_DATA_TEST(patience_ends_a_training),
      SMALL_DATA_TEST(what_does_not_go_together_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
