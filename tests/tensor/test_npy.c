/* test_npy.c: NumPy's files: written and read back, other element types, and malformed ones. */
#include "base/alloc.h"
#include "base/file.h"
#include "mer/tensor.h"
#include "test_support.h"

static char folder[64], path[128];

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/x.npy", folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

static void what_is_written_is_read(void **state) {
  (void)state;
  mer_error err = {0};
  const float values[6] = {1, -2, 3.5f, INFINITY, 0, 1e-40f};
  const int64_t shapes[][3] = {{6, 1, 1}, {2, 3, 1}, {1, 2, 3}, {0, 5, 1}};
  for (int rank = 0; rank < 4; rank++) {
    for (size_t i = 0; i < 4; i++) {
      float *data;
      int64_t shape[MER_MAX_RANK], n = 1;
      int found;
      assert_ok(mer_npy_write(path, values, shapes[i], rank, &err));
      assert_ok(mer_npy_read(&data, shape, &found, path, &err));
      assert_int_equal(found, rank);
      for (int k = 0; k < rank; k++) n *= shape[k];
      assert_memory_equal(shape, shapes[i], (size_t)rank * sizeof *shape);
      assert_memory_equal(data, values, (size_t)n * sizeof *data);
      mer_npy_free(data);
      memset(shape, -1, sizeof shape);
      assert_ok(mer_npy_read(NULL, shape, &found, path, &err)); /* what it has, alone */
      assert_int_equal(found, rank);
      assert_memory_equal(shape, shapes[i], (size_t)rank * sizeof *shape);
    }
  }
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_size % 64, 0); /* the last one has no elements: its header is aligned */
}

/* All numbers fit into the header, by which an array of mer's is known. */
static void headers_have_one_size(void **state) {
  (void)state;
  mer_error err = {0};
  const int64_t shape[MER_MAX_RANK] = {0, 10, 100, 100, 1000, 1000, 10000, 10};
  int64_t found[MER_MAX_RANK];
  for (int rank = 1; rank <= MER_MAX_RANK; rank++) {
    char *file;
    float *data;
    size_t size;
    int n_dimensions;
    assert_ok(mer_npy_write(path, NULL, shape, rank, &err));
    assert_ok(mer__file_read(&file, &size, path, 1000, &err));
    assert_int_equal(size, 256);
    assert_memory_equal(file, MER_NPY_START, MER_NPY_START_BYTES);
    assert_int_equal(file[255], '\n');
    mer__free(file);
    assert_ok(mer_npy_read(&data, found, &n_dimensions, path, &err));
    assert_memory_equal(found, shape, (size_t)rank * sizeof *shape);
    mer_npy_free(data);
  }
}

static void parts_make_the_whole(void **state) {
  (void)state;
  mer_error err = {0};
  const float values[6] = {1, 2, 3, 4, 5, 6};
  const int64_t shape[2] = {2, 3};
  char *whole, *parts;
  size_t size, size_parts;
  mer_npy_writer *writer;
  assert_ok(mer_npy_write(path, values, shape, 2, &err));
  assert_ok(mer__file_read(&whole, &size, path, 1000, &err));
  assert_int_equal(remove(path), 0);
  for (int n_added = 5; n_added <= 6; n_added++) {
    assert_ok(mer_npy_writer_open(&writer, path, shape, 2, NULL, &err));
    assert_ok(mer_npy_writer_add(writer, values, 4, &err));
    assert_int_equal(mer_npy_writer_add(writer, values, 3, &err), MER_STATUS_INVALID);
    assert_ok(mer_npy_writer_add(writer, values + 4, n_added - 4, &err));
    assert_int_equal(mer_npy_writer_commit(writer, &err),
                     n_added == 6 ? MER_OK : MER_STATUS_INVALID);
    mer_npy_writer_close(writer);
    assert_int_equal(mer__path_is_file(path), n_added == 6);
  }
  assert_ok(mer__file_read(&parts, &size_parts, path, 1000, &err));
  assert_int_equal(size_parts, size);
  assert_memory_equal(parts, whole, size);
  mer__free(whole);
  mer__free(parts);
}

/* A file of this version with this header and `n_data` bytes. */
static void write_raw(int version, const char *header, const void *data, size_t n_data) {
  FILE *file = fopen(path, "wb");
  uint32_t size = (uint32_t)strlen(header);
  const uint8_t prefix[8] = {0x93, 'N', 'U', 'M', 'P', 'Y', (uint8_t)version, 0};
  assert_non_null(file);
  fwrite(prefix, 1, 8, file);
  fwrite(&size, 1, version == 1 ? 2 : 4, file);
  fputs(header, file);
  fwrite(data, 1, n_data, file);
  fclose(file);
}

