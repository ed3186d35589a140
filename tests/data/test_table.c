/* test_table.c: tables as they come: quotes, newlines, byte-order mark, other encodings, faults. */
#include "data/cells.h"
#include "data/table.h"
#include "data_support.h"

static mer__table table;
static mer__text_buffer bytes;
static const char *const keys[] = {"text", "label", "start"}; /* of JSON lines */

static mer_status read_table(const char *data, size_t size, mer_error *err) {
  put_bytes("t.csv", data, size);
  mer__text_clear(&bytes);
  mer__table_clear(&table);
  return mer__table_read(&table, &bytes, in_folder("t.csv"), keys, 3, err);
}

static int clear(void **state) {
  mer__text_clear(&bytes);
  mer__table_clear(&table);
  return tear_down(state);
}

static void assert_cell(int64_t row, const char *column, const char *expected) {
  const char *cell = mer__table_cell(&table, row, mer__table_column(&table, column));
  assert_true(!cell == !expected);
  if (cell) assert_string_equal(cell, expected);
}

static void quotes_and_newlines_are_read(void **state) {
  (void)state;
  mer_error err = {0};
  const char text[] =
      "\xef\xbb\xbf Name ,TEXT,n\r\n"
      "a,\"one, \"\"two\"\"\r\nthree\n\nfour\",1\r\n"
      "\r\n"
      "b,,2\r\n"
      "\"x\ny\",  spaces  ,3";
  assert_ok(read_table(text, sizeof text - 1, &err));
  assert_int_equal(table.n_rows, 3);
  assert_int_equal(table.n_columns, 3);
  assert_cell(0, "name", "a");
  assert_cell(0, "text", "one, \"two\"\r\nthree\n\nfour");
  assert_cell(1, "Text", NULL);
  assert_cell(1, "N", "2");
  assert_cell(2, "name", "x\ny");
  assert_cell(2, "text", "spaces");
  assert_cell(2, "other", NULL);
  assert_int_equal(mer__table_line(&table, 0), 2);
  assert_int_equal(mer__table_line(&table, 1), 7);
  assert_int_equal(mer__table_line(&table, 2), 8);
  assert_int_equal(bytes.size, sizeof text - 1);
}

static void other_line_ends_are_read(void **state) {
  (void)state;
  mer_error err = {0};
  assert_ok(read_table("a,b\r1,2\r3,4\r", 12, &err));
  assert_int_equal(table.n_rows, 2);
  assert_int_equal(mer__table_line(&table, 1), 3);
  assert_ok(read_table("a\nx\n\n\ny\n", 8, &err));
  assert_int_equal(table.n_rows, 2);
  assert_int_equal(mer__table_line(&table, 1), 5);
  assert_ok(read_table("a,b", 3, &err));
  assert_int_equal(table.n_rows, 0);
}

static void bytes_of_windows_1252_become_utf8(void **state) {
  (void)state;
  mer_error err = {0};
  const char text[] = "a,b\nit\x92s \x80\xe9,it\xe2\x80\x99s \xc3\xa9\n\x81\xff,x\xed\xa0\x80\n";
  assert_ok(read_table(text, sizeof text - 1, &err));
  assert_cell(0, "a", "it\xe2\x80\x99s \xe2\x82\xac\xc3\xa9");
  assert_cell(0, "b", "it\xe2\x80\x99s \xc3\xa9");
  assert_cell(1, "a", "\xc2\x81\xc3\xbf");
  assert_cell(1, "b", "x\xc3\xad\xc2\xa0\xe2\x82\xac"); /* a surrogate is not UTF-8 */
}

static void a_table_in_utf16_is_read(void **state) {
  (void)state;
  mer_error err = {0};
  const char ascii[] = "text,n\n\"one\ntwo\",1\n";
  char wide[2 * sizeof ascii] = "\xff\xfe";
  for (size_t i = 0; ascii[i]; i++) wide[2 + 2 * i] = ascii[i];
  assert_ok(read_table(wide, 2 * sizeof ascii, &err));
  assert_cell(0, "text", "one\ntwo");
  assert_cell(0, "n", "1");
  assert_int_equal(bytes.size, 2 * sizeof ascii);
}

static void other_delimiters_are_found(void **state) {
  (void)state;
  static const char *const forms[] = {"a;b\n1,5;two\n",
                                      "a\tb\n1,5\ttwo\n",
                                      "sep=;\r\na;b\r\n1,5;two\r\n",
                                      "\"sep=|\"\na|b\n1,5|two\n",
                                      "\n\n\"a\";\"b\"\n1,5;\"two\"",
                                      "a,b\n\"1,5\",two\n",
                                      "SEP=,\na,b\n\"1,5\", two \n"};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    mer_error err = {0};
    assert_ok(read_table(forms[i], strlen(forms[i]), &err));
    assert_int_equal(table.n_columns, 2);
    assert_int_equal(table.n_rows, 1);
    assert_cell(0, "a", "1,5");
    assert_cell(0, "b", "two");
  }
  mer_error err = {0};
  assert_ok(read_table("sep=;\na;b\n\n1;2\n", 15, &err));
  assert_int_equal(mer__table_line(&table, 0), 4);
  assert_ok(
      read_table("a\tb\n\t2\n", 7, &err)); /* a tab is not a blank where it is the delimiter */
  assert_cell(0, "a", NULL);
  assert_cell(0, "b", "2");
}

