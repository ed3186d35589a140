/* test_targets.c: trainings of several labels and of values: they learn, say what they are of, go
 * on to the same bytes, and end in models that answer so. */
#include "model/family_files.h"
#include "train_support.h"

static const char *const labels[] = {"joy", "anger", "sadness"}, *const values[] = {"arousal",
                                                                                    "valence"};

/* Labels: each mood, and joy with every second one. Values: each mood's. */
static void put_targets(const char *name) {
  static const double of[3][2] = {{0.8, 0.9}, {0.9, -0.7}, {-0.6, -0.5}};
  char manifest[8192] = "split,text,label,arousal,valence\n";
  for (int i = 0; i < N_TRAIN + N_DEV; i++) {
    const size_t used = strlen(manifest);
    const int mood = i % 3;
    snprintf(manifest + used, sizeof manifest - used, "%s,\"%s%s\",%s%s,%.2f,%.2f\n",
             i < N_TRAIN ? "train" : "dev", moods[mood].text, i % 2 && mood ? " so happy" : "",
             moods[mood].label, i % 2 && mood ? "|joy" : "", of[mood][0], of[mood][1]);
  }
  put(name, manifest);
}

static void open_targets(mer_target target) {
  mer_dataset_options o;
  mer_dataset_options_init(&o, sizeof o);
  o.target = target;
  o.labels = target == MER_TARGET_VALUES ? values : labels;
  o.n_labels = target == MER_TARGET_VALUES ? 2 : 3;
  put_targets("targets.csv");
  mer_dataset_close(dataset);
  dataset = open_path(in_folder("targets.csv"), &o);
}

static mer_train_options text_options(const char *out) {
  mer_train_options o = options_of(MER_KIND_TEXT, out);
  o.epochs = 12;
  return o;
}

/* Trains; the loss falls to `part` of the first, and the model is of `target`. */
static void check_learning(mer_target target, bool ccc, double part) {
  mer_error err = {0};
  mer_train_result result = {0};
  mer_model *model;
  open_targets(target);
  mer_train_options o = text_options("model");
  o.loss = ccc ? MER_LOSS_CCC : MER_LOSS_USUAL;
  assert_ok(train(&o, 0, &result, &err));
  const mer_epoch *kept = &result.epochs[result.best_epoch - 1];
  assert_true(result.epochs[o.epochs - 1].loss < part * result.epochs[0].loss);
  assert_true(kept->dev.score > 0.8);
  assert_int_equal(isnan(kept->accuracy), target == MER_TARGET_VALUES);
  assert_int_equal(isnan(kept->dev.accuracy), target == MER_TARGET_VALUES);
  for (int64_t i = 0; i < result.n_epochs; i++)
    assert_true(result.epochs[i].dev.score <= kept->dev.score);
  mer_train_result_clear(&result);
  assert_ok(mer_model_open(&model, o.out, &err));
  assert_int_equal(mer_model_target(model), target);
  assert_string_equal(mer_model_label(model, 0), target == MER_TARGET_VALUES ? "arousal" : "joy");
  float answers[3];
  const mer_input_data input = {.text = "she is gone and the house is empty so happy"};
  assert_ok(mer_model_predict(answers, model, &input, 1, NULL, &err));
  if (target == MER_TARGET_LABELS)
    assert_true(answers[0] > 0.5 && answers[1] < 0.5 && answers[2] > 0.5);
  else assert_true(fabs(answers[0] + 0.6) < 0.35 && fabs(answers[1] + 0.5) < 0.35);
  mer_model_close(model);
}

static void several_labels_are_learned(void **state) {
  (void)state;
  check_learning(MER_TARGET_LABELS, false, 0.3);
  const char *score = strstr(watched.text, "macro F1");
  assert_non_null(score);
}

static void values_are_learned(void **state) {
  (void)state;
  check_learning(MER_TARGET_VALUES, false, 0.3);
  assert_non_null(strstr(watched.text, "CCC"));
  assert_null(strstr(watched.text, "accuracy"));
  check_learning(MER_TARGET_VALUES, true, 0.5);
}

/* Settings, score and log name the target. */
static void the_model_says_what_it_learned(void **state) {
  (void)state;
  char *data;
  size_t size;
  open_targets(MER_TARGET_VALUES);
  mer_train_options o = text_options("model");
  o.epochs = 1;
  train_whole(&o);
  read_whole(&data, &size, o.out, "config.json");
  assert_non_null(strstr(data, "\"target\": \"values\""));
  assert_non_null(strstr(data, "\"loss\": \"mse\""));
  assert_non_null(strstr(data, "\"dev_ccc\""));
  assert_null(strstr(data, "dev_weighted_f1"));
  mer__free(data);
  read_whole(&data, &size, o.out, "train.jsonl");
  assert_non_null(strstr(data, "\"ccc\":"));
  mer__free(data);
}

static void resumed_training_ends_in_the_same_bytes(void **state) {
  (void)state;
  mer_error err = {0};
  for (int target = MER_TARGET_LABELS; target <= MER_TARGET_VALUES; target++) {
    open_targets((mer_target)target);
    mer_train_options whole = options_of(MER_KIND_TEXT, "whole"),
                      o = options_of(MER_KIND_TEXT, "stopped");
    train_whole(&whole);
    assert_int_equal(train(&o, 8, NULL, &err), MER_STATUS_INTERRUPTED);
    o.resume = true;
    if (target == MER_TARGET_VALUES) {
      o.loss = MER_LOSS_CCC; /* another loss is refused */
      assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
      assert_message(&err, "loss");
    }
    o.loss = MER_LOSS_USUAL;
    assert_ok(train(&o, 0, NULL, &err));
    assert_same_model(whole.out, o.out);
    o.resume = false;
  }
}

/* A classifier in Hugging Face's layout stays one, with the problem of the new data. */
static void a_checkpoint_gets_the_problem_of_the_data(void **state) {
  (void)state;
  static const char *const problems[] = {"", "multi_label_classification", "regression"};
  mer_error err = {0};
  assert_ok(mer__folder_make(in_folder("checkpoint"), &err));
  write_family("bert", in_folder("checkpoint"), NULL, NULL);
  for (int target = MER_TARGET_LABELS; target <= MER_TARGET_VALUES; target++) {
    char *data;
    size_t size;
    open_targets((mer_target)target);
    mer_train_options o = text_options("tuned");
    o.epochs = 1;
    o.encoder = in_folder("checkpoint");
    train_whole(&o);
    read_whole(&data, &size, o.out, "config.json");
    char expected[64];
    snprintf(expected, sizeof expected, "\"problem_type\": \"%s\"", problems[target]);
    assert_non_null(strstr(data, expected));
    assert_non_null(strstr(data, "\"head\": \"checkpoint\""));
    mer__free(data);
  }
}

static void ccc_needs_values(void **state) {
  (void)state;
  mer_error err = {0};
  open_targets(MER_TARGET_LABELS);
  mer_train_options o = text_options("model");
  o.loss = MER_LOSS_CCC;
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, "ccc");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(several_labels_are_learned, begin, end),
      cmocka_unit_test_setup_teardown(values_are_learned, begin, end),
      cmocka_unit_test_setup_teardown(the_model_says_what_it_learned, begin, end),
      cmocka_unit_test_setup_teardown(resumed_training_ends_in_the_same_bytes, begin, end),
      cmocka_unit_test_setup_teardown(a_checkpoint_gets_the_problem_of_the_data, begin, end),
      cmocka_unit_test_setup_teardown(ccc_needs_values, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
