/* test_fine_tuning.c: trainings of parts of an encoder, or at rates by layer: what changes and what
 * does not, by how much, resumed, and what is refused. */
#include "base/ends_with.h"
#include "train_support.h"

enum { N_GROUPS = 4 }; /* of the tiny BERT: embeddings, two layers, head */

static int group_of(const char *name) {
  if (strstr(name, "embeddings.")) return 0;
  if (strstr(name, "layer.0.")) return 1;
  return strstr(name, "layer.1.") ? 2 : 3;
}

static mer_safetensors *open_weights(const char *folder_name) {
  char path[300];
  mer_safetensors *file;
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/model.safetensors", in_folder(folder_name));
  assert_ok(mer_safetensors_open(&file, path, &err));
  return file;
}

static const mer_tensor *find_by_end(const mer_safetensors *file, const char *end) {
  for (int64_t i = 0; i < mer_safetensors_count(file); i++) {
    const mer_tensor *t = mer_safetensors_at(file, i);
    if (mer__ends_with(t->name, end)) return t;
  }
  return NULL;
}

/* The largest change of a parameter of each group of the encoder from what it was to a model. */
static void measure_changes(double changes[N_GROUPS], const char *model) {
  mer_safetensors *before = open_weights("encoder"), *after = open_weights(model);
  memset(changes, 0, N_GROUPS * sizeof *changes);
  for (int64_t i = 0; i < mer_safetensors_count(after); i++) {
    const mer_tensor *to = mer_safetensors_at(after, i), *from = find_by_end(before, to->name);
    if (!from) continue;
    float *a = malloc((size_t)to->n_elements * 4), *b = malloc((size_t)to->n_elements * 4);
    memcpy(a, from->data, (size_t)to->n_elements * 4);
    memcpy(b, to->data, (size_t)to->n_elements * 4);
    const double change = max_difference(a, b, (size_t)to->n_elements);
    if (change > changes[group_of(to->name)]) changes[group_of(to->name)] = change;
    if (memcmp(a, b, (size_t)to->n_elements * 4) != 0) assert_true(change > 0);
    free(a);
    free(b);
  }
  mer_safetensors_close(before);
  mer_safetensors_close(after);
}

static void frozen_layers_keep_their_bytes(void **state) {
  (void)state;
  for (int n_frozen = 0; n_frozen < 2; n_frozen++) {
    mer_train_options o = options_of(MER_KIND_TEXT, "model");
    double changes[N_GROUPS];
    o.freeze_layers = n_frozen;
    o.max_grad_norm = n_frozen; /* updated at once, or not */
    train_whole(&o);
    measure_changes(changes, "model");
    for (int group = 0; group < N_GROUPS - 1; group++)
      assert_true((changes[group] == 0) == (group <= n_frozen));
    remove_tree(in_folder("model"));
  }
}

/* One step of Adam: the first is the learning rate itself, whatever the gradient. */
static mer_train_options step_of_adam(const char *model) {
  mer_train_options o = options_of(MER_KIND_TEXT, model);
  o.adamw = false;
  o.weight_decay = 0;
  o.epochs = 1;
  o.batch_size = N_TRAIN;
  o.lr = 1e-3;
  return o;
}

static void rates_fall_from_layer_to_layer(void **state) {
  (void)state;
  mer_train_options o = step_of_adam("model");
  double changes[N_GROUPS];
  o.layer_decay = 0.25;
  train_whole(&o);
  measure_changes(changes, "model");
  assert_near(changes[2], 1e-3, 2e-5);
  assert_near(changes[1], 1e-3 / 4, 5e-6);
  assert_near(changes[0], 1e-3 / 16, 2e-6);
}

/* Of the encoder's last layer, and of what stands on it. */
static void encoders_have_a_rate_of_their_own(void **state) {
  (void)state;
  mer_train_options o = step_of_adam("slow"), whole = step_of_adam("model");
  double changes[N_GROUPS];
  o.encoder_lr = 1e-5;
  o.layer_decay = 0.25;
  train_whole(&o);
  measure_changes(changes, "slow");
  assert_near(changes[2], 1e-5, 4e-7);
  assert_near(changes[1], 1e-5 / 4, 2e-7);
  train_whole(&whole);
  mer_safetensors *slow = open_weights("slow"), *model = open_weights("model");
  const mer_tensor *a = mer_safetensors_find(slow, "head.0.weight"),
                   *b = mer_safetensors_find(model, "head.0.weight");
  assert_memory_equal(a->data, b->data, (size_t)a->n_elements * sizeof(float));
  mer_safetensors_close(slow);
  mer_safetensors_close(model);
}

/* Whether a tensor of a model has other bytes than the encoder's of that name. */
static bool has_changed(const mer_safetensors *encoder, const mer_tensor *of) {
  const mer_tensor *from = find_by_end(encoder, of->name);
  return from && memcmp(from->data, of->data, (size_t)of->n_elements * sizeof(float)) != 0;
}

