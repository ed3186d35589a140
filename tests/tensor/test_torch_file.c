/* test_torch_file.c: what torch.save wrote is read as torch reads it; what nobody should read is
 * refused in one line. */
#include "base/file.h"
#include "tensor/dtype.h"
#include "tensor/torch_file.h"
#include "torch_support.h"

static const mer_tensor *find(const mer__torch_file *file, const char *name) {
  for (int64_t i = 0; i < mer__torch_file_count(file); i++)
    if (strcmp(mer__torch_file_at(file, i)->name, name) == 0) return mer__torch_file_at(file, i);
  return NULL;
}

static void expect_equal(const mer_tensor *tensor, const mer_tensor *expected) {
  if (!tensor) fail_msg("no tensor '%s'", expected->name);
  const size_t n_bytes = (size_t)expected->n_elements * mer__dtype_bytes(expected->dtype);
  if (tensor->dtype != expected->dtype || tensor->rank != expected->rank ||
      tensor->n_elements != expected->n_elements ||
      memcmp(tensor->shape, expected->shape, (size_t)expected->rank * sizeof *expected->shape) != 0)
    fail_msg("tensor '%s' has another type or shape", expected->name);
  if (n_bytes && memcmp(tensor->data, expected->data, n_bytes) != 0)
    fail_msg("tensor '%s' has other values", expected->name);
}

/* The files of golden/make_torch.py. */
static void tensors_are_those_that_torch_loads(void **state) {
  (void)state;
  static const char *const names[] = {"zip",           "zip-protocol1", "zip-protocol4",
                                      "zip-protocol5", "legacy",        "legacy-protocol4"};
  mer_safetensors *expected;
  mer_error err = {0};
  assert_ok(mer_safetensors_open(&expected, GOLDEN "torch/expected.safetensors", &err));
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[4096];
    mer__torch_file *file;
    snprintf(path, sizeof path, GOLDEN "torch/%s.bin", names[i]);
    assert_ok(mer__torch_file_open(&file, path, &err));
    assert_int_equal(mer__torch_file_count(file), mer_safetensors_count(expected));
    for (int64_t t = 0; t < mer_safetensors_count(expected); t++) {
      const mer_tensor *tensor = mer_safetensors_at(expected, t);
      expect_equal(find(file, tensor->name), tensor);
    }
    assert_null(mer__torch_file_at(file, -1));
    assert_null(mer__torch_file_at(file, mer__torch_file_count(file)));
    mer__torch_file_close(file);
  }
  mer_safetensors_close(expected);
  mer__torch_file_close(NULL);
}

/* One line of expected.tsv: file, status, part of the message. */
static bool is_refused(char *line) {
  char path[4096], *rest = NULL;
  const char *name = strtok_r(line, "\t", &rest), *status_name = strtok_r(NULL, "\t", &rest);
  const char *message = strtok_r(NULL, "\n", &rest);
  mer__torch_file *file;
  mer_error err = {0};
  assert_non_null(message);
  snprintf(path, sizeof path, GOLDEN "torch_hostile/%s", name);
  mer_status status = mer__torch_file_open(&file, path, &err);
  mer__torch_file_close(file);
  if (strcmp(mer_status_name(status), status_name) == 0 && strstr(err.message, message) &&
      strstr(err.message, name) && !strchr(err.message, '\n'))
    return true;
  print_error("%s: %s, \"%s\", expected %s, \"%s\"\n", name, mer_status_name(status), err.message,
              status_name, message);
  return false;
}

/* The files of golden/make_torch_hostile.py. */
static void hostile_files_are_refused(void **state) {
  (void)state;
  char line[512];
  int n = 0, n_refused = 0;
  FILE *list = fopen(GOLDEN "torch_hostile/expected.tsv", "r");
  assert_non_null(list);
  for (; fgets(line, sizeof line, list); n++) n_refused += is_refused(line);
  fclose(list);
  assert_true(n > 100);
  assert_int_equal(n_refused, n);
}

/* A file of the older form whose state dict begins with `n` bytes `byte`. */
static void expect_limit(char byte, size_t n, const char *message) {
  static const char start[] =
      "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
      "\x80\x02M\xe9\x03."
      "\x80\x02}X\x0d\0\0\0little_endian\x88s.\x80\x02";
  char folder[64], path[128], *data = malloc(sizeof start + n);
  mer__torch_file *file;
  mer_error err = {0};
  assert_non_null(data);
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/a.bin", folder);
  memcpy(data, start, sizeof start - 1);
  memset(data + sizeof start - 1, byte, n);
  assert_ok(mer__file_write(path, data, sizeof start - 1 + n, &err));
  free(data);
  assert_int_equal(mer__torch_file_open(&file, path, &err), MER_STATUS_LIMIT);
  if (!strstr(err.message, message)) fail_msg("message \"%s\" lacks \"%s\"", err.message, message);
  remove_test_folder(folder);
}

static void stack_and_marks_have_limits(void **state) {
  (void)state;
  expect_limit('N', (1 << 20) + 1, "a stack of more than 1048576 values");
  expect_limit('(', (1 << 20) + 1, "more than 1048576 marks");
}

/* A state dict of `n` tensors of one element under the names `state` [n], and `keys` [n_keys], the
 * list of storages. */
static mer_status open_written(const char *const *state, int n, const char *const *keys, int n_keys,
                               mer_error *err) {
  const float value = 1;
  const int64_t one = 1;
  mer__torch_file *file;
  char folder[64], path[128];
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/a.bin", folder);
  FILE *out = fopen(path, "wb");
  assert_non_null(out);
  torch_begin(out);
  for (int i = 0; i < n; i++) {
    torch_text(out, state[i]);
    torch_tensor(out, &(mer_tensor){.name = keys[i], .rank = 1, .shape = {1}, .n_elements = 1},
                 keys[i]);
  }
  torch_list(out, keys, n_keys);
  for (int i = 0; i < n_keys; i++) {
    fwrite(&one, sizeof one, 1, out);
    fwrite(&value, sizeof value, 1, out);
  }
  assert_int_equal(fclose(out), 0);
  mer_status status = mer__torch_file_open(&file, path, err);
  mer__torch_file_close(file);
  remove_test_folder(folder);
  return status;
}

static void names_and_keys_are_short_and_listed_once(void **state) {
  (void)state;
  mer_error err = {0};
  char name[513] = "", key[66] = "";
  memset(name, 'n', 512);
  memset(key, '1', 65);
  const char *names[] = {name, "b"}, *keys[] = {"0", "1", "0"};
  assert_int_equal(open_written(names, 2, keys, 2, &err), MER_STATUS_LIMIT);
  assert_non_null(strstr(err.message, "a name of 512 bytes, expected less than 512"));
  name[511] = 0;
  assert_ok(open_written(names, 2, keys, 2, &err));
  assert_int_equal(open_written(names, 2, keys, 3, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "storage '0': is listed twice"));
  keys[1] = key;
  assert_int_equal(open_written(names, 2, keys, 2, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "a key of 65 bytes, expected at most 64"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tensors_are_those_that_torch_loads),
      cmocka_unit_test(hostile_files_are_refused),
      cmocka_unit_test(stack_and_marks_have_limits),
      cmocka_unit_test(names_and_keys_are_short_and_listed_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
