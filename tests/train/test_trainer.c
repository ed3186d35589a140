/* test_trainer.c: what a training writes: the same bytes for the same seed, the epoch that was
 * asked for, the right statistics; and what it refuses. */
#include "mer/eval.h"
#include "train_support.h"

static void same_seed_same_bytes(void **state) {
  (void)state;
  for (int kind = MER_KIND_TEXT; kind <= MER_KIND_FUSION; kind++) {
    const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
      mer_train_options o = options_of((mer_train_kind)kind, names[i]);
      o.seed = i == 2;
      train_whole(&o);
    }
    assert_same_model(in_folder("a"), in_folder("b"));
    assert_false(same_file(in_folder("a"), in_folder("c"), "model.safetensors"));
  }
}

static void loss_falls(void **state) {
  (void)state;
  for (int kind = MER_KIND_TEXT; kind <= MER_KIND_FUSION; kind++) {
    mer_error err = {0};
    mer_train_result result = {0};
    mer_train_options o = options_of((mer_train_kind)kind, "model");
    o.epochs = 8;
    assert_ok(train(&o, 0, &result, &err));
    assert_int_equal(result.n_epochs, 8);
    assert_int_equal(result.n_train, N_TRAIN);
    assert_near(result.epochs[0].loss_sum, result.epochs[0].loss * 6, 1e-9);
    assert_true(result.epochs[0].loss < 2.2); /* ln 7 = 1.95 */
    assert_true(result.epochs[7].loss < 0.6 * result.epochs[0].loss);
    assert_int_equal(result.epochs[0].dev.n, N_DEV);
    assert_int_equal(result.epochs[0].test.n, 0);
    mer_train_result_clear(&result);
  }
}

static void loss_falls_on_the_sample(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  mer_train_options o = options_of(MER_KIND_TEXT, "model");
  mer_dataset_close(dataset);
  dataset = open_path(MER_SOURCE_DIR "/sample/manifest.csv", NULL);
  o.epochs = 4;
  o.limit = 80;
  o.evaluate_test = true;
  assert_ok(train(&o, 0, &result, &err));
  assert_int_equal(result.n_train, 80);
  assert_true(result.epochs[3].loss < result.epochs[0].loss);
  assert_true(result.epochs[3].test.n > 0);
  mer_train_result_clear(&result);
}

/* Of dev rows with wrong labels an early epoch is the best. */
static void best_epoch_is_kept(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  put_manifest("contrary.csv", N_TRAIN, true);
  open_data("contrary.csv");
  mer_train_options o = options_of(MER_KIND_TEXT, "best");
  o.epochs = 6;
  assert_ok(train(&o, 0, &result, &err));
  int64_t best = 0;
  for (int64_t i = 1; i < result.n_epochs; i++)
    if (result.epochs[i].dev.score > result.epochs[best].dev.score) best = i;
  assert_int_equal(result.best_epoch, best + 1);
  assert_true(best + 1 < o.epochs);
  mer_train_result_clear(&result);

  mer_train_options last = options_of(MER_KIND_TEXT, "last");
  last.epochs = best + 1;
  last.keep_best = false;
  train_whole(&last);
  assert_true(same_file(o.out, last.out, "model.safetensors"));
  last.epochs = o.epochs;
  assert_ok(train(&last, 0, &result, &err));
  assert_int_equal(result.best_epoch, o.epochs);
  assert_false(same_file(o.out, last.out, "model.safetensors"));
  mer_train_result_clear(&result);
}

/* The first rows alone train as a table of only those. */
static void limit_takes_the_first_rows(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  mer_train_options o = options_of(MER_KIND_AUDIO, "limited"), few = options_of(o.kind, "few");
  o.limit = 9;
  assert_ok(train(&o, 0, &result, &err));
  assert_int_equal(result.n_train, 9);
  mer_train_result_clear(&result);
  put_manifest("few.csv", 9, false);
  open_data("few.csv");
  train_whole(&few);
  assert_true(same_file(o.out, few.out, "model.safetensors"));
}