static void check_values(const char *what, int version, const char *header, const void *bytes,
                         size_t n_bytes) {
  mer_error err = {0};
  float *data;
  int64_t shape[MER_MAX_RANK];
  int rank;
  write_raw(version, header, bytes, n_bytes);
  if (mer_npy_read(&data, shape, &rank, path, &err) != MER_OK)
    fail_msg("%s: %s", what, err.message);
  assert_int_equal(rank, 2);
  assert_int_equal(shape[0], 1);
  assert_int_equal(shape[1], 2);
  assert_near(data[0], 1.5, 0);
  assert_near(data[1], -2, 0);
  mer_npy_free(data);
}

static void versions_and_types_are_read(void **state) {
  (void)state;
  const float f4[2] = {1.5f, -2};
  const double f8[2] = {1.5, -2};
  const uint16_t f2[2] = {0x3e00, 0xc000};
  check_values("f4", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n", f4, 8);
  check_values("f8", 2, "{'descr':'<f8','fortran_order':False,'shape':(1,2)}", f8, 16);
  check_values("f2", 3, "{\"shape\": (1, 2,), 'fortran_order': False, 'descr': '<f2'}   \n", f2, 4);
}

/* The array {{1, 2, 3}, {-4, 5, 100}} in every form that NumPy writes. */
static void check_array(const char *descr, const char *order, const void *bytes, size_t n_bytes) {
  static const float expected[2][2][3] = {{{1, 2, 3}, {-4, 5, 100}}, {{1, 2, 3}, {4, 5, 100}}};
  mer_error err = {0};
  float *data;
  int64_t shape[MER_MAX_RANK];
  int rank;
  char header[128];
  snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': (2, 3), }", descr,
           order);
  write_raw(1, header, bytes, n_bytes);
  if (mer_npy_read(&data, shape, &rank, path, &err) != MER_OK)
    fail_msg("%s: %s", descr, err.message);
  assert_int_equal(rank, 2);
  assert_int_equal(shape[0], 2);
  if (memcmp(data, expected[strchr(descr, 'u') != NULL], sizeof expected[0]) != 0)
    fail_msg("%s, %s: %g %g %g %g %g %g", descr, order, (double)data[0], (double)data[1],
             (double)data[2], (double)data[3], (double)data[4], (double)data[5]);
  mer_npy_free(data);
}

static void every_numeric_type_is_read(void **state) {
  (void)state;
  const int8_t i1[] = {1, 2, 3, -4, 5, 100}, i1_fortran[] = {1, -4, 2, 5, 3, 100};
  const uint8_t u1[] = {1, 2, 3, 4, 5, 100};
  const int64_t i8[] = {1, 2, 3, -4, 5, 100};
  const uint64_t u8[] = {1, 2, 3, 4, 5, 100};
  const int32_t i4[] = {1, 2, 3, -4, 5, 100};
  const double f8_fortran[] = {1, -4, 2, 5, 3, 100};
  check_array("|i1", "False", i1, sizeof i1);
  check_array("|i1", "True", i1_fortran, sizeof i1_fortran);
  check_array("|u1", "False", u1, sizeof u1);
  check_array("<i8", "False", i8, sizeof i8);
  check_array("=i4", "False", i4, sizeof i4);
  check_array("<u8", "False", u8, sizeof u8);
  check_array("<f8", "True", f8_fortran, sizeof f8_fortran);
  const uint8_t big_i2[] = {0, 1, 0, 2, 0, 3, 0xff, 0xfc, 0, 5, 0, 100};
  check_array(">i2", "False", big_i2, sizeof big_i2);
  const uint8_t big_f4[] = {0x3f, 0x80, 0, 0, 0x40, 0,    0, 0, 0x40, 0x40, 0, 0,
                            0xc0, 0x80, 0, 0, 0x40, 0xa0, 0, 0, 0x42, 0xc8, 0, 0};
  check_array(">f4", "False", big_f4, sizeof big_f4);
}

/* More than one block, three dimensions: x[i, j, k] = 100 i + 10 j + k. */
static void fortran_order_is_turned(void **state) {
  (void)state;
  enum { A = 3, B = 5, C = 2000 };
  float *bytes = malloc(A * B * C * sizeof *bytes), *data;
  size_t n = 0;
  for (int k = 0; k < C; k++)
    for (int j = 0; j < B; j++)
      for (int i = 0; i < A; i++) bytes[n++] = (float)(10000 * (10 * i + j) + k);
  write_raw(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 5, 2000)}", bytes,
            n * sizeof *bytes);
  free(bytes);
  mer_error err = {0};
  int64_t shape[MER_MAX_RANK];
  int rank;
  assert_ok(mer_npy_read(&data, shape, &rank, path, &err));
  const float *at = data;
  for (int i = 0; i < A; i++)
    for (int j = 0; j < B; j++)
      for (int k = 0; k < C; k++) assert_near(*at++, 10000 * (10 * i + j) + k, 0);
  mer_npy_free(data);
}

