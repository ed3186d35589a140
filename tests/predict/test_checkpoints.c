/* test_checkpoints.c: classifiers in Hugging Face's layout as models: their labels and targets in
 * answers, rounded copies of them, trainings that begin with them, and faults. */
#include "copy_file.h"
#include "many_labels.h"
#include "mer/predict.h"
#include "model/family_files.h"
#include "train/train_support.h"

enum { N_NAMES = 4 };
static const char *const names[N_NAMES] = {"joy", "anger", "fear", "neutral"};
static const char text[] = "w5 w17 w99 w140";

#define PROBLEM "\"problem_type\": \"single_label_classification\""
#define MULTI_LABEL "\"problem_type\": \"multi_label_classification\""
#define REGRESSION "\"problem_type\": \"regression\""
#define WITHOUT "\"unused\": 0"

static void put_checkpoint(const char *family, const char *from, const char *to) {
  mer_error err = {0};
  assert_ok(mer__folder_make(in_folder("encoder"), &err));
  write_family(family, in_folder("encoder"), from, to);
}

/* The answer to `text` of the model in a folder of the test. */
static mer_answer ask(const char *model, char **json) {
  mer_predictor *predictor;
  mer_answer answer;
  mer_error err = {0};
  const mer_request request = {.text = text, .text_size = strlen(text)};
  assert_true(mer_model_is_in(in_folder(model)));
  assert_ok(mer_predictor_open(&predictor, in_folder(model), &err));
  assert_ok(mer_predictor_answer(&answer, predictor, &request, 1, &err));
  assert_int_equal(answer.status, MER_OK);
  if (json)
    assert_ok(mer_answer_json(json, &answer, mer_predictor_model(predictor), "1", NULL, &err));
  mer_predictor_close(predictor);
  return answer;
}

static void expect_json(const char *json, const char *has, const char *lacks) {
  if (!strstr(json, has)) fail_msg("%s lacks %s", json, has);
  if (strstr(json, lacks)) fail_msg("%s has %s", json, lacks);
}

static void one_label_is_answered(void **state) {
  (void)state;
  put_checkpoint("roberta", NULL, NULL);
  char *json;
  const mer_answer a = ask("encoder", &json);
  double sum = 0, exps = 0;
  for (int i = 0; i < N_NAMES; i++) exps += exp(a.logits[i]);
  for (int i = 0; i < N_NAMES; i++) {
    assert_near(a.probs[i], exp(a.logits[i]) / exps, 1e-6);
    sum += a.probs[i];
  }
  assert_near(sum, 1, 1e-6);
  char expected[64];
  snprintf(expected, sizeof expected,
           "{\"id\":1,\"label\":\"%s\",\"probs\":{\"joy\":", names[a.label]);
  expect_json(json, expected, "labels");
  mer_text_free(json);
}

static void several_labels_are_answered(void **state) {
  (void)state;
  put_checkpoint("distilbert", PROBLEM, MULTI_LABEL);
  char *json, expected[128] = "{\"id\":1,\"labels\":[";
  const mer_answer a = ask("encoder", &json);
  for (int i = 0; i < N_NAMES; i++) {
    assert_near(a.probs[i], 1 / (1 + exp(-a.logits[i])), 1e-6);
    if (a.probs[i] < 0.5f) continue;
    if (strchr(expected, '\0')[-1] == '"') strcat(expected, ",");
    strcat(strcat(strcat(expected, "\""), names[i]), "\"");
  }
  strcat(expected, "],\"probs\":{");
  expect_json(json, expected, "\"label\"");
  mer_text_free(json);
}

static void values_are_answered(void **state) {
  (void)state;
  put_checkpoint("mpnet", PROBLEM, REGRESSION);
  char *json;
  const mer_answer a = ask("encoder", &json);
  assert_memory_equal(a.probs, a.logits, N_NAMES * sizeof *a.probs);
  assert_int_equal(a.status, MER_OK);
  assert_int_equal(a.label, -1);
  expect_json(json, "{\"id\":1,\"values\":{\"joy\":", "label");
  expect_json(json, "}", "probs");
  mer_text_free(json);
}

static void quantize(const char *out, mer_dtype dtype) {
  mer_error err = {0};
  char from[256];
  snprintf(from, sizeof from, "%s", in_folder("encoder"));
  assert_ok(mer_model_quantize(from, in_folder(out), dtype, false, NULL, &err));
}

