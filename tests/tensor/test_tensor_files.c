/* test_tensor_files.c: weights whole and in pieces, and indices that do not hold. */
#include "base/file.h"
#include "tensor/tensor_files.h"
#include "test_support.h"
#include "torch_support.h"

static char folder[64];
static const float values[4] = {1, 2, 3, 4};

static const char *path_in(const char *name) {
  static char path[160];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

/* A file with one tensor of `n` values from `first` on. */
static void write_one(const char *file, const char *name, int first, int64_t n) {
  mer_error err = {0};
  const mer_tensor tensor = {name, MER_DTYPE_F32, 1, {n}, n, values + first};
  assert_ok(mer_safetensors_write(path_in(file), &tensor, 1, NULL, 0, &err));
}

static void write_index(const char *text) {
  mer_error err = {0};
  assert_ok(mer__file_write(path_in("model.safetensors.index.json"), text, strlen(text), &err));
}

static void expect_values(mer__tensor_files *files, const char *name, int first, int64_t n) {
  const mer_tensor *tensor = mer__tensor_files_find(files, name);
  assert_non_null(tensor);
  assert_int_equal(tensor->n_elements, n);
  assert_memory_equal(tensor->data, values + first, (size_t)n * sizeof *values);
}

static void expect_failure(mer_status status, const char *message) {
  mer__tensor_files *files;
  mer_error err = {0};
  assert_int_equal(mer__tensor_files_open(&files, folder, &err), status);
  assert_null(files);
  if (!strstr(err.message, message)) fail_msg("message \"%s\" lacks \"%s\"", err.message, message);
}

static const char good_index[] =
    "{\"metadata\": {\"total_size\": 16}, \"weight_map\": {\"b\": "
    "\"model-00001-of-00002.safetensors\", "
    "\"a\": \"model-00002-of-00002.safetensors\"}}";

static void write_pieces(void) {
  write_one("model-00001-of-00002.safetensors", "b", 0, 3);
  write_one("model-00002-of-00002.safetensors", "a", 3, 1);
  write_index(good_index);
}

static void pieces_are_one_table(void **state) {
  (void)state;
  mer__tensor_files *files;
  mer_error err = {0};
  write_pieces();
  assert_ok(mer__tensor_files_open(&files, folder, &err));
  assert_int_equal(mer__tensor_files_count(files), 2);
  assert_string_equal(mer__tensor_files_at(files, 0)->name, "a");
  assert_null(mer__tensor_files_at(files, 2));
  assert_null(mer__tensor_files_find(files, "c"));
  assert_non_null(strstr(mer__tensor_files_path(files), "model.safetensors.index.json"));
  assert_ok(mer__tensor_files_protect(files, false, &err));
  expect_values(files, "b", 0, 3);
  assert_false(mer__tensor_files_used(files, 0));
  assert_true(mer__tensor_files_used(files, 1));
  assert_false(mer__tensor_files_used(files, 2));
  expect_values(files, "a", 3, 1);
  mer__tensor_files_close(files);
  mer__tensor_files_close(NULL);
}

static void a_whole_file_goes_first(void **state) {
  (void)state;
  mer__tensor_files *files;
  mer_error err = {0};
  write_pieces();
  write_one("model.safetensors", "whole", 1, 2);
  assert_ok(mer__tensor_files_open(&files, folder, &err));
  assert_int_equal(mer__tensor_files_count(files), 1);
  expect_values(files, "whole", 1, 2);
  mer__tensor_files_close(files);
}

static void pieces_that_are_missing(void **state) {
  (void)state;
  expect_failure(MER_STATUS_NOT_FOUND, "/model.safetensors: cannot open");
  write_pieces();
  unlink(path_in("model-00002-of-00002.safetensors"));
  expect_failure(MER_STATUS_NOT_FOUND, "/model-00002-of-00002.safetensors: cannot open");
  write_one("model-00002-of-00002.safetensors", "other", 0, 1);
  expect_failure(MER_STATUS_FORMAT,
                 "tensor 'a': expected in model-00002-of-00002.safetensors, found in none");
  write_one("model-00002-of-00002.safetensors", "b", 0, 1);
  expect_failure(
      MER_STATUS_FORMAT,
      "model-00002-of-00002.safetensors: tensor 'b' is in model-00001-of-00002.safetensors, too");
}

static void indices_that_do_not_hold(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", "index.json:1: not JSON"},
      {"[]", "no tensors in 'weight_map'"},
      {"{}", "no tensors in 'weight_map'"},
      {"{\"weight_map\": {}}", "no tensors in 'weight_map'"},
      {"{\"weight_map\": [\"a\"]}", "no tensors in 'weight_map'"},
      {"{\"weight_map\": {\"a\": 1}}",
       "tensor 'a': expected the name of a file beside it, found 'no text'"},
      {"{\"weight_map\": {\"a\": \"\"}}", "expected the name of a file beside it"},
      {"{\"weight_map\": {\"a\": \"../a.safetensors\"}}", "found '../a.safetensors'"},
      {"{\"weight_map\": {\"a\": \"/etc/passwd\"}}", "found '/etc/passwd'"},
      {"{\"weight_map\": {\"a\": \"b\", \"a\": \"b\"}}", "duplicate"},
      {"{\"weight_map\": {\"a\": \"model.safetensors.index.json\"}}", "not a safetensors file"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mer__tensor_files *files;
    mer_error err = {0};
    write_index(cases[i][0]);
    mer_status status = mer__tensor_files_open(&files, folder, &err);
    assert_true(status == MER_STATUS_FORMAT || status == MER_STATUS_LIMIT);
    if (!strstr(err.message, cases[i][1]))
      fail_msg("message \"%s\" lacks \"%s\"", err.message, cases[i][1]);
  }
}

static void an_index_of_too_many_files(void **state) {
  (void)state;
  enum { N = 600, ENTRY = 32 };
  char *text = malloc((size_t)N * ENTRY + 64);
  assert_non_null(text);
  int n = sprintf(text, "{\"weight_map\": {");
  for (int i = 0; i < N; i++) n += sprintf(text + n, "%s\"%d\": \"f%d\"", i ? "," : "", i, i);
  sprintf(text + n, "}}");
  write_index(text);
  free(text);
  expect_failure(MER_STATUS_LIMIT, "600 files, at most 512 are read");
}

/* Pages of memory that the process has at present (Linux). */
static long resident_pages(void) {
  long total, resident;
  FILE *file = fopen("/proc/self/statm", "r");
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%ld %ld", &total, &resident), 2);
  fclose(file);
  return resident;
}

/* Of weights in either kind of file. */
static void memory_of_what_was_read_is_given_back(void **state) {
  (void)state;
  enum { N = 1 << 22 };
  const long n_pages = N * (long)sizeof(float) / sysconf(_SC_PAGESIZE);
  float *data = calloc(N, sizeof *data);
  data[N - 1] = 5;
  const mer_tensor tensor = {"a", MER_DTYPE_F32, 1, {N}, N, data};
  mer_error err = {0};
  for (int torch = 0; torch < 2; torch++) {
    mer__tensor_files *files;
    if (torch) write_torch(path_in("pytorch_model.bin"), &tensor, 1);
    else assert_ok(mer_safetensors_write(path_in("model.safetensors"), &tensor, 1, NULL, 0, &err));
    assert_ok(mer__tensor_files_open(&files, folder, &err));
    const mer_tensor *found = mer__tensor_files_find(files, "a");
    assert_non_null(found);
    for (int again = 0; again < 2; again++) {
      assert_memory_equal(found->data, data, N * sizeof *data);
      const long before = resident_pages();
      mer__tensor_files_release(files, found);
      assert_true(resident_pages() < before - n_pages / 2);
    }
    mer__tensor_files_close(files);
    remove(path_in("model.safetensors"));
  }
  free(data);
}

/* Nothing of it could be read anew. */
static void copies_are_not_given_back(void **state) {
  (void)state;
  mer__tensor_files *files;
  mer_error err = {0};
  write_one("model.safetensors", "a", 0, 4);
  assert_ok(mer__tensor_files_open(&files, folder, &err));
  assert_ok(mer__tensor_files_protect(files, false, &err));
  mer__tensor_files_release(files, mer__tensor_files_find(files, "a"));
  expect_values(files, "a", 0, 4);
  mer__tensor_files_close(files);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(pieces_are_one_table, set_up, tear_down),
      cmocka_unit_test_setup_teardown(memory_of_what_was_read_is_given_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(copies_are_not_given_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_whole_file_goes_first, set_up, tear_down),
      cmocka_unit_test_setup_teardown(pieces_that_are_missing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(indices_that_do_not_hold, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_index_of_too_many_files, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