static void malformed_files_are_refused(void **state) {
  (void)state;
#define START "{'descr': '<f4', 'fortran_order': False, 'shape': "
  static const struct {
    const char *header;
    mer_status status;
    const char *message;
  } cases[] = {
      {"", MER_STATUS_FORMAT, "expected '{'"},
      {"{}", MER_STATUS_FORMAT, "expected descr"},
      {"{'descr': '<f4'}", MER_STATUS_FORMAT, "expected descr"},
      {"{'descr': '<f4', 'descr': '<f4'}", MER_STATUS_FORMAT, "once each"},
      {"{'other': 1}", MER_STATUS_FORMAT, "once each"},
      {"{'descr' '<f4'}", MER_STATUS_FORMAT, "expected ':'"},
      {"{'descr': '<f4", MER_STATUS_FORMAT, "a quoted word"},
      {"{'descr': [('a', '<f4')]", MER_STATUS_UNSUPPORTED, "structured"},
      {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", MER_STATUS_UNSUPPORTED, "'<c8'"},
      {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", MER_STATUS_UNSUPPORTED, "'|O'"},
      {"{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", MER_STATUS_UNSUPPORTED,
       "'<f16'"},
      {"{'descr': '|f1', 'fortran_order': False, 'shape': (8,)}", MER_STATUS_UNSUPPORTED, "'|f1'"},
      {"{'descr': '<i3', 'fortran_order': False, 'shape': (1,)}", MER_STATUS_UNSUPPORTED, "'<i3'"},
      {"{'descr': '', 'fortran_order': False, 'shape': (1,)}", MER_STATUS_UNSUPPORTED, "''"},
      {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", MER_STATUS_FORMAT, "True or False"},
      {START "2}", MER_STATUS_FORMAT, "parentheses"},
      {START "(-2,)}", MER_STATUS_FORMAT, "whole numbers"},
      {START "(99999999999999999999,)}", MER_STATUS_FORMAT, "whole numbers"},
      {START "(1 2)}", MER_STATUS_FORMAT, "after a dimension"},
      {START "(1,1,1,1,1,1,1,1,1)}", MER_STATUS_UNSUPPORTED, "more than 8"},
      {START "(4294967296, 4294967296)}", MER_STATUS_FORMAT, "too many elements"},
      {START "(3,)}", MER_STATUS_FORMAT, "8 bytes of elements, expected 12"},
      {START "(1,)}", MER_STATUS_FORMAT, "8 bytes of elements, expected 4"},
      {START "(2,)", MER_STATUS_FORMAT, "',' or '}'"},
      {START "(2,", MER_STATUS_FORMAT, "whole numbers"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mer_error err = {0};
    float *data;
    int64_t shape[MER_MAX_RANK];
    int rank;
    write_raw(1, cases[i].header, "12345678", 8);
    mer_status status = mer_npy_read(&data, shape, &rank, path, &err);
    if (status != cases[i].status || !strstr(err.message, cases[i].message) || data ||
        !strstr(err.message, path))
      fail_msg("%s: %s: '%s'", cases[i].header, mer_status_name(status), err.message);
  }
}

static void refuse_bytes(const void *bytes, size_t n, mer_status status) {
  mer_error err = {0};
  float *data;
  int64_t shape[MER_MAX_RANK];
  int rank;
  assert_ok(mer__file_write(path, bytes, n, &err));
  assert_int_equal(mer_npy_read(&data, shape, &rank, path, &err), status);
  assert_int_equal(mer_npy_read(NULL, shape, &rank, path, &err), status);
}

static void wrong_beginnings_are_refused(void **state) {
  (void)state;
  refuse_bytes("", 0, MER_STATUS_FORMAT);
  refuse_bytes("PK\x03\x04 an archive", 15, MER_STATUS_FORMAT);
  refuse_bytes("\x93NUMPY\x01\x00", 8, MER_STATUS_FORMAT);
  refuse_bytes("\x93NUMPY\x04\x00\x00\x00\x00\x00", 12, MER_STATUS_UNSUPPORTED);
  refuse_bytes("\x93NUMPY\x01\x00\xff\x00{}", 12, MER_STATUS_FORMAT);
  refuse_bytes("\x93NUMPY\x02\x00\xff\x00", 10, MER_STATUS_FORMAT);
  refuse_bytes("\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14, MER_STATUS_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(headers_have_one_size, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_written_is_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(parts_make_the_whole, set_up, tear_down),
      cmocka_unit_test_setup_teardown(versions_and_types_are_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(every_numeric_type_is_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(fortran_order_is_turned, set_up, tear_down),
      cmocka_unit_test_setup_teardown(malformed_files_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_beginnings_are_refused, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
