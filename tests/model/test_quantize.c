/* test_quantize.c: quantized encoders: how near they are to f32, from memory and from files, packed
 * and one by one; and files that do not hold what config.json tells. */
#include "base/alloc.h"
#include "base/file.h"
#include "mer/model.h"
#include "mer/tensor.h"
#include "nn/levels.h"
#include "test_support.h"

#define GOOD GOLDEN "bert"

enum { N = 5, H = 32 };

static const char *const texts[N] = {"", "a b c", "the old man and the sea, they said",
                                     "no! not again?", "it is what it is and what it was"};

static char work[64], folder[96];

static int set_up(void **state) {
  (void)state;
  mer_error err = {0};
  make_temporary_folder(work);
  snprintf(folder, sizeof folder, "%s/int8", work);
  assert_ok(mer_model_quantize(GOOD, folder, MER_DTYPE_I8, false, NULL, &err));
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  remove_test_folder(work);
  return 0;
}

static void embed(float cls[N * H], const mer_encoder *encoder) {
  mer_error err = {0};
  assert_ok(mer_encoder_embed(cls, encoder, texts, N, 64, NULL, &err));
}

static void embed_folder(float cls[N * H], const char *path, bool quantize) {
  mer_error err = {0};
  mer_encoder *encoder;
  assert_ok(mer_encoder_open(&encoder, path, &err));
  if (quantize) assert_ok(mer_encoder_quantize(encoder, &err));
  embed(cls, encoder);
  mer_encoder_close(encoder);
}

/* Overwrites the weights in place, with less, as `cp` of another file does; and puts them back. */
static void cut_weights(char **bytes, size_t *size) {
  char path[128];
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  if (!*bytes) {
    assert_ok(mer__file_read(bytes, size, path, (size_t)1 << 28, &err));
    assert_int_equal(truncate(path, 64), 0);
    return;
  }
  FILE *file = fopen(path, "wb");
  assert_int_equal(fwrite(*bytes, 1, *size, file), *size);
  fclose(file);
  mer__free(*bytes);
  *bytes = NULL;
}

/* What happens to the file of an open int8 directory does not end the process. */
static void open_files_may_be_overwritten(void **state) {
  (void)state;
  mer_error err = {0};
  mer_encoder *encoder;
  char *bytes = NULL;
  size_t size;
  float before[N * H], after[N * H];
  for (int n_answers = 0; n_answers < 3; n_answers++) {
    assert_ok(mer_encoder_open(&encoder, folder, &err));
    for (int i = 0; i < n_answers; i++) embed(before, encoder);
    cut_weights(&bytes, &size);
    mer_status status = mer_encoder_embed(after, encoder, texts, N, 64, NULL, &err);
    if (n_answers < 2) { /* its weights are not in memory yet */
      assert_int_equal(status, MER_STATUS_IO);
      assert_non_null(strstr(err.message, "model.safetensors: was changed while it was open"));
      assert_int_equal(mer_encoder_embed(after, encoder, texts, N, 64, NULL, &err), MER_STATUS_IO);
    } else {
      assert_int_equal(status, MER_OK);
      assert_memory_equal(before, after, sizeof before);
    }
    mer_encoder_close(encoder);
    cut_weights(&bytes, &size);
  }
}

static bool ask(void *user) {
  int *n_left = user;
  return --*n_left == 0;
}

/* Whenever it is stopped, nothing is left of it, and an earlier directory stays as it was. */
static void it_can_be_interrupted(void **state) {
  (void)state;
  mer_error err = {0};
  char out[96], partial[128], config[128];
  snprintf(out, sizeof out, "%s/stopped", work);
  snprintf(partial, sizeof partial, "%s.partial", out);
  snprintf(config, sizeof config, "%s/config.json", out);
  for (int earlier = 0; earlier < 2; earlier++) {
    int n = 1;
    for (;; n++) {
      int n_left = n;
      const mer_monitor monitor = {.user = &n_left, .should_stop = ask};
      mer_status status = mer_model_quantize(GOOD, out, MER_DTYPE_BF16, false, &monitor, &err);
      assert_int_equal(access(partial, F_OK), -1);
      if (status == MER_OK) break;
      assert_int_equal(status, MER_STATUS_INTERRUPTED);
      assert_int_equal(access(config, F_OK), earlier ? 0 : -1);
    }
    assert_true(n > 3);
  }
  remove_test_folder(out);
}

