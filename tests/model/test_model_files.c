/* test_model_files.c: encoder directories that are damaged, each with the message a user needs. */
#include "base/alloc.h"
#include "base/file.h"
#include "mer/model.h"
#include "mer/tensor.h"
#include "test_support.h"

#define GOOD GOLDEN "bert"

static char folder[64];

static void path_in(char path[160], const char *name) {
  snprintf(path, 160, "%s/%s", folder, name);
}

/* Copies a file as `name`, cut to `size` bytes if that is not 0. */
static void copy_as(const char *name, const char *from, size_t size) {
  char to[160];
  mer_error err = {0};
  char *data;
  size_t whole;
  path_in(to, name);
  assert_ok(mer__file_read(&data, &whole, from, 1 << 24, &err));
  assert_ok(mer__file_write(to, data, size ? size : whole, &err));
  mer__free(data);
}

/* The same of the good encoder. */
static void copy_file(const char *name, size_t size) {
  char from[4096];
  snprintf(from, sizeof from, "%s/%s", GOOD, name);
  copy_as(name, from, size);
}

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  copy_file("config.json", 0);
  copy_file("vocab.txt", 0);
  copy_file("model.safetensors", 0);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

/* Opening must fail with a message that has all of the words. */
static void expect_failure(const char *first, const char *second) {
  mer_encoder *encoder = NULL;
  mer_error err = {0};
  if (mer_encoder_open(&encoder, folder, &err) == MER_OK) fail_msg("opened in spite of the fault");
  assert_null(encoder);
  if (!strstr(err.message, first) || !strstr(err.message, second))
    fail_msg("message \"%s\" lacks \"%s\" or \"%s\"", err.message, first, second);
}

static void replace_config(const char *from, const char *to) {
  char path[160];
  mer_error err = {0};
  char *text;
  size_t size;
  path_in(path, "config.json");
  assert_ok(mer__file_read(&text, &size, path, 1 << 20, &err));
  char *at = strstr(text, from);
  assert_non_null(at);
  char *changed = malloc(size + strlen(to) + 1);
  sprintf(changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
  assert_ok(mer__file_write(path, changed, strlen(changed), &err));
  free(changed);
  mer__free(text);
}

static void good_encoder_opens(void **state) {
  (void)state;
  mer_encoder *encoder;
  mer_error err = {0};
  assert_ok(mer_encoder_open(&encoder, folder, &err));
  assert_int_equal(mer_encoder_describe(encoder).hidden_size, 32);
  mer_encoder_close(encoder);
}

static void truncated_weights(void **state) {
  (void)state;
  copy_file("model.safetensors", 40000);
  expect_failure("model.safetensors", "");
}

/* A form in which weights cannot be used as they lie: known when it is opened. */
static void int8_weights_of_pytorch(void **state) {
  (void)state;
  char path[160];
  path_in(path, "model.safetensors");
  assert_int_equal(unlink(path), 0);
  copy_as("pytorch_model.bin", GOLDEN "torch/zip.bin", 0);
  replace_config("{", "{\"mer_dtype\": \"int8\", ");
  expect_failure("pytorch_model.bin: int8 weights", "safetensors alone");
}

static void wrong_shape(void **state) {
  (void)state;
  replace_config("\"intermediate_size\": 64", "\"intermediate_size\": 48");
  expect_failure("model.safetensors: tensor 'encoder.layer.0.intermediate.dense.weight'",
                 "[64, 32]");
}

static void missing_tensor(void **state) {
  (void)state;
  replace_config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3");
  expect_failure("model.safetensors: no tensor 'encoder.layer.2.", "query");
}

static void missing_vocabulary(void **state) {
  (void)state;
  char path[160];
  path_in(path, "vocab.txt");
  unlink(path);
  expect_failure("vocab.txt", "No such file");
}

static void vocabulary_too_large(void **state) {
  (void)state;
  replace_config("\"vocab_size\": 500", "\"vocab_size\": 400");
  expect_failure(": the tokenizer has 500 tokens", "400");
}

static void bad_configurations(void **state) {
  (void)state;
  const char *const faults[][3] = {
      {"\"hidden_size\": 32", "\"hidden_size\": 33", "not a multiple of num_attention_heads"},
      {"\"hidden_size\": 33", "\"hidden_size\": -1", "'hidden_size' is not a whole number"},
      {"\"hidden_size\": -1", "\"hidden_size\": 4611686018427387904",
       "'hidden_size' is not a whole number"},
      {"\"hidden_size\": 4611686018427387904", "\"hidden_size\": 32", NULL},
      {"\"hidden_act\": \"gelu\"", "\"hidden_act\": \"silu\"", "'hidden_act' is \"silu\""},
      {"\"hidden_act\": \"silu\"", "\"hidden_act\": 5", "no text 'hidden_act'"},
      {"\"hidden_act\": 5", "\"hidden_act\": \"gelu\"", NULL},
      {"\"model_type\": \"bert\"", "\"model_type\": \"gpt2\"", "\"gpt2\", of which no encoder"},
      {"\"model_type\": \"gpt2\"", "\"model_type\": \"vector\"", "\"vector\", of which no"},
      {"\"model_type\": \"vector\"", "\"model_type\": ", "not JSON"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    replace_config(faults[i][0], faults[i][1]);
    if (faults[i][2]) expect_failure("config.json", faults[i][2]);
  }
}

static void encoder_is_not_a_model(void **state) {
  (void)state;
  mer_model *model;
  mer_error err = {0};
  assert_int_equal(mer_model_open(&model, folder, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "config.json: no object 'mer'"));
  char path[160];
  path_in(path, "absent");
  assert_int_equal(mer_model_open(&model, path, &err), MER_STATUS_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(good_encoder_opens, set_up, tear_down),
      cmocka_unit_test_setup_teardown(truncated_weights, set_up, tear_down),
      cmocka_unit_test_setup_teardown(int8_weights_of_pytorch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_shape, set_up, tear_down),
      cmocka_unit_test_setup_teardown(missing_tensor, set_up, tear_down),
      cmocka_unit_test_setup_teardown(missing_vocabulary, set_up, tear_down),
      cmocka_unit_test_setup_teardown(vocabulary_too_large, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_configurations, set_up, tear_down),
      cmocka_unit_test_setup_teardown(encoder_is_not_a_model, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