static void incomplete_rows_can_be_left_out(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  mer_train_options o = options_of(MER_KIND_FUSION, "model");
  o.skip_missing = true;
  assert_ok(train(&o, 0, &result, &err));
  assert_int_equal(result.n_train, N_TRAIN - N_INCOMPLETE);
  mer_train_result_clear(&result);
}

static const float *tensor(const mer_safetensors *file, const char *name, int64_t n) {
  const mer_tensor *t = mer_safetensors_find(file, name);
  if (!t || t->n_elements != n) {
    fail_msg("no tensor '%s' of %lld values", name, (long long)n);
    abort(); /* unreachable, which analysis does not know */
  }
  return t->data;
}

static void statistics_are_those_of_the_training_rows(void **state) {
  (void)state;
  mer_error err = {0};
  int64_t n_rows, n = 0;
  mer_features features;
  mer_safetensors *file;
  mer_train_options o = options_of(MER_KIND_AUDIO, "model");
  o.epochs = 1;
  train_whole(&o);
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n_rows);
  assert_ok(mer_features_load(&features, dataset, "audio", rows, n_rows, &o.features, &err));
  for (int64_t i = 0; i < n_rows; i++) n += features.states[i] == MER_CLIP_OK;
  assert_int_equal(n, N_TRAIN - 2);
  char path[512];
  snprintf(path, sizeof path, "%s/model.safetensors", o.out);
  assert_ok(mer_safetensors_open(&file, path, &err));
  const float *mean = tensor(file, "audio.mean", features.width);
  const float *deviation = tensor(file, "audio.deviation", features.width);
  for (int64_t j = 0; j < features.width; j++) { /* in two passes */
    double average = 0, variance = 0;
    for (int64_t i = 0; i < n_rows; i++)
      if (features.states[i] == MER_CLIP_OK)
        average += (double)mer_features_row(&features, i, NULL)[j] / (double)n;
    for (int64_t i = 0; i < n_rows; i++)
      if (features.states[i] == MER_CLIP_OK)
        variance += pow(mer_features_row(&features, i, NULL)[j] - average, 2) / (double)n;
    assert_near(mean[j], average, 1e-4);
    assert_near(deviation[j], variance > 1e-10 ? sqrt(variance) : 1, 1e-3);
  }
  mer_safetensors_close(file);
  mer_features_clear(&features);
}

/* The files of cached vectors; of each a bit is flipped, if `damage`. */
static size_t count_vectors(bool damage) {
  char **files, *data;
  size_t n, size;
  mer_error err = {0};
  assert_ok(mer__folder_list(&files, &n, in_folder("cache/vectors"), &err));
  for (size_t i = 0; i < n && damage; i++) {
    char name[128];
    snprintf(name, sizeof name, "cache/vectors/%.100s", files[i]);
    assert_ok(mer__file_read(&data, &size, in_folder(name), 1 << 24, &err));
    data[size - 2] ^= 4;
    put_bytes(name, data, size);
    mer__free(data);
  }
  mer__folder_free(files, n);
  return n;
}

static void cached_vectors_change_nothing(void **state) {
  (void)state;
  const char *const names[] = {"computed", "first", "again", "mended"};
  char cache[128];
  snprintf(cache, sizeof cache, "%s", in_folder("cache"));
  for (int i = 0; i < 4; i++) {
    mer_train_options o = options_of(MER_KIND_FUSION, names[i]);
    o.features.cache_folder = i ? cache : "";
    train_whole(&o);
    assert_same_model(in_folder("computed"), in_folder(names[i]));
    /* Of train and dev, with a checksum each, and no temporary file. */
    if (i) assert_int_equal(count_vectors(i == 2), 4);
  }
}

/* A model that is opened again predicts as it did when it was trained, but for the order in which
 * packed weights are summed. */