static void vectors_are_near_f32(void **state) {
  (void)state;
  mer_error err = {0};
  float exact[N * H], int8[N * H], reduced[N * H], bf16[N * H];
  char half[96];
  snprintf(half, sizeof half, "%s/bf16", work);
  assert_ok(mer_model_quantize(GOOD, half, MER_DTYPE_BF16, false, NULL, &err));
  embed_folder(exact, GOOD, false);
  embed_folder(int8, folder, false);
  assert_ok(mer_model_quantize(GOOD, folder, MER_DTYPE_I8, true, NULL, &err));
  embed_folder(reduced, folder, false);
  embed_folder(bf16, half, false);
  remove_test_folder(half);
  /* A weight is off by 0.4 % of the largest of its row at most, in bfloat16 by 0.4 % of itself. */
  double of_int8 = relative_error(int8, exact, N * H), of_bf16 = relative_error(bf16, exact, N * H);
  if (!(of_int8 > 1e-5 && of_int8 < 0.02)) fail_msg("int8: relative error %g", of_int8);
  /* These weights are almost even, so that eight of one sign have large sums: twice the steps. */
  double of_reduced = relative_error(reduced, exact, N * H);
  if (!(of_reduced > 1e-5 && of_reduced < 0.04)) fail_msg("reduced: relative error %g", of_reduced);
  if (!(of_bf16 > 1e-5 && of_bf16 < 0.01)) fail_msg("bf16: relative error %g", of_bf16);
}

static void memory_and_file_are_equal(void **state) {
  (void)state;
  float from_memory[N * H], from_file[N * H];
  embed_folder(from_memory, GOOD, true);
  embed_folder(from_file, folder, true); /* once more changes nothing */
  assert_memory_equal(from_memory, from_file, sizeof from_file);
}

static void levels_are_equal(void **state) {
  (void)state;
  float first[N * H], other[N * H];
  for (int level = FIRST_FUSED_LEVEL; use_level(level); level++) {
    float *cls = level == FIRST_FUSED_LEVEL ? first : other;
    embed_folder(cls, folder, false);
    assert_memory_equal(cls, first, sizeof first);
  }
}

static void packed_equals_one_by_one(void **state) {
  (void)state;
  mer_error err = {0};
  mer_encoder *encoder;
  float packed[N * H], single[H];
  assert_ok(mer_encoder_open(&encoder, folder, &err));
  assert_string_equal(mer_encoder_describe(encoder).dtype, "int8");
  embed(packed, encoder);
  for (int i = 0; i < N; i++) {
    assert_ok(mer_encoder_embed(single, encoder, &texts[i], 1, 64, NULL, &err));
    assert_near(max_difference(packed + i * H, single, H), 0, 2e-6);
  }
  mer_encoder_close(encoder);
}

static void quantizing_is_deterministic(void **state) {
  (void)state;
  mer_error err = {0};
  char again[96], path[2][128], *data[2];
  size_t size[2];
  snprintf(again, sizeof again, "%s/again", work);
  assert_ok(mer_model_quantize(GOOD, again, MER_DTYPE_I8, false, NULL, &err));
  assert_ok(mer_model_quantize(GOOD, again, MER_DTYPE_I8, false, NULL,
                               &err)); /* in the place of the first */
  for (int i = 0; i < 2; i++) {
    snprintf(path[i], sizeof path[i], "%s/model.safetensors", i ? again : folder);
    assert_ok(mer__file_read(&data[i], &size[i], path[i], 1 << 24, &err));
  }
  assert_int_equal(size[0], size[1]);
  assert_memory_equal(data[0], data[1], size[0]);
  for (int i = 0; i < 2; i++) mer__free(data[i]);
  remove_test_folder(again);
}