static void blank_rows_are_skipped(void **state) {
  (void)state;
  mer_error err = {0};
  const char text[] = " ,\na,b\n,\n1,2\n , \n\"\",\n,,,,\n  \n3,\n\n";
  assert_ok(read_table(text, sizeof text - 1, &err));
  assert_int_equal(table.n_rows, 2);
  assert_cell(0, "b", "2");
  assert_cell(1, "a", "3");
  assert_int_equal(mer__table_line(&table, 0), 4);
  assert_int_equal(mer__table_line(&table, 1), 9);
}

/* A quote that neither is doubled nor ends its field is a character. */
static void stray_quotes_are_characters(void **state) {
  (void)state;
  mer_error err = {0};
  const char text[] = "a,b\n\"he said \"no\" twice\",5\" x\n\"x\" ,\" y \"\n";
  assert_ok(read_table(text, sizeof text - 1, &err));
  assert_cell(0, "a", "he said \"no\" twice");
  assert_cell(0, "b", "5\" x");
  assert_cell(1, "a", "x");
  assert_cell(1, "b", " y ");
}

static void json_lines_are_a_table(void **state) {
  (void)state;
  mer_error err = {0};
  const char text[] =
      "\xef\xbb\xbf\n{\"text\": \"caf\\u00e9, \\\"x\\\"\\n\", \"start\": 4800.256, \"other\": "
      "[1]}\r\n"
      "\n{\"start\": null, \"text\": \"\"}\n{\"start\": 3}";
  assert_ok(read_table(text, sizeof text - 1, &err));
  assert_int_equal(table.n_rows, 3);
  assert_cell(0, "text", "caf\xc3\xa9, \"x\"\n");
  assert_cell(0, "start", "4800.256");
  assert_cell(1, "start", NULL);
  assert_cell(1, "text", NULL);
  assert_cell(2, "start", "3");
  assert_int_equal(mer__table_column(&table, "label"), -1); /* no object has it */
  assert_int_equal(mer__table_line(&table, 0), 2);
  assert_int_equal(mer__table_line(&table, 2), 5);
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"{\"text\": 1}\n{\"text\": [1]}\n", "t.csv:2: expected a text or a number: text"},
      {"{\"text\": \"a\"}\n\n{\"text\"", "t.csv:3: expected a JSON object: "},
      {"{\"text\": \"a\"}\n[1]\n", "t.csv:2: expected a JSON object"},
      {"{\"text\": \"a\", \"text\": \"b\"}\n", "t.csv:1: expected a member once: text"},
      {"{\"text\": \"a\\u0000b\"}\n", "t.csv:1: expected a text without a zero byte: text"},
      {"{\"start\": NaN}\n", "t.csv:1: expected a text or a number: start"},
      {"{\"start\": [1]}\n", "t.csv:1: expected a text or a number: start"},
      {"{\"start\": 01}\n", "t.csv:1: expected a JSON object: ',' or '}' expected at byte 12"},
      {"[{\"text\": \"a\"}]\n", "t.csv: a JSON array: expected CSV with a header, or JSON lines"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mer_status status = read_table(cases[i].text, strlen(cases[i].text), &err);
    if (status != MER_STATUS_FORMAT || !strstr(err.message, cases[i].message))
      fail_msg("'%s': %s, expected %s", cases[i].text, err.message, cases[i].message);
  }
}

static void faults_name_file_and_line(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "t.csv: empty: expected a header"},
      {"\n\r\n", "t.csv: empty: expected a header"},
      {"\xef\xbb\xbf", "t.csv: empty: expected a header"},
      {"a,b\n1,2\n\"x\ny\",2\n3\n", "t.csv:5: 1 fields, expected 2"},
      {"a,b\n1,2,3\n", "t.csv:2: 3 fields, expected 2"},
      {"a,b\n1,2\n3,\"4\n5,6\n7,8", "t.csv:3: a quoted field is not closed"},
      {"a,b, A \n1,2,3\n", "t.csv:1: column 'a' is there twice"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mer_error err = {0};
    mer_status status = read_table(cases[i].text, strlen(cases[i].text), &err);
    if (status != MER_STATUS_FORMAT || !strstr(err.message, cases[i].message))
      fail_msg("'%s': %s, expected %s", cases[i].text, err.message, cases[i].message);
  }
  mer_error err = {0};
  assert_int_equal(read_table("a,b\n1,2\n3\0,4\n", 13, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "t.csv:3: a zero byte: expected a text"));
  mer__table_clear(&table);
  assert_int_equal(mer__table_read(&table, &bytes, in_folder("none.csv"), NULL, 0, &err),
                   MER_STATUS_NOT_FOUND);
}