static void opened_model_predicts_the_same(void **state) {
  (void)state;
  for (int kind = MER_KIND_TEXT; kind <= MER_KIND_FUSION; kind++) {
    mer_error err = {0};
    mer_train_result result = {0};
    mer_model *model;
    mer_predictions p = {0};
    mer_metrics *metrics = malloc(sizeof *metrics);
    int64_t n;
    mer_train_options o = options_of((mer_train_kind)kind, "model");
    assert_ok(train(&o, 0, &result, &err));
    assert_ok(mer_model_open(&model, o.out, &err));
    mer_predict_options predict;
    mer_predict_options_init(&predict, sizeof predict);
    predict.features = o.features;
    const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n);
    assert_ok(mer_predict_rows(&p, model, dataset, rows, n, &predict, &err));
    assert_ok(mer_metrics_compute(metrics, p.labels, p.predicted, p.probs, p.n, p.n_classes, &err));
    const mer_epoch_scores *kept = &result.epochs[result.best_epoch - 1].dev;
    assert_true(fabs(metrics->loss - kept->loss) <= 1e-6 * kept->loss);
    assert_true(metrics->weighted_f1 == kept->score);
    free(metrics);
    mer_predictions_clear(&p);
    mer_model_close(model);
    mer_train_result_clear(&result);
  }
}

static void text_model_is_an_encoder(void **state) {
  (void)state;
  mer_error err = {0};
  mer_safetensors *a, *b;
  mer_train_options text = options_of(MER_KIND_TEXT, "text");
  mer_train_options o = options_of(MER_KIND_FUSION, "fusion");
  train_whole(&text);
  o.encoder = text.out;
  train_whole(&o);
  char path[512];
  snprintf(path, sizeof path, "%s/model.safetensors", text.out);
  assert_ok(mer_safetensors_open(&a, path, &err));
  snprintf(path, sizeof path, "%s/model.safetensors", o.out);
  assert_ok(mer_safetensors_open(&b, path, &err));
  int n_encoder = 0;
  for (int64_t i = 0; i < mer_safetensors_count(a); i++) {
    const mer_tensor *t = mer_safetensors_at(a, i), *u = mer_safetensors_find(b, t->name);
    if (strncmp(t->name, "embeddings.", 11) != 0 && strncmp(t->name, "encoder.", 8) != 0) continue;
    n_encoder++;
    if (!u || memcmp(t->data, u->data, (size_t)t->n_elements * 4) != 0)
      fail_msg("%s: not the text model's", t->name);
  }
  assert_int_equal(n_encoder, 5 + 2 * 16);
  mer_safetensors_close(a);
  mer_safetensors_close(b);
}

static void expect_failure(const mer_train_options *o, mer_status status, const char *message) {
  mer_error err = {0};
  assert_int_equal(train(o, 0, NULL, &err), status);
  assert_message(&err, message);
}

static void other_folders_are_not_replaced(void **state) {
  (void)state;
  mer_train_options o = options_of(MER_KIND_AUDIO, "notes");
  put("notes/diary.txt", "mine");
  expect_failure(&o, MER_STATUS_INVALID, "holds no model of mer");
  assert_true(mer__path_is_file(in_folder("notes/diary.txt")));
  o.out = in_folder("encoder");
  expect_failure(&o, MER_STATUS_INVALID, "holds no model of mer");
  assert_true(mer__path_is_file(in_folder("encoder/vocab.txt")));
  o.out = in_folder("manifest.csv");
  expect_failure(&o, MER_STATUS_INVALID, "is a file");
  o.out = NULL;
  expect_failure(&o, MER_STATUS_INVALID, "model directory");
  assert_false(mer__path_is_folder(in_folder("notes.partial")));
}

static void bad_settings_are_refused(void **state) {
  (void)state;
  mer_train_options o = options_of(MER_KIND_TEXT, "model");
  mer_train_options bad = o;
  bad.epochs = 0, expect_failure(&bad, MER_STATUS_INVALID, "epochs");
  bad = o, bad.lr = NAN, expect_failure(&bad, MER_STATUS_INVALID, "learning rate");
  bad = o, bad.encoder = NULL, expect_failure(&bad, MER_STATUS_INVALID, "encoder");
  bad = o, bad.encoder = in_folder("absent");
  expect_failure(&bad, MER_STATUS_NOT_FOUND, "absent/config.json");
  bad = options_of(MER_KIND_FUSION, "model");
  bad.modalities = "text,audio,text", expect_failure(&bad, MER_STATUS_INVALID, "named twice");
  bad.modalities = "text,smell", expect_failure(&bad, MER_STATUS_NOT_FOUND, "smell");
  assert_false(mer__path_is_folder(in_folder("model.partial")));
}