static void rounded_copies_answer_alike(void **state) {
  (void)state;
  for (int i = 0; i < N_FAMILIES; i++) {
    put_checkpoint(family_names[i], PROBLEM, MULTI_LABEL);
    const mer_answer exact = ask("encoder", NULL);
    quantize("int8", MER_DTYPE_I8);
    quantize("bf16", MER_DTYPE_BF16);
    const mer_answer int8 = ask("int8", NULL), bf16 = ask("bf16", NULL);
    assert_near(max_difference(int8.logits, exact.logits, N_NAMES), 0, 0.05);
    assert_near(max_difference(bf16.logits, exact.logits, N_NAMES), 0, 0.05);
    assert_true(max_difference(int8.logits, exact.logits, N_NAMES) > 0);
    assert_near(int8.probs[0], 1 / (1 + exp(-int8.logits[0])), 1e-6); /* the target is kept */
  }
}

/* Rows of the checkpoint's labels, which the data set names in another order. */
static const char *const order[N_NAMES] = {"neutral", "fear", "joy", "anger"};
static void open_rows(const char *const *labels, int n) {
  char manifest[1024] = "split,text,label\n";
  mer_dataset_options options;
  for (int i = 0; i < 8; i++) {
    char row[64];
    snprintf(row, sizeof row, "%s,w%d w%d,%s\n", i < 6 ? "train" : "dev", 5 + i, 30 + i,
             labels[i % n]);
    strcat(manifest, row);
  }
  put("rows.csv", manifest);
  mer_dataset_options_init(&options, sizeof options);
  options.labels = labels;
  options.n_labels = n;
  dataset = open_path(in_folder("rows.csv"), &options);
}

/* A training that changes next to nothing. */
static mer_train_options still(const char *out) {
  mer_train_options o = options_of(MER_KIND_TEXT, out);
  o.lr = 1e-12;
  o.epochs = 1;
  return o;
}

static void expect_same_tensors(const char *model) {
  char path[512];
  mer_safetensors *file, *expected = open_expected("roberta");
  mer_error err = {0};
  int64_t n = 0;
  snprintf(path, sizeof path, "%s/model.safetensors", in_folder(model));
  assert_ok(mer_safetensors_open(&file, path, &err));
  for (int64_t i = 0; i < mer_safetensors_count(expected); i++) {
    const mer_tensor *of = mer_safetensors_at(expected, i);
    if (strncmp(of->name, "grad.", 5) != 0) continue;
    if (!mer_safetensors_find(file, of->name + 5)) fail_msg("no tensor %s", of->name + 5);
    n++;
  }
  assert_int_equal(mer_safetensors_count(file), n);
  mer_safetensors_close(file);
  mer_safetensors_close(expected);
}

static void expect_in_config(const char *model, const char *part) {
  char *data;
  size_t size;
  read_whole(&data, &size, in_folder(model), "config.json");
  if (!strstr(data, part)) fail_msg("%s/config.json lacks %s", model, part);
  mer__free(data);
}

/* Its own head is kept, with its last layer in the order of the data's labels. */
static void training_begins_with_the_checkpoints_head(void **state) {
  (void)state;
  put_checkpoint("roberta", NULL, NULL);
  open_rows(order, N_NAMES);
  const mer_train_options o = still("model");
  train_whole(&o);
  const mer_answer before = ask("encoder", NULL), after = ask("model", NULL);
  for (int i = 0; i < N_NAMES; i++)
    for (int k = 0; k < N_NAMES; k++)
      if (strcmp(order[i], names[k]) == 0) assert_near(after.logits[i], before.logits[k], 1e-5);
  expect_same_tensors("model");
  expect_in_config("model", "\"2\": \"joy\"");
  expect_in_config("model", "\"joy\": 2");
  expect_in_config("model", "RobertaForSequenceClassification");
  expect_in_config("model", PROBLEM);
}

/* Scores of several labels are not those of one, though the labels are the same. */
static void another_target_begins_anew(void **state) {
  (void)state;
  put_checkpoint("roberta", PROBLEM, MULTI_LABEL);
  open_rows(names, N_NAMES);
  const mer_train_options o = still("model");
  train_whole(&o);
  assert_non_null(strstr(watched.text, "or another kind of them"));
  const mer_answer before = ask("encoder", NULL), after = ask("model", NULL);
  assert_true(max_difference(before.logits, after.logits, N_NAMES) > 1e-3);
  expect_in_config("model", PROBLEM); /* rows of one label */
}

static void other_labels_begin_anew(void **state) {
  (void)state;
  static const char *const others[] = {"up", "down"};
  put_checkpoint("bert", NULL, NULL);
  open_rows(others, 2);
  const mer_train_options o = still("model");
  train_whole(&o);
  assert_non_null(strstr(watched.text, "has other labels than the data"));
  const mer_answer a = ask("model", NULL);
  assert_int_equal(a.n_labels, 2);
  assert_true(a.logits[0] != a.logits[1]);
  expect_in_config("model", "\"1\": \"down\"");
}

