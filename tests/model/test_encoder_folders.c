/* test_encoder_folders.c: encoder directories as other programs write them: each gives the vectors
 * of the plain one, or a message that names what is there and what is expected. */
#include "base/alloc.h"
#include "base/file.h"
#include "mer/model.h"
#include "mer/tensor.h"
#include "test_support.h"
#include "torch_support.h"

#define GOOD GOLDEN "bert"
enum { HIDDEN = 32, MAX_TENSORS = 64 };

static char folder[64];
static float expected[HIDDEN];

static const char *path_in(const char *name) {
  static char path[160];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void write_text(const char *name, const char *text) {
  mer_error err = {0};
  assert_ok(mer__file_write(path_in(name), text, strlen(text), &err));
}

/* A file of the good encoder under another name, after the bytes of `before`. */
static void copy_file(const char *name, const char *from, const char *before) {
  mer_error err = {0};
  char *data, path[4096];
  size_t size, n = strlen(before);
  snprintf(path, sizeof path, "%s/%s", GOOD, from);
  assert_ok(mer__file_read(&data, &size, path, 1 << 24, &err));
  char *both = malloc(n + size);
  assert_non_null(both);
  memcpy(both, before, n);
  memcpy(both + n, data, size);
  assert_ok(mer__file_write(path_in(name), both, n + size, &err));
  free(both);
  mer__free(data);
}

static void remove_file(const char *name) { unlink(path_in(name)); }

static mer_status embed(float *cls, mer_error *err) {
  mer_encoder *encoder;
  const char *text = "hello world";
  mer_status status = mer_encoder_open(&encoder, folder, err);
  if (status == MER_OK) status = mer_encoder_embed(cls, encoder, &text, 1, 0, NULL, err);
  mer_encoder_close(encoder);
  return status;
}

static int set_up(void **state) {
  (void)state;
  mer_error err = {0};
  make_temporary_folder(folder);
  copy_file("config.json", "config.json", "");
  copy_file("vocab.txt", "vocab.txt", "");
  copy_file("model.safetensors", "model.safetensors", "");
  return embed(expected, &err) == MER_OK ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

static void expect_equal(void) {
  float cls[HIDDEN];
  mer_error err = {0};
  assert_ok(embed(cls, &err));
  assert_memory_equal(cls, expected, sizeof expected);
}

static void expect_failure(mer_status status, const char *first, const char *second) {
  float cls[HIDDEN];
  mer_error err = {0};
  assert_int_equal(embed(cls, &err), status);
  if (!strstr(err.message, first) || !strstr(err.message, second))
    fail_msg("message \"%s\" lacks \"%s\" or \"%s\"", err.message, first, second);
}

/* `name` without "bert.", after `prefix`; "LayerNorm.weight|bias" becomes gamma|beta if so. */
static char *rename_tensor(const char *name, const char *prefix, bool old) {
  char *result = malloc(strlen(prefix) + strlen(name) + 1);
  assert_non_null(result);
  sprintf(result, "%s%s", prefix, strncmp(name, "bert.", 5) == 0 ? name + 5 : name);
  char *weight = old ? strstr(result, "LayerNorm.weight") : NULL;
  char *bias = old ? strstr(result, "LayerNorm.bias") : NULL;
  if (weight) strcpy(weight, "LayerNorm.gamma");
  if (bias) strcpy(bias, "LayerNorm.beta");
  return result;
}

/* Writes the good weights under other names, those of the second copy after `second` if it is not
 * NULL. */
static void rename_weights(const char *prefix, const char *second, bool old) {
  mer_safetensors *file;
  mer_error err = {0};
  mer_tensor tensors[2 * MAX_TENSORS];
  assert_ok(mer_safetensors_open(&file, GOOD "/model.safetensors", &err));
  int64_t n = mer_safetensors_count(file), n_all = second ? 2 * n : n;
  assert_in_range(n, 1, MAX_TENSORS);
  for (int64_t i = 0; i < n_all; i++) {
    tensors[i] = *mer_safetensors_at(file, i % n);
    tensors[i].name = rename_tensor(tensors[i].name, i < n ? prefix : second, old);
  }
  assert_ok(mer_safetensors_write(path_in("model.safetensors"), tensors, n_all, NULL, 0, &err));
  for (int64_t i = 0; i < n_all; i++) free((char *)tensors[i].name);
  mer_safetensors_close(file);
}

static void a_prefix_is_found(void **state) {
  (void)state;
  const char *const prefixes[] = {"",      "bert.", "module.", "module.bert.", "0.auto_model.",
                                  "a.b.c."};
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
    rename_weights(prefixes[i], NULL, false);
    expect_equal();
  }
}

static void two_encoders_are_refused_unless_one_has_no_prefix(void **state) {
  (void)state;
  rename_weights("first.", "second.", false);
  expect_failure(MER_STATUS_FORMAT, "'first.embeddings.", "'second.embeddings.");
  rename_weights("first.", "", false);
  expect_equal();
}

static void a_prefix_too_long_is_refused(void **state) {
  (void)state;
  char prefix[300];
  memset(prefix, 'p', sizeof prefix);
  strcpy(prefix + 290, ".");
  rename_weights(prefix, NULL, false);
  expect_failure(MER_STATUS_FORMAT, "model.safetensors: expected at most", "found 291");
}

static void layer_norms_may_have_gamma_and_beta(void **state) {
  (void)state;
  rename_weights("", NULL, true);
  expect_equal();
  rename_weights("bert.", NULL, true);
  expect_equal();
}

static void write_safetensors(const char *path, const mer_tensor *tensors, int64_t n) {
  mer_error err = {0};
  assert_ok(mer_safetensors_write(path, tensors, n, NULL, 0, &err));
}

/* The good weights in `n_files` files NAME and an index of them, or in one file NAME. */
static void split_weights(int n_files, const char *name, const char *index_name,
                          void write(const char *, const mer_tensor *, int64_t)) {
  static mer_tensor tensors[2][MAX_TENSORS];
  mer_safetensors *file;
  mer_error err = {0};
  char index[1 << 14], path[64];
  int64_t n[2] = {0};
  int size = sprintf(index, "{\"weight_map\": {");
  assert_ok(mer_safetensors_open(&file, GOOD "/model.safetensors", &err));
  for (int64_t i = 0; i < mer_safetensors_count(file); i++) {
    const int f = (int)(i % n_files);
    tensors[f][n[f]++] = *mer_safetensors_at(file, i);
    size += sprintf(index + size, "%s\"%s\": \"%d%s\"", i ? ", " : "",
                    mer_safetensors_at(file, i)->name, f, name);
    assert_in_range(size, 0, sizeof index - 300);
  }
  strcpy(index + size, "}}");
  if (index_name) write_text(index_name, index);
  for (int f = 0; f < n_files; f++) {
    if (index_name) snprintf(path, sizeof path, "%d%s", f, name);
    else snprintf(path, sizeof path, "%s", name);
    write(path_in(path), tensors[f], n[f]);
  }
  mer_safetensors_close(file);
}

static void weights_in_files_of_every_kind(void **state) {
  (void)state;
  remove_file("model.safetensors");
  split_weights(2, ".bin", "pytorch_model.bin.index.json", write_torch);
  expect_equal();
  split_weights(1, "pytorch_model.bin", NULL, write_torch);
  remove_file("pytorch_model.bin.index.json");
  expect_equal();
  split_weights(2, ".safetensors", "model.safetensors.index.json", write_safetensors);
  write_text("pytorch_model.bin", "not looked at");
  expect_equal();
}

static void configurations_of_other_writers(void **state) {
  (void)state;
  copy_file("config.json", "config.json", "\xEF\xBB\xBF");
  expect_equal();
  remove_file("config.json");
  expect_failure(MER_STATUS_NOT_FOUND, "/config.json: ", "No such file");
  copy_file("bert_config.json", "config.json", "");
  expect_equal();
  write_text("config.json", "{}");
  expect_failure(MER_STATUS_FORMAT, "/config.json: ", "vocab_size");
}

static void gelu_python_is_gelu(void **state) {
  (void)state;
  char *text, changed[2048];
  size_t size;
  mer_error err = {0};
  assert_ok(mer__file_read(&text, &size, path_in("config.json"), sizeof changed - 16, &err));
  char *at = strstr(text, "\"gelu\"");
  assert_non_null(at);
  sprintf(changed, "%.*s\"gelu_python\"%s", (int)(at - text), text, at + strlen("\"gelu\""));
  mer__free(text);
  write_text("config.json", changed);
  expect_equal();
}

static void a_mark_before_the_vocabulary(void **state) {
  (void)state;
  copy_file("vocab.txt", "vocab.txt", "\xEF\xBB\xBF");
  expect_equal();
  write_text("vocab.txt", "\xEF\xBB\xBF");
  expect_failure(MER_STATUS_FORMAT, "/vocab.txt: ", "an empty file");
}

static void what_stands_in_the_place_of_a_file_is_named(void **state) {
  (void)state;
  const char *const cases[][2] = {{"model.safetensors", "tf_model.h5"},
                                  {"model.safetensors", "flax_model.msgpack"},
                                  {"vocab.txt", "sentencepiece.bpe.model"},
                                  {"vocab.txt", "vocab.json"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char named[64];
    write_text(cases[i][1], "{}");
    expect_equal();
    remove_file(cases[i][0]);
    snprintf(named, sizeof named, "/%s: ", cases[i][1]);
    expect_failure(MER_STATUS_UNSUPPORTED, named, cases[i][0]);
    remove_file(cases[i][1]);
    expect_failure(MER_STATUS_NOT_FOUND, cases[i][0], "No such file");
    copy_file(cases[i][0], cases[i][0], "");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_prefix_is_found, set_up, tear_down),
      cmocka_unit_test_setup_teardown(two_encoders_are_refused_unless_one_has_no_prefix, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_prefix_too_long_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(layer_norms_may_have_gamma_and_beta, set_up, tear_down),
      cmocka_unit_test_setup_teardown(weights_in_files_of_every_kind, set_up, tear_down),
      cmocka_unit_test_setup_teardown(configurations_of_other_writers, set_up, tear_down),
      cmocka_unit_test_setup_teardown(gelu_python_is_gelu, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_mark_before_the_vocabulary, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_stands_in_the_place_of_a_file_is_named, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