static void too_large_fields_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  size_t size = (1 << 21) + 8;
  char *text = malloc(size);
  memset(text, 'x', size);
  memcpy(text, "a\n1\n", 4);
  text[size - 1] = '\n';
  assert_int_equal(read_table(text, size, &err), MER_STATUS_LIMIT);
  assert_non_null(strstr(err.message, "t.csv:3: "));
  for (size_t i = 4; i < size; i += 80) text[i] = i == 4 ? '"' : '\n'; /* a quote is not closed */
  assert_int_equal(read_table(text, size, &err), MER_STATUS_LIMIT);
  assert_non_null(strstr(err.message, "t.csv:3: "));
  memset(text, ',', 5000);
  assert_int_equal(read_table(text, 5000, &err), MER_STATUS_LIMIT);
  free(text);
}

/* A sparse file, whose bytes are never read. */
static void too_large_tables_say_so(void **state) {
  (void)state;
  mer_error err = {0};
  put("t.csv", "a,b\n");
  assert_int_equal(truncate(in_folder("t.csv"), ((off_t)1 << 30) + 1), 0);
  mer__table_clear(&table);
  assert_int_equal(mer__table_read(&table, &bytes, in_folder("t.csv"), NULL, 0, &err),
                   MER_STATUS_LIMIT);
  assert_non_null(strstr(err.message, "t.csv: 1073741825 bytes, at most 1073741824 are read"));
}

static void numbers_and_times_are_read(void **state) {
  (void)state;
  int64_t n;
  assert_true(mer__cell_integer(&n, " 12 ") && n == 12);
  static const char *const no_integers[] = {"", "-1", "1.0", "x", "99999999999999999999", NULL};
  for (size_t i = 0; i < sizeof no_integers / sizeof *no_integers; i++)
    assert_false(mer__cell_integer(&n, no_integers[i]));
  assert_near(mer__cell_time("00:16:16,059"), 976.059, 0);
  assert_near(mer__cell_time("1:00:00.5"), 3600.5, 0);
  assert_near(mer__cell_time("00:00:57,304"), 57.304, 0);
  assert_near(mer__cell_time("0.1234567890123456789012345"), 0.123456789012345678, 1e-15);
  assert_near(mer__cell_time("1700000000.123"), 1700000000.123, 0);
  assert_true(isnan(mer__cell_time("99999999999999999.5")));
  assert_near(mer__cell_time("01:12"), 72, 0);
  assert_near(mer__cell_time("12,25 "), 12.25, 0);
  assert_near(mer__cell_time("1.2e3"), 1200, 0);
  assert_near(mer__cell_time("1E+5"), 100000, 0);
  assert_near(mer__cell_time("976059e-3"), 976.059, 0);
  assert_near(mer__cell_time("1.5e-300"), 0, 1e-299);
  assert_near(mer__cell_time("0e300"), 0, 0);
  static const char *const no_times[] = {
      "",     "abc", "-1", "1:",    ":1",   "1:2:3:4", "1.2.3", "nan",
      "1e",   "1e+", "e1", "1:2e1", "1e17", "1e999",   "1e1.5", "1e99999999999999999999",
      "1ee1", NULL};
  for (size_t i = 0; i < sizeof no_times / sizeof *no_times; i++)
    assert_true(isnan(mer__cell_time(no_times[i])));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(quotes_and_newlines_are_read, set_up, clear),
      cmocka_unit_test_setup_teardown(other_line_ends_are_read, set_up, clear),
      cmocka_unit_test_setup_teardown(bytes_of_windows_1252_become_utf8, set_up, clear),
      cmocka_unit_test_setup_teardown(a_table_in_utf16_is_read, set_up, clear),
      cmocka_unit_test_setup_teardown(other_delimiters_are_found, set_up, clear),
      cmocka_unit_test_setup_teardown(blank_rows_are_skipped, set_up, clear),
      cmocka_unit_test_setup_teardown(stray_quotes_are_characters, set_up, clear),
      cmocka_unit_test_setup_teardown(json_lines_are_a_table, set_up, clear),
      cmocka_unit_test_setup_teardown(faults_name_file_and_line, set_up, clear),
      cmocka_unit_test_setup_teardown(too_large_fields_are_refused, set_up, clear),
      cmocka_unit_test_setup_teardown(too_large_tables_say_so, set_up, clear),
      cmocka_unit_test(numbers_and_times_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