static void data_without_anything_usable_is_refused(void **state) {
  (void)state;
  mer_train_options o = options_of(MER_KIND_AUDIO, "model");
  put("manifest.csv", "split,text,audio,label\ntrain,hello,gone.wav,joy\ntrain,bye,,anger\n");
  open_data("manifest.csv");
  expect_failure(&o, MER_STATUS_INVALID, "no utterance of the training split has usable audio");
  o.skip_missing = true;
  expect_failure(&o, MER_STATUS_INVALID, "no complete utterances");
  mer_train_options fusion = options_of(MER_KIND_FUSION, "model");
  expect_failure(&fusion, MER_STATUS_INVALID,
                 "usable audio: a fusion (text,audio) needs some with each of its modalities");
  put("manifest.csv", "split,text,audio,label\ntest,hello,gone.wav,joy\n");
  open_data("manifest.csv");
  expect_failure(&o, MER_STATUS_INVALID, "the training split has no utterances");
  assert_false(mer__path_is_folder(in_folder("model.partial")));
}

/* A data set to predict may lack labels; one to train on may not. */
static void rows_without_a_label_are_refused(void **state) {
  (void)state;
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.need_labels = false;
  mer_train_options o = options_of(MER_KIND_TEXT, "model");
  for (int split = 0; split < 2; split++) {
    put("some.csv", split ? "split,text,label\ntrain,hello,joy\ndev,bye,jooy\n"
                          : "split,text,label\ntrain,hello,joy\ntrain,bye,\ndev,oh,joy\n");
    mer_dataset_close(dataset);
    dataset = open_path(in_folder("some.csv"), &options);
    expect_failure(&o, MER_STATUS_INVALID,
                   split ? "line 3 of the dev split, 'row 1', has no known label"
                         : "line 3 of the train split, 'row 1', has no known label");
  }
  o.limit = 1; /* the rows that are trained on have labels */
  put("some.csv", "split,text,label\ntrain,hello,joy\ntrain,bye,\n");
  mer_dataset_close(dataset);
  dataset = open_path(in_folder("some.csv"), &options);
  train_whole(&o);
}

/* Memory is taken for the batches that there are, not for the largest that the settings allow. */
static void large_batches_take_the_memory_of_their_rows(void **state) {
  (void)state;
  for (int kind = MER_KIND_TEXT; kind <= MER_KIND_FUSION; kind++) {
    mer_train_options o = options_of((mer_train_kind)kind, "model");
    o.batch_size = 65536;
    o.max_length = 64; /* as many as the encoder has positions */
    train_whole(&o);
  }
}

#define TRAINER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TRAINER_TEST(same_seed_same_bytes),
      TRAINER_TEST(loss_falls),
      TRAINER_TEST(loss_falls_on_the_sample),
      TRAINER_TEST(best_epoch_is_kept),
      TRAINER_TEST(limit_takes_the_first_rows),
      TRAINER_TEST(incomplete_rows_can_be_left_out),
      TRAINER_TEST(statistics_are_those_of_the_training_rows),
      TRAINER_TEST(cached_vectors_change_nothing),
      TRAINER_TEST(opened_model_predicts_the_same),
      TRAINER_TEST(text_model_is_an_encoder),
      TRAINER_TEST(other_folders_are_not_replaced),
      TRAINER_TEST(bad_settings_are_refused),
      TRAINER_TEST(data_without_anything_usable_is_refused),
      TRAINER_TEST(rows_without_a_label_are_refused),
      TRAINER_TEST(large_batches_take_the_memory_of_their_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
