/* test_safetensors.c: element types, writing and reading back, and malformed files of every kind.
 */
#include "base/file.h"
#include "mer/tensor.h"
#include "tensor/dtype.h"
#include "test_support.h"

static char folder[64], path[128];

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

static void halves_convert_exactly(void **state) {
  (void)state;
  assert_near(mer__f16_to_f32(0x3c00), 1, 0);
  assert_near(mer__f16_to_f32(0xc000), -2, 0);
  assert_near(mer__f16_to_f32(0x7bff), 65504, 0);
  assert_near(mer__f16_to_f32(0x0400), 0x1p-14, 0);   /* smallest normal */
  assert_near(mer__f16_to_f32(0x03ff), 0x3ffp-24, 0); /* largest subnormal */
  assert_near(mer__f16_to_f32(0x8001), -0x1p-24, 0);  /* smallest subnormal */
  assert_true(signbit(mer__f16_to_f32(0x8000)) && mer__f16_to_f32(0x8000) == 0);
  assert_true(isinf(mer__f16_to_f32(0xfc00)) && mer__f16_to_f32(0xfc00) < 0);
  assert_true(isnan(mer__f16_to_f32(0x7e01)));
  assert_near(mer__bf16_to_f32(0x3fc0), 1.5, 0);
  assert_near(mer__bf16_to_f32(0x8001), -0x1p-133, 0);
  assert_true(isinf(mer__bf16_to_f32(0x7f80)));
  assert_true(isnan(mer__bf16_to_f32(0x7fc0)));
}

static void doubles_and_unaligned_data_convert(void **state) {
  (void)state;
  mer_error err = {0};
  const double values[3] = {0.1, -1e300, 1e-320};
  char bytes[sizeof values + 1];
  memcpy(bytes + 1, values, sizeof values);
  mer_tensor tensor = {"x", MER_DTYPE_F64, 1, {3}, 3, bytes + 1};
  float out[3];
  assert_ok(mer_tensor_to_f32(out, &tensor, &err));
  assert_near(out[0], (double)0.1f, 0);
  assert_true(isinf(out[1]) && out[1] < 0);
  assert_near(out[2], 0, 0);
  tensor.dtype = MER_DTYPE_I64;
  assert_int_equal(mer_tensor_to_f32(out, &tensor, &err), MER_STATUS_UNSUPPORTED);
  assert_non_null(strstr(err.message, "tensor 'x': elements are I64"));
}

static void shapes_are_checked(void **state) {
  (void)state;
  int64_t n;
  assert_true(mer__shape_count(&n, (int64_t[]){2, 3}, 2) && n == 6);
  assert_true(mer__shape_count(&n, NULL, 0) && n == 1);
  assert_true(mer__shape_count(&n, (int64_t[]){5, 0}, 2) && n == 0);
  assert_false(mer__shape_count(&n, (int64_t[]){2, -1}, 2));
  assert_false(mer__shape_count(&n, (int64_t[]){INT64_MAX, 2}, 2));
  assert_false(mer__shape_count(&n, (int64_t[]){0, INT64_MAX, 2}, 3));
}

static void what_is_written_is_read(void **state) {
  (void)state;
  mer_error err = {0};
  const float weights[6] = {1, 2, 3, 4, 5, 6}, scalar = 7;
  const uint16_t halves[3] = {0x3f80, 0x4000, 0x4040};
  const mer_tensor tensors[] = {{"w", MER_DTYPE_F32, 2, {2, 3}, 6, weights},
                                {"none", MER_DTYPE_F32, 2, {0, 3}, 0, NULL},
                                {"b \xc3\xa9\"", MER_DTYPE_BF16, 1, {3}, 3, halves},
                                {"scalar", MER_DTYPE_F32, 0, {0}, 1, &scalar}};
  const mer_metadata metadata[] = {{"format", "pt"}, {"labels", "a,b"}};
  assert_ok(mer_safetensors_write(path, tensors, 4, metadata, 2, &err));
  mer_safetensors *file;
  assert_ok(mer_safetensors_open(&file, path, &err));
  assert_int_equal(mer_safetensors_count(file), 4);
  for (int i = 0; i < 4; i++) {
    const mer_tensor *t = mer_safetensors_find(file, tensors[i].name);
    assert_non_null(t);
    assert_int_equal(t->dtype, tensors[i].dtype);
    assert_int_equal(t->rank, tensors[i].rank);
    assert_memory_equal(t->shape, tensors[i].shape, (size_t)t->rank * sizeof *t->shape);
    assert_int_equal(t->n_elements, tensors[i].n_elements);
    if (t->n_elements)
      assert_memory_equal(t->data, tensors[i].data,
                          (size_t)t->n_elements * mer__dtype_bytes(t->dtype));
  }
  assert_string_equal(mer_safetensors_at(file, 0)->name, "w");
  assert_string_equal(mer_safetensors_at(file, 3)->name, "scalar");
  assert_int_equal((uintptr_t)mer_safetensors_at(file, 0)->data % 64, 0);
  assert_null(mer_safetensors_at(file, 4));
  assert_null(mer_safetensors_at(file, -1));
  assert_null(mer_safetensors_find(file, "other"));
  assert_string_equal(mer_safetensors_metadata(file, "labels"), "a,b");
  assert_null(mer_safetensors_metadata(file, "other"));
  mer_safetensors_close(file);
  mer_safetensors_close(NULL);
}