/* The model is an ordinary one. */
static void adapters_change_queries_and_values(void **state) {
  (void)state;
  for (int n_frozen = 0; n_frozen < 2; n_frozen++) {
    mer_error err = {0};
    mer_train_result result = {0};
    mer_train_options o = options_of(MER_KIND_TEXT, "model");
    o.lora = 4;
    o.freeze_layers = n_frozen;
    o.max_grad_norm = n_frozen; /* updated at once, or not */
    assert_ok(train(&o, 0, &result, &err));
    assert_true(result.epochs[EPOCHS - 1].loss < result.epochs[0].loss);
    mer_train_result_clear(&result);
    mer_safetensors *encoder = open_weights("encoder"), *model = open_weights("model");
    for (int64_t i = 0; i < mer_safetensors_count(model); i++) {
      const mer_tensor *t = mer_safetensors_at(model, i);
      const bool adapted = strstr(t->name, "query.weight") || strstr(t->name, "value.weight");
      assert_null(strstr(t->name, "lora"));
      assert_true(has_changed(encoder, t) == (adapted && group_of(t->name) > n_frozen));
    }
    mer_safetensors_close(encoder);
    mer_safetensors_close(model);
    remove_tree(in_folder("model"));
  }
}

/* With other memory the same model; a training may be resumed with it. */
static void checkpoints_of_activations_change_no_byte(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_TEXT, "whole"), parts = options_of(o.kind, "parts");
  train_whole(&o);
  assert_int_equal(train(&parts, 8, NULL, &err), MER_STATUS_INTERRUPTED);
  parts.resume = parts.checkpoint_activations = true;
  assert_ok(train(&parts, 0, NULL, &err));
  assert_same_model(in_folder("whole"), in_folder("parts"));
}

/* Stops after 8 steps, refuses to go on as `other` says, naming `setting`, and ends in the bytes of
 * an uninterrupted training. */
static void check_resume(mer_train_options o, mer_train_options other, const char *setting) {
  mer_error err = {0};
  o.out = in_folder("whole");
  train_whole(&o);
  o.out = other.out = in_folder("parts");
  assert_int_equal(train(&o, 8, NULL, &err), MER_STATUS_INTERRUPTED);
  o.resume = other.resume = true;
  assert_int_equal(train(&other, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, "cannot resume");
  assert_message(&err, setting);
  assert_ok(train(&o, 0, NULL, &err));
  assert_same_model(in_folder("whole"), in_folder("parts"));
  remove_tree(in_folder("whole"));
  remove_tree(in_folder("parts"));
}

static void tuned_trainings_resume(void **state) {
  (void)state;
  const mer_train_options usual = options_of(MER_KIND_TEXT, "whole");
  mer_train_options o = usual;
  o.freeze_layers = 1;
  check_resume(o, usual, "freeze_layers 1, this one freeze_layers unset");
  check_resume(usual, o, "freeze_layers unset, this one freeze_layers 1");
  o = usual;
  o.layer_decay = 0.5;
  check_resume(o, usual, "layer_decay 0.5, this one layer_decay unset");
  o = usual;
  o.lora = 2;
  check_resume(o, usual, "lora 2, this one lora unset");
  o.layer_decay = 0.5;
  o.kind = MER_KIND_FUSION;
  o.modalities = "text,audio";
  mer_train_options other = o;
  other.layer_decay = 0.75;
  check_resume(o, other, "layer_decay 0.5, this one layer_decay 0.75");
}

static void expect_refused(mer_train_options o, const char *message) {
  mer_error err = {0};
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, message);
}

static void what_cannot_be_tuned_is_refused(void **state) {
  (void)state;
  mer_train_options o = options_of(MER_KIND_TEXT, "model");
  o.freeze_layers = 2;
  expect_refused(o, "2 layers cannot be frozen: the encoder has 2");
  o.freeze_layers = -2;
  expect_refused(o, "layers to freeze: 0 to 999");
  o = options_of(MER_KIND_TEXT, "model");
  o.layer_decay = 0;
  expect_refused(o, "decay of the layers' rates: above 0, at most 1");
  o.layer_decay = 0.5;
  o.freeze_encoder = true;
  expect_refused(o, "need an encoder from a directory that is trained");
  o = options_of(MER_KIND_AUDIO, "model");
  o.freeze_layers = 0;
  expect_refused(o, "need an encoder from a directory that is trained");
  o.freeze_layers = -1;
  o.lora = 1025;
  expect_refused(o, "rank of adapters: 0 to 1024");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(frozen_layers_keep_their_bytes, begin, end),
      cmocka_unit_test_setup_teardown(rates_fall_from_layer_to_layer, begin, end),
      cmocka_unit_test_setup_teardown(encoders_have_a_rate_of_their_own, begin, end),
      cmocka_unit_test_setup_teardown(adapters_change_queries_and_values, begin, end),
      cmocka_unit_test_setup_teardown(checkpoints_of_activations_change_no_byte, begin, end),
      cmocka_unit_test_setup_teardown(tuned_trainings_resume, begin, end),
      cmocka_unit_test_setup_teardown(what_cannot_be_tuned_is_refused, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