/* A classifier of many labels cannot be asked; its encoder gives vectors. */
static void check_many(const char *folder_name) {
  char message[128];
  mer_model *model;
  mer_encoder *encoder;
  mer_error err = {0};
  snprintf(message, sizeof message,
           "/%s/config.json: a classifier of 65 labels, but a model answers", folder_name);
  assert_int_equal(mer_model_open(&model, in_folder(folder_name), &err), MER_STATUS_LIMIT);
  assert_message(&err, message);
  assert_ok(mer_encoder_open(&encoder, in_folder(folder_name), &err));
  mer_encoder_close(encoder);
}

/* And is trained upon. */
static void many_labels_are_refused(void **state) {
  (void)state;
  put_checkpoint("bert", "\"id2label\"", many_labels());
  check_many("encoder");
  open_rows(names, N_NAMES);
  const mer_train_options o = still("model");
  train_whole(&o);
  assert_non_null(strstr(watched.text, "has other labels than the data"));
  assert_int_equal(ask("model", NULL).n_labels, N_NAMES);
}

/* The same of sound. */
static void many_labels_of_sound_are_refused(void **state) {
  (void)state;
  static const char from[] = GOLDEN "wav2vec/wav2vec2";
  mer_model *model;
  mer_error err = {0};
  put_many_config(from);
  copy_test_file(in_folder("many"), from, "preprocessor_config.json");
  copy_test_file(in_folder("many"), from, "model.safetensors");
  check_many("many");
  mer_train_options o = options_of(MER_KIND_AUDIO, "model");
  o.speech_encoder = in_folder("many");
  train_whole(&o);
  assert_non_null(strstr(watched.text, "has other labels than the data"));
  assert_ok(mer_model_open(&model, o.out, &err));
  assert_int_equal(mer_model_n_labels(model), mer_dataset_n_labels(dataset));
  mer_model_close(model);
}

/* What mer wrote is a classifier again, for another training and for a fusion. */
static void trained_checkpoints_are_encoders(void **state) {
  (void)state;
  put_checkpoint("roberta", NULL, NULL);
  open_rows(order, N_NAMES);
  const mer_train_options first = still("model");
  train_whole(&first);
  mer_train_options second = still("again"), fusion = options_of(MER_KIND_FUSION, "fusion");
  second.encoder = fusion.encoder = in_folder("model");
  fusion.modalities = "text";
  fusion.epochs = 1;
  train_whole(&second);
  const mer_answer a = ask("model", NULL), b = ask("again", NULL);
  assert_near(max_difference(a.logits, b.logits, N_NAMES), 0, 1e-5);
  train_whole(&fusion);
  assert_int_equal(ask("fusion", NULL).n_labels, N_NAMES);
}