static void file_without_tensors_is_valid(void **state) {
  (void)state;
  mer_error err = {0};
  mer_safetensors *file;
  assert_ok(mer_safetensors_write(path, NULL, 0, NULL, 0, &err));
  assert_ok(mer_safetensors_open(&file, path, &err));
  assert_int_equal(mer_safetensors_count(file), 0);
  assert_null(mer_safetensors_find(file, "x"));
  assert_null(mer_safetensors_metadata(file, "x"));
  mer_safetensors_close(file);
}

static void what_cannot_be_written_is_named(void **state) {
  (void)state;
  mer_error err = {0};
  const float x[4] = {0};
  const mer_tensor twice[] = {{"a", MER_DTYPE_F32, 1, {4}, 4, x},
                              {"a", MER_DTYPE_F32, 1, {4}, 4, x}};
  assert_int_equal(mer_safetensors_write(path, twice, 2, NULL, 0, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "'a' is given twice"));
  const mer_tensor bad[] = {
      {"a", MER_DTYPE_F32, 1, {4}, 5, x},   {"a", MER_DTYPE_F32, 9, {4}, 4, x},
      {"a", (mer_dtype)99, 1, {4}, 4, x},   {"a", MER_DTYPE_F32, 1, {4}, 4, NULL},
      {NULL, MER_DTYPE_F32, 1, {4}, 4, x},  {"__metadata__", MER_DTYPE_F32, 1, {4}, 4, x},
      {"\xff", MER_DTYPE_F32, 1, {4}, 4, x}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(mer_safetensors_write(path, &bad[i], 1, NULL, 0, &err), MER_STATUS_INVALID);
  const mer_metadata text = {"key", "\xff"};
  assert_int_equal(mer_safetensors_write(path, twice, 1, &text, 1, &err), MER_STATUS_INVALID);
  assert_false(mer__path_is_file(path));
  assert_int_equal(mer_safetensors_write("/proc/nowhere/x", twice, 1, NULL, 0, &err),
                   MER_STATUS_NOT_FOUND);
}

/* Writes a file with this header (and the size `stated` for it) and `n_data` bytes of zeros. */
static void write_raw(const char *header, uint64_t stated, size_t n_data) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fwrite(&stated, 8, 1, file);
  fputs(header, file);
  for (size_t i = 0; i < n_data; i++) fputc(0, file);
  fclose(file);
}

static void malformed(const char *header, uint64_t stated, size_t n_data, mer_status status,
                      const char *message) {
  mer_error err = {0};
  mer_safetensors *file = NULL;
  write_raw(header, stated, n_data);
  mer_status found = mer_safetensors_open(&file, path, &err);
  if (found != status || !strstr(err.message, message) || !strstr(err.message, path) || file)
    fail_msg("%s: %s: '%s', expected %s: '%s'", header, mer_status_name(found), err.message,
             mer_status_name(status), message);
}

#define X(shape, begin, end) \
  "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

