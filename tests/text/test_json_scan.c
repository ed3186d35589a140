/* test_json_scan.c: the reader of one JSON object: values as they are written, texts decoded,
 * hostile inputs; and JSON that is written. Each input lies in a heap block of its exact size, so
 * that the address sanitizer sees a byte read too many. */
#include <jansson.h>
#include <locale.h>

#include "test_support.h"
#include "text/json_scan.h"
#include "text/json_write.h"

/* The members of an object as "key=value;" in the order of the text; returns the fault or NULL. */
static const char *scan_all(char out[512], const char *text, size_t size) {
  char *copy = malloc(size ? size : 1);
  if (size) memcpy(copy, text, size);
  mer__json_scan scan;
  mer__json_value key, value;
  size_t n = 0;
  out[0] = 0;
  mer__json_begin(&scan, copy, size);
  while (mer__json_next(&key, &value, &scan))
    n += (size_t)snprintf(out + n, 512 - n, "%.*s=%.*s;", (int)key.size, key.text, (int)value.size,
                          value.text);
  const char *fault = scan.fault;
  free(copy);
  return fault;
}

static void expect_members(const char *text, const char *expected) {
  char out[512];
  const char *fault = scan_all(out, text, strlen(text));
  if (fault) fail_msg("%s: %s expected", text, fault);
  assert_string_equal(out, expected);
}

static void values_are_as_they_are_written(void **state) {
  (void)state;
  expect_members("{}", "");
  expect_members(" { } \r\n", "");
  expect_members("{\"id\": 1700000000.1230, \"b\" :18446744073709551617 ,\"c\":-0.10e+05}",
                 "\"id\"=1700000000.1230;\"b\"=18446744073709551617;\"c\"=-0.10e+05;");
  expect_members("{\"a\":[1,{\"b\":[]}, {}],\"c\":\"x\\u0041\\\"\"}",
                 "\"a\"=[1,{\"b\":[]}, {}];\"c\"=\"x\\u0041\\\"\";");
  expect_members("{\"a\":true,\"b\":false,\"c\":null}", "\"a\"=true;\"b\"=false;\"c\"=null;");
  expect_members("{\"a\":NaN,\"b\":-Infinity,\"c\":Infinity}",
                 "\"a\"=NaN;\"b\"=-Infinity;\"c\"=Infinity;");
}

static void elements_are_as_they_are_written(void **state) {
  (void)state;
  static const struct {
    const char *text, *elements, *fault;
  } cases[] = {{"[]", "", NULL},
               {" [ ] ", "", NULL},
               {"[1.50, \"a\",[2,{}] , null]", "1.50;\"a\";[2,{}];null;", NULL},
               {"[1,]", "1;", "a value"},
               {"[1", "1;", "',' or ']'"},
               {"[1] 2", "1;", "nothing after the list"},
               {"{}", "", "a list"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[512] = "";
    size_t n = 0;
    mer__json_scan scan;
    mer__json_value value;
    mer__json_begin(&scan, cases[i].text, strlen(cases[i].text));
    while (mer__json_next_element(&value, &scan))
      n += (size_t)snprintf(out + n, sizeof out - n, "%.*s;", (int)value.size, value.text);
    assert_string_equal(out, cases[i].elements);
    if (cases[i].fault) assert_string_equal(scan.fault, cases[i].fault);
    else assert_null(scan.fault);
  }
}

static void faults_are_found_and_what_is_before_is_given(void **state) {
  (void)state;
  const char *const faults[][3] = {
      {"", "", "an object"},
      {"[1]", "", "an object"},
      {"{\"a\":1", "\"a\"=1;", "',' or '}'"},
      {"{\"a\":1,", "\"a\"=1;", "a text in quotation marks"},
      {"{\"a\":1,}", "\"a\"=1;", "a text in quotation marks"},
      {"{\"a\":1 2}", "\"a\"=1;", "',' or '}'"},
      {"{\"a\":1} x", "\"a\"=1;", "nothing after the object"},
      {"{\"a\":}", "", "a value"},
      {"{\"a\"", "", "':'"},
      {"{a:1}", "", "a text in quotation marks"},
      {"{\"a\":\"x", "", "the end of a text"},
      {"{\"a\":\"\t\"}", "", "no control character in a text"},
      {"{\"a\":\"\\x\"}", "", "an escape sequence"},
      {"{\"a\":\"\\u12g4\"}", "", "four hexadecimal digits"},
      {"{\"a\":\"\\", "", "an escape sequence"},
      {"{\"a\":01}", "\"a\"=0;", "',' or '}'"},
      {"{\"a\":1.}", "", "a digit"},
      {"{\"a\":-}", "", "a digit"},
      {"{\"a\":1e}", "", "a digit"},
      {"{\"a\":+1}", "", "a value"},
      {"{\"a\":tru}", "", "a value"},
      {"{\"a\":NaN1}", "\"a\"=NaN;", "',' or '}'"},
      {"{\"a\":[1,]}", "", "a value"},
      {"{\"a\":[1}", "", "',' or the end of a list"},
      {"{\"a\":{\"b\":1]}", "", "',' or the end of a list"},
  };
  char out[512];
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    const char *fault = scan_all(out, faults[i][0], strlen(faults[i][0]));
    if (!fault || strcmp(fault, faults[i][2]) != 0)
      fail_msg("%s: %s expected, not %s", faults[i][0], fault ? fault : "nothing", faults[i][2]);
    assert_string_equal(out, faults[i][1]);
  }
  assert_non_null(scan_all(out, "{\"a\":\0}", 7));
}