/* Rows are measured by one label, and by nothing else yet. */
static void rows_are_measured(void **state) {
  (void)state;
  mer_model *model;
  mer_predictions p = {0};
  mer_error err = {0};
  int64_t n;
  open_rows(names, N_NAMES);
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  put_checkpoint("xlm-roberta", NULL, NULL);
  assert_ok(mer_model_open(&model, in_folder("encoder"), &err));
  assert_ok(mer_predict_rows(&p, model, dataset, rows, n, NULL, &err));
  assert_int_equal(p.n, n);
  mer_predictions_clear(&p);
  mer_model_close(model);
  put_checkpoint("xlm-roberta", PROBLEM, REGRESSION);
  assert_ok(mer_model_open(&model, in_folder("encoder"), &err));
  assert_int_equal(mer_predict_rows(&p, model, dataset, rows, n, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, "the model answers values, a row of the data has one label");
  mer_model_close(model);
}

static void expect_fault(const char *from, const char *to, const char *message) {
  mer_model *model;
  mer_error err = {0};
  put_checkpoint("mpnet", from, to);
  if (mer_model_open(&model, in_folder("encoder"), &err) == MER_OK)
    fail_msg("opened in spite of %s", to);
  assert_message(&err, message);
}

static void faults_are_named(void **state) {
  (void)state;
  expect_fault(PROBLEM, "\"problem_type\": \"ranking\"",
               "\"ranking\" is not one that transformers");
  expect_fault(PROBLEM, "\"problem_type\": 3", "'problem_type'");
  expect_fault("\"2\": \"fear\"", "\"5\": \"fear\"", "'id2label' does not number");
  expect_fault("\"2\": \"fear\"", "\"2\": \"joy\"", "'id2label' holds 'joy' twice");
  expect_fault("\"2\": \"fear\"", "\"2\": 2", "'id2label' holds no name at 2");
  expect_fault("\"id2label\"", "\"id2label\": [\"joy\"], \"other\"", "'id2label' is not an object");
  expect_fault("\"id2label\"", "\"id2label\": {}, \"other\"", "'id2label' does not name 1 to 64");
  expect_fault("\"id2label\"", "\"id2label\": null, \"num_labels\": 3, \"other\"",
               "'classifier.out_proj.weight' is [4, 32], expected [3, 32]");
  expect_fault("\"id2label\"", "\"num_labels\": 65, \"other\"", "a classifier of 65 labels");
  expect_fault("\"id2label\"", "\"num_labels\": -1, \"other\"",
               "'num_labels' is not a whole number");
  expect_fault("\"id2label\"", "\"other\"", "'classifier.out_proj.weight' is [4, 32]");
  expect_fault("\"mpnet\"", "\"gpt2\"", "a classifier on 'gpt2'");
  expect_fault("\"mpnet\"", "\"bert\"", "no tensor 'bert.embeddings.word_embeddings.weight'");
  expect_fault("\"max_position_embeddings\": 42", "\"max_position_embeddings\": 2",
               "leaves no position");
  expect_fault("\"relative_attention_num_buckets\": 32", "\"relative_attention_num_buckets\": 3",
               "'relative_attention_num_buckets' is not a whole number");
  expect_fault(
      "\"relative_attention_num_buckets\": 32", "\"relative_attention_num_buckets\": 512",
      "'relative_attention_num_buckets' is 512, expected at least 4, and less than 4 times "
      "the largest distance of 128");
  expect_fault("\"MPNetForSequenceClassification\"", "\"MPNetForMaskedLM\"", "no object 'mer'");
  assert_false(mer_model_is_in(in_folder("encoder")));
  assert_false(mer_model_is_in(in_folder("nothing")));
}

/* transformers writes nothing of two labels without names, and takes one for a value. */
static void labels_may_have_no_names(void **state) {
  (void)state;
  put_checkpoint("roberta", "\"id2label\"", "\"other\"");
  mer_model *model;
  mer_error err = {0};
  assert_int_equal(mer_model_open(&model, in_folder("encoder"), &err), MER_STATUS_FORMAT);
  assert_message(&err, "expected [2, 32]");
  put_checkpoint("roberta", "\"id2label\"", "\"id2label\": null, \"num_labels\": 4, \"other\"");
  assert_ok(mer_model_open(&model, in_folder("encoder"), &err));
  assert_int_equal(mer_model_n_labels(model), 4);
  assert_string_equal(mer_model_label(model, 3), "LABEL_3");
  mer_model_close(model);
  put_checkpoint("roberta", PROBLEM, WITHOUT);
  assert_ok(mer_model_open(&model, in_folder("encoder"), &err));
  assert_int_equal(mer_model_target(model), MER_TARGET_LABEL);
  mer_model_close(model);
}

/* transformers writes null for what nobody set. A key that has to be there cannot be null. */
static void null_is_as_if_absent(void **state) {
  (void)state;
  mer_model *model;
  put_checkpoint("mpnet", "\"relative_attention_num_buckets\": 32",
                 "\"relative_attention_num_buckets\": null, \"position_embedding_type\": null, "
                 "\"mer_dtype\": null");
  mer_error err = {0};
  assert_ok(mer_model_open(&model, in_folder("encoder"), &err));
  mer_model_close(model);
  expect_fault("\"hidden_size\": 32", "\"hidden_size\": null",
               "'hidden_size' is not a whole number from 1");
  expect_fault("\"model_type\": \"mpnet\"", "\"model_type\": null", "no text 'model_type'");
}

static int close_data(void **state) {
  mer_dataset_close(dataset);
  dataset = NULL;
  watched = (watcher){0};
  return tear_down(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(one_label_is_answered, set_up, close_data),
      cmocka_unit_test_setup_teardown(several_labels_are_answered, set_up, close_data),
      cmocka_unit_test_setup_teardown(values_are_answered, set_up, close_data),
      cmocka_unit_test_setup_teardown(rounded_copies_answer_alike, set_up, close_data),
      cmocka_unit_test_setup_teardown(training_begins_with_the_checkpoints_head, set_up,
                                      close_data),
      cmocka_unit_test_setup_teardown(another_target_begins_anew, set_up, close_data),
      cmocka_unit_test_setup_teardown(other_labels_begin_anew, set_up, close_data),
      cmocka_unit_test_setup_teardown(many_labels_are_refused, set_up, close_data),
      cmocka_unit_test_setup_teardown(many_labels_of_sound_are_refused, begin, end),
      cmocka_unit_test_setup_teardown(trained_checkpoints_are_encoders, set_up, close_data),
      cmocka_unit_test_setup_teardown(rows_are_measured, set_up, close_data),
      cmocka_unit_test_setup_teardown(faults_are_named, set_up, close_data),
      cmocka_unit_test_setup_teardown(labels_may_have_no_names, set_up, close_data),
      cmocka_unit_test_setup_teardown(null_is_as_if_absent, set_up, close_data),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