static void malformed_files_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *header;
    size_t n_data;
    mer_status status;
    const char *message;
  } cases[] = {
      {"", 0, MER_STATUS_FORMAT, "not a JSON object"},
      {"[]", 0, MER_STATUS_FORMAT, "not a JSON object"},
      {" {}", 0, MER_STATUS_FORMAT, "not a JSON object"},
      {"{", 0, MER_STATUS_FORMAT, "header: "},
      {"{}x", 0, MER_STATUS_FORMAT, "header: "},
      {"{\"\xff\":1}", 0, MER_STATUS_FORMAT, "unable to decode byte 0xff"},
      {"{\"x\\u0000\":1}", 0, MER_STATUS_FORMAT, "header: "},
      {"{\"x\":" X("[1]", 0, 4) ",\"x\":" X("[1]", 4, 8) "}", 8, MER_STATUS_FORMAT, "duplicate"},
      {"{\"__metadata__\":3}", 0, MER_STATUS_FORMAT, "__metadata__ is not an object"},
      {"{\"__metadata__\":{\"a\":3}}", 0, MER_STATUS_FORMAT, "'a' is not a string"},
      {"{}", 4, MER_STATUS_FORMAT, "end at byte 0 of the data, expected 4"},
      {"{\"x\":3}", 0, MER_STATUS_FORMAT, "tensor 'x': no JSON object"},
      {"{\"x\":{}}", 0, MER_STATUS_FORMAT, "tensor 'x': no dtype"},
      {"{\"x\":{\"dtype\":1}}", 0, MER_STATUS_FORMAT, "tensor 'x': no dtype"},
      {"{\"x\":{\"dtype\":\"C64\"}}", 0, MER_STATUS_UNSUPPORTED,
       "tensor 'x': dtype 'C64' is not supported, only F32, F16, "},
      {"{\"x\":{\"dtype\":\"F32\"}}", 0, MER_STATUS_FORMAT, "tensor 'x': no shape"},
      {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, MER_STATUS_FORMAT, "data_offsets is not"},
      {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, MER_STATUS_FORMAT,
       "data_offsets is not"},
      {"{\"x\":" X("[1]", 0, 4.0) "}", 4, MER_STATUS_FORMAT, "data_offsets is not"},
      {"{\"x\":" X("[1,1,1,1,1,1,1,1,1]", 0, 4) "}", 4, MER_STATUS_UNSUPPORTED, "9 dimensions"},
      {"{\"x\":" X("[2,-1]", 0, 4) "}", 4, MER_STATUS_FORMAT, "dimension 1 is not"},
      {"{\"x\":" X("[1.5]", 0, 4) "}", 4, MER_STATUS_FORMAT, "dimension 0 is not"},
      {"{\"x\":" X("[\"1\"]", 0, 4) "}", 4, MER_STATUS_FORMAT, "dimension 0 is not"},
      {"{\"x\":" X("[99999999999999999999]", 0, 4) "}", 4, MER_STATUS_FORMAT, "header: "},
      {"{\"x\":" X("[4294967296,4294967296]", 0, 0) "}", 0, MER_STATUS_FORMAT, "too many elements"},
      {"{\"x\":" X("[4611686018427387904]", 0, 0) "}", 0, MER_STATUS_FORMAT, "0 bytes of data"},
      {"{\"x\":" X("[0,4611686018427387904,4]", 0, 0) "}", 0, MER_STATUS_FORMAT,
       "too many elements"},
      {"{\"x\":" X("[1]", -4, 0) "}", 4, MER_STATUS_FORMAT, "data_offsets -4 to 0"},
      {"{\"x\":" X("[1]", 4, 0) "}", 4, MER_STATUS_FORMAT, "data_offsets 4 to 0"},
      {"{\"x\":" X("[2]", 0, 8) "}", 4, MER_STATUS_FORMAT, "data_offsets 0 to 8, the data has 4"},
      {"{\"x\":" X("[2]", 0, 4) "}", 4, MER_STATUS_FORMAT,
       "4 bytes of data, expected 2 elements of F32"},
      {"{\"x\":" X("[1]", 4, 8) "}", 8, MER_STATUS_FORMAT, "begins at 4, expected 0: a hole"},
      {"{\"x\":" X("[1]", 0, 4) ",\"y\":" X("[1]", 8, 12) "}", 12, MER_STATUS_FORMAT,
       "'y': data begins"},
      {"{\"x\":" X("[2]", 0, 8) ",\"y\":" X("[2]", 4, 12) "}", 12, MER_STATUS_FORMAT,
       "tensors overlap"},
      {"{\"x\":" X("[1]", 0, 4) "}", 8, MER_STATUS_FORMAT, "end at byte 4 of the data, expected 8"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    malformed(cases[i].header, strlen(cases[i].header), cases[i].n_data, cases[i].status,
              cases[i].message);
}

static void wrong_header_sizes_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer_safetensors *file;
  malformed("{}", 100000001, 0, MER_STATUS_LIMIT, "header of 100000001 bytes");
  malformed("{}", UINT64_MAX, 0, MER_STATUS_LIMIT, "header of 18446744073709551615 bytes");
  malformed("{}", 3, 0, MER_STATUS_FORMAT, "truncated: header of 3 bytes in a file of 10");
  malformed("{}", 1, 0, MER_STATUS_FORMAT, "header: ");
  assert_ok(mer__file_write(path, "1234567", 7, &err));
  assert_int_equal(mer_safetensors_open(&file, path, &err), MER_STATUS_FORMAT);
  assert_ok(mer__file_write(path, "", 0, &err));
  assert_int_equal(mer_safetensors_open(&file, path, &err), MER_STATUS_FORMAT);
  assert_int_equal(mer_safetensors_open(&file, "/proc/nowhere/x", &err), MER_STATUS_NOT_FOUND);
  assert_int_equal(mer_safetensors_open(&file, "/tmp", &err), MER_STATUS_IO);
}

static void tensors_in_any_order_are_accepted(void **state) {
  (void)state;
  mer_error err = {0};
  mer_safetensors *file;
  const char *header =
      "{\"z\":" X("[2]", 4, 12) ",\"e\":" X("[0]", 4, 4) ",\"a\":" X("[]", 0, 4) "}  ";
  write_raw(header, strlen(header), 12);
  assert_ok(mer_safetensors_open(&file, path, &err));
  assert_string_equal(mer_safetensors_at(file, 0)->name, "a");
  assert_string_equal(mer_safetensors_at(file, 1)->name, "e");
  assert_string_equal(mer_safetensors_at(file, 2)->name, "z");
  mer_safetensors_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(halves_convert_exactly),
      cmocka_unit_test(doubles_and_unaligned_data_convert),
      cmocka_unit_test(shapes_are_checked),
      cmocka_unit_test_setup_teardown(what_is_written_is_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(file_without_tensors_is_valid, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_cannot_be_written_is_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(malformed_files_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_header_sizes_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(tensors_in_any_order_are_accepted, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