/* Writes model.safetensors anew, without tensor `drop` and with `change` done to `changed`. */
static void rewrite(const char *drop, const char *changed, void change(mer_tensor *tensor)) {
  mer_error err = {0};
  mer_safetensors *file;
  char path[160], copy[160];
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  snprintf(copy, sizeof copy, "%s/copy", folder);
  assert_ok(mer_safetensors_open(&file, path, &err));
  int64_t n = 0, n_all = mer_safetensors_count(file);
  mer_tensor *tensors = calloc((size_t)n_all, sizeof *tensors);
  bool found = false;
  for (int64_t i = 0; i < n_all; i++) {
    tensors[n] = *mer_safetensors_at(file, i);
    if (drop && strcmp(tensors[n].name, drop) == 0) {
      found = true;
      continue;
    }
    if (changed && strcmp(tensors[n].name, changed) == 0) {
      found = true;
      change(&tensors[n]);
    }
    n++;
  }
  assert_true(found);
  assert_ok(mer_safetensors_write(copy, tensors, n, NULL, 0, &err));
  mer_safetensors_close(file);
  assert_int_equal(rename(copy, path), 0);
  free(tensors);
}

static void expect_failure(const char *message) {
  mer_encoder *encoder = NULL;
  mer_error err = {0};
  if (mer_encoder_open(&encoder, folder, &err) == MER_OK) fail_msg("opened in spite of the fault");
  assert_null(encoder);
  if (!strstr(err.message, message)) fail_msg("message \"%s\" lacks \"%s\"", err.message, message);
}

static void as_u8(mer_tensor *t) { t->dtype = MER_DTYPE_U8; }
static void as_i32(mer_tensor *t) { t->dtype = MER_DTYPE_I32; }
static void as_f32(mer_tensor *t) {
  t->dtype = MER_DTYPE_F32;
  t->shape[0] /= 4;
  t->n_elements /= 4;
}
static void flatten(mer_tensor *t) {
  t->rank = 1;
  t->shape[0] = t->n_elements;
}
static void swap(mer_tensor *t) {
  int64_t first = t->shape[0];
  t->shape[0] = t->shape[1];
  t->shape[1] = first;
}
static void shorten(mer_tensor *t) {
  t->shape[0]--;
  t->n_elements = t->shape[0];
}

#define UP "encoder.layer.1.intermediate.dense.weight"

static void missing_scale(void **state) {
  (void)state;
  rewrite(UP "_scale", NULL, NULL);
  expect_failure("model.safetensors: no tensor '" UP "_scale'");
}

static void missing_weight(void **state) {
  (void)state;
  rewrite("embeddings.position_embeddings.weight", NULL, NULL);
  expect_failure("model.safetensors: no tensor 'embeddings.position_embeddings.weight'");
}

static void wrong_type(void **state) {
  (void)state;
  rewrite(NULL, UP, as_u8);
  expect_failure("tensor '" UP "' is U8, expected I8");
  rewrite(NULL, UP, as_f32);
  expect_failure("tensor '" UP "' is F32, expected I8");
}

static void wrong_type_of_scale(void **state) {
  (void)state;
  rewrite(NULL, UP "_scale", as_i32);
  expect_failure("tensor '" UP "_scale' is I32, expected F32");
}

static void wrong_shape(void **state) {
  (void)state;
  rewrite(NULL, UP, swap);
  expect_failure("tensor '" UP "' is [9, 4, 16, 4], expected [4, 9, 16, 4]");
  rewrite(NULL, UP, flatten);
  expect_failure("tensor '" UP "' is [2304], expected [4, 9, 16, 4]");
}

static void wrong_shape_of_scale(void **state) {
  (void)state;
  rewrite(NULL, UP "_scale", shorten);
  expect_failure("tensor '" UP "_scale' is [63], expected [64]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(open_files_may_be_overwritten, set_up, tear_down),
      cmocka_unit_test_setup_teardown(it_can_be_interrupted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(vectors_are_near_f32, set_up, tear_down),
      cmocka_unit_test_setup_teardown(memory_and_file_are_equal, set_up, tear_down),
      cmocka_unit_test_setup_teardown(levels_are_equal, set_up, tear_down),
      cmocka_unit_test_setup_teardown(packed_equals_one_by_one, set_up, tear_down),
      cmocka_unit_test_setup_teardown(quantizing_is_deterministic, set_up, tear_down),
      cmocka_unit_test_setup_teardown(missing_scale, set_up, tear_down),
      cmocka_unit_test_setup_teardown(missing_weight, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_type, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_type_of_scale, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_shape, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_shape_of_scale, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
