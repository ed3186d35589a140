/* test_object_file.c: rows of a table as JSON objects, as they come: what table.c reads of the
 * whole file; faults of one row are that row's alone. */
#include <fcntl.h>

#include "base/text_buffer.h"
#include "data_support.h"
#include "mer/data.h"

static mer__text_buffer found; /* what is given, a line for each object */

static int clear(void **state) {
  mer__text_clear(&found);
  return tear_down(state);
}

static mer_status read_as(mer_object_kind kind, const char *data, size_t size, mer_error *err) {
  mer_object_file *file;
  const mer_line *objects;
  int n = 0;
  mer__text_clear(&found);
  put_bytes("t", data, size);
  mer_status status = mer_object_file_open(&file, in_folder("t"), kind, 100, err);
  while (status == MER_OK) {
    status = mer_object_file_next(&objects, &n, file, err);
    if (status != MER_OK || n == 0) break;
    for (int i = 0; i < n; i++) {
      assert_int_equal(strlen(objects[i].text), objects[i].size);
      mer__text_printf(&found, "%lld %s%s\n", (long long)objects[i].number, objects[i].text,
                       objects[i].fault ? objects[i].fault : "");
    }
  }
  mer_object_file_close(file);
  return status;
}

static void expect(const char *data, const char *objects) {
  mer_error err = {0};
  assert_ok(read_as(MER_OBJECTS_ANY, data, strlen(data), &err));
  assert_string_equal(found.data ? found.data : "", objects);
}

static void rows_are_objects(void **state) {
  (void)state;
  expect("Text, ID ,more\nhi,1,x\n\n\"a, \"\"b\"\"\r\nc\" ,2,y\n ,3,\n,,\n",
         "2 {\"id\":\"1\",\"text\":\"hi\"}\n"
         "4 {\"id\":\"2\",\"text\":\"a, \\\"b\\\"\\nc\"}\n"
         "6 {\"id\":\"3\"}\n");
  expect("\xef\xbb\xbfsep=;\r\n\r\n;;\r\ntext;id\r\na,b;1\r\n",
         "5 {\"id\":\"1\",\"text\":\"a,b\"}\n");
  expect("text\tspeaker\tdialogue\n a \tAnn\t7",
         "2 {\"text\":\"a\",\"dialogue\":\"7\","
         "\"speaker\":\"Ann\"}\n");
  expect("\"te\nxt\",id\nx,1\n", "3 {\"id\":\"1\"}\n");
}

static void lines_of_json_are_themselves(void **state) {
  (void)state;
  expect("\n  {\"text\": 1}\n\nnot JSON\n", "1 \n2   {\"text\": 1}\n3 \n4 not JSON\n");
  expect("", "");
  mer_error err = {0};
  assert_ok(read_as(MER_OBJECTS_JSON, "text\nhi\n", 8, &err));
  assert_string_equal(found.data, "1 text\n2 hi\n");
  assert_ok(read_as(MER_OBJECTS_TABLE, "text\n{\n", 7, &err));
  assert_string_equal(found.data, "2 {\"text\":\"{\"}\n");
}

static void a_fault_is_of_its_row_alone(void **state) {
  (void)state;
  mer_error err = {0};
  expect("text,id\na,1,2\nb,2\nc\nd\re,3\n\"f,4\ng,5\n",
         "2 another number of fields than the header has\n"
         "3 {\"id\":\"2\",\"text\":\"b\"}\n"
         "4 another number of fields than the header has\n"
         "5 a field or a line's end that cannot be read\n"
         "6 a quoted field is not closed\n");
  static const char zero[] = "text,id\na\0b,1\nc,2\n";
  assert_ok(read_as(MER_OBJECTS_ANY, zero, sizeof zero - 1, &err));
  assert_string_equal(found.data,
                      "2 a zero byte in the line\n"
                      "3 {\"id\":\"2\",\"text\":\"c\"}\n");
}

static void a_table_needs_a_header(void **state) {
  (void)state;
  mer_error err = {0};
  static const char *const faults[][2] = {{"a,b\n1,2\n", "t:1: no known column"},
                                          {"\ntext,Text\n1,2\n", "t:2: column 'text' is there"},
                                          {"\"text,id\n1,2\n", "t:1: a quoted field is not"}};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    assert_int_equal(read_as(MER_OBJECTS_ANY, faults[i][0], strlen(faults[i][0]), &err),
                     MER_STATUS_FORMAT);
    assert_non_null(strstr(err.message, faults[i][1]));
  }
  assert_int_equal(read_as(MER_OBJECTS_TABLE, "\n", 1, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "t: empty"));
}

/* What there is is given before more is waited for. */
static void rows_come_as_they_are_written(void **state) {
  (void)state;
  mer_object_file *file;
  const mer_line *objects;
  int n;
  mer_error err = {0};
  assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
  const int both = open(in_folder("pipe"), O_RDWR);
  assert_true(both >= 0);
  assert_ok(mer_object_file_open(&file, in_folder("pipe"), MER_OBJECTS_ANY, 100, &err));
  static const char *const parts[] = {"text\none\n\"two\n", "too\"\nthree\n"};
  static const char *const expected[] = {"{\"text\":\"one\"}", "{\"text\":\"two\\ntoo\"}"};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(write(both, parts[i], strlen(parts[i])), strlen(parts[i]));
    assert_ok(mer_object_file_next(&objects, &n, file, &err));
    assert_int_equal(n, 1 + i);
    assert_string_equal(objects[0].text, expected[i]);
  }
  close(both);
  mer_object_file_close(file);
  unlink(in_folder("pipe"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, clear)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(rows_are_objects), TEST(lines_of_json_are_themselves), TEST(a_fault_is_of_its_row_alone),
      TEST(a_table_needs_a_header), TEST(rows_come_as_they_are_written)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