static void nesting_is_bounded(void **state) {
  (void)state;
  enum { MOST = 100000 };
  char out[512], *text = malloc(2 * MOST + 16);
  for (int depth = 1; depth <= MOST; depth = depth < 200 ? depth + 1 : depth * 10) {
    char *end = text + sprintf(text, "{\"a\":");
    memset(end, '[', (size_t)depth);
    memset(end + depth, ']', (size_t)depth);
    end[2 * depth] = '}';
    const char *fault = scan_all(out, text, (size_t)(end + 2 * depth + 1 - text));
    if (depth <= MER__JSON_MAX_DEPTH) assert_null(fault);
    else assert_string_equal(fault, "fewer values within one another");
  }
  free(text);
}

/* Every prefix of an object that has everything ends with a fault and within its bytes. */
static void every_prefix_is_a_fault(void **state) {
  (void)state;
  const char *text = "{\"a\":[-1.5e-3,\"\\ud83d\\ude00\\n\",{\"b\":NaN}],\"c\":true,\"d\":null}";
  char out[512];
  for (size_t size = 0; size < strlen(text); size++) assert_non_null(scan_all(out, text, size));
  assert_null(scan_all(out, text, strlen(text)));
}

static void expect_text(const char *written, const char *expected, size_t size) {
  mer__text_buffer out = {0};
  mer__json_value value = {written, strlen(written), MER__JSON_STRING, true};
  mer__json_decode(&out, &value);
  assert_int_equal(out.size, size);
  if (size) assert_memory_equal(out.data, expected, size);
  mer__text_clear(&out);
}

static void texts_are_decoded(void **state) {
  (void)state;
  expect_text("\"\"", "", 0);
  expect_text("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "a\"\\/\b\f\n\r\tz", 10);
  expect_text("\"\\u0041\\u00e9\\u20AC\"", "A\xC3\xA9\xE2\x82\xAC", 6);
  expect_text("\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80", 4);
  expect_text("\"\\ud83d\"", "\xEF\xBF\xBD", 3);
  expect_text("\"\\ude00x\"", "\xEF\xBF\xBDx", 4);
  expect_text("\"\\ud83dab\\ude00\"",
              "\xEF\xBF\xBD"
              "ab\xEF\xBF\xBD",
              8);
  expect_text("\"\\ud83d\\ud83d\\ude00\"", "\xEF\xBF\xBD\xF0\x9F\x98\x80", 7);
  expect_text("\"\\ud83d\\u0041\"",
              "\xEF\xBF\xBD"
              "A",
              4);
  expect_text("\"a\\u0000b\"", "a\0b", 3);
}

static void keys_are_compared_as_texts(void **state) {
  (void)state;
  const mer__json_value plain = {"\"id\"", 4, MER__JSON_STRING, true},
                        escaped = {"\"\\u0069d\"", 9, MER__JSON_STRING, true},
                        longer = {"\"idx\"", 5, MER__JSON_STRING, true},
                        zero = {"\"id\\u0000\"", 10, MER__JSON_STRING, true};
  assert_true(mer__json_is(&plain, "id"));
  assert_true(mer__json_is(&escaped, "id"));
  assert_false(mer__json_is(&longer, "id"));
  assert_false(mer__json_is(&zero, "id"));
  assert_false(mer__json_is(&plain, "idx"));
}

static void expect_written(const char *text, size_t size, const char *expected) {
  mer__text_buffer out = {0};
  mer__json_put_string(&out, text, size);
  assert_string_equal(out.data, expected);
  json_t *read = json_loads(out.data, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  assert_non_null(read);
  json_decref(read);
  mer__text_clear(&out);
}

static void strings_are_written(void **state) {
  (void)state;
  expect_written("", 0, "\"\"");
  expect_written("a\"b\\c\n\x01\x7F", 8, "\"a\\\"b\\\\c\\n\\u0001\x7F\"");
  expect_written("a\0b", 3, "\"a\\u0000b\"");
  expect_written("\xC3\xA9\xFF\xC3", 4, "\"\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void expect_digits(double x, int digits, const char *expected) {
  mer__text_buffer out = {0};
  mer__json_put_number(&out, x, digits);
  assert_string_equal(out.data, expected);
  mer__text_clear(&out);
}

static void numbers_are_written_in_every_locale(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    expect_digits(0, 6, "0.0");
    expect_digits(-0.0, 6, "-0.0");
    expect_digits(1, 6, "1.0");
    expect_digits(0.25, 6, "0.25");
    expect_digits(0.1428571429, 6, "0.142857");
    expect_digits(0.0001234567, 6, "0.000123457");
    expect_digits(0.00001234567, 6, "1.23457e-5");
    expect_digits(1e-300, 6, "1e-300");
    expect_digits(123456, 6, "123456.0");
    expect_digits(1234567, 6, "1.23457e6");
    expect_digits(120000, 6, "120000.0");
    expect_digits(99.99999, 6, "100.0");
    expect_digits(-2.5, 6, "-2.5");
    expect_digits(4800.256, 17, "4800.2560000000003");
    expect_digits(NAN, 6, "null");
    expect_digits(INFINITY, 6, "null");
    setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is installed */
  }
  setlocale(LC_ALL, "C");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_as_they_are_written),
      cmocka_unit_test(elements_are_as_they_are_written),
      cmocka_unit_test(faults_are_found_and_what_is_before_is_given),
      cmocka_unit_test(nesting_is_bounded),
      cmocka_unit_test(every_prefix_is_a_fault),
      cmocka_unit_test(texts_are_decoded),
      cmocka_unit_test(keys_are_compared_as_texts),
      cmocka_unit_test(strings_are_written),
      cmocka_unit_test(numbers_are_written_in_every_locale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
