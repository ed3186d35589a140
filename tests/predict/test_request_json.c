/* test_request_json.c: utterances from JSON, and answers as JSON. */
#include <jansson.h>

#include "mer/predict.h"
#include "test_support.h"

static mer_json_request read_request;
static mer_error err;

static mer_status read_json(const char *json, const char *folder) {
  err = (mer_error){0};
  return mer_json_request_read(&read_request, json, strlen(json), folder, &err);
}

static void everything_is_read(void **state) {
  (void)state;
  assert_int_equal(read_json("{\"id\": 007e0, \"text\": 1}", ""), MER_STATUS_FORMAT);
  assert_ok(
      read_json("{\"more\": [NaN, \"\\u0000\\ud83d\"], \"id\": 1700000000.1230, \"text\": "
                "\"a\\u0000b\", \"audio\": \"c/d.wav\", \"image\": \"e.jpg\", \"x\": -Infinity}",
                "in/"));
  assert_string_equal(read_request.id, "1700000000.1230");
  assert_int_equal(read_request.request.text_size, 3);
  assert_memory_equal(read_request.request.text, "a\0b", 4);
  assert_string_equal(read_request.request.sound.path, "in/c/d.wav");
  assert_string_equal(read_request.request.image.path, "in/e.jpg");
  assert_ok(read_json("{\"image\": \"f.png\"}", NULL));
  assert_null(read_request.request.sound.path);
  assert_string_equal(read_request.request.image.path, "f.png");
  assert_ok(read_json("{\"audio\": \"/a.wav\", \"id\": {\"a\": [1, \"b\"]}}", "in"));
  assert_string_equal(read_request.request.sound.path, "/a.wav");
  assert_string_equal(read_request.id, "{\"a\": [1, \"b\"]}");
  assert_null(read_request.request.text);
  mer_json_request_clear(&read_request);
  mer_json_request_clear(&read_request);
}

static void what_is_empty_or_null(void **state) {
  (void)state;
  assert_ok(read_json("{\"id\": null, \"text\": \"\", \"audio\": \"\", \"image\": \"\"}", ""));
  assert_string_equal(read_request.id, "null");
  assert_non_null(read_request.request.text);
  assert_int_equal(read_request.request.text_size, 0);
  assert_null(read_request.request.sound.path);
  assert_null(read_request.request.image.path);
  assert_ok(read_json("{\"text\": null, \"audio\": null, \"image\": null}", ""));
  assert_null(read_request.id);
  assert_null(read_request.request.text);
  mer_json_request_clear(&read_request);
}

static void an_id_that_is_no_json_becomes_a_text(void **state) {
  (void)state;
  assert_ok(read_json("{\"id\": NaN}", ""));
  assert_string_equal(read_request.id, "\"NaN\"");
  assert_ok(read_json("{\"id\": [\"a\", Infinity]}", ""));
  assert_string_equal(read_request.id, "\"[\\\"a\\\", Infinity]\"");
  mer_json_request_clear(&read_request);
}

static void refuse(const char *json, const char *message, const char *id) {
  assert_int_equal(read_json(json, ""), MER_STATUS_FORMAT);
  if (!strstr(err.message, message)) fail_msg("'%s' lacks '%s'", err.message, message);
  if (id) assert_string_equal(read_request.id, id);
  else assert_null(read_request.id);
  mer_json_request_clear(&read_request);
}

static void faults_are_named_and_the_id_is_kept(void **state) {
  (void)state;
  refuse("[1]", "expected a JSON object", NULL);
  refuse("", "expected a JSON object", NULL);
  refuse("{\"id\": 5, \"text\": 1}", "\"text\" is not a text", "5");
  refuse("{\"text\": 1, \"id\": 5}", "\"text\" is not a text", "5");
  refuse("{\"id\": \"a\", \"audio\": [\"b\"]}", "\"audio\" is not a text", "\"a\"");
  refuse("{\"id\": 5, \"audio\": \"a\\u0000b\"}", "zero byte", "5");
  refuse("{\"id\": 5, \"image\": 1}", "\"image\" is not a text", "5");
  refuse("{\"id\": 5, \"image\": \"a\\u0000b\"}", "\"image\" is not a path", "5");
  refuse("{\"image\": \"a\", \"image\": \"b\"}", "\"image\" is there twice", NULL);
  refuse("{\"id\": 5, \"id\": 6}", "\"id\" is there twice", "5");
  refuse("{\"id\": 5, \"text\": \"a\", \"te\\u0078t\": \"b\"}", "\"text\" is there twice", "5");
  refuse("{\"id\": 5, \"text\": ", "a value expected at byte 19", "5");
  refuse("{\"id\": 0x10, \"text\": \"a\"}", "expected at byte 9", NULL);
  refuse("{\"id\":01}", "expected at byte 8", NULL);
}

/* A model is needed for its labels alone. */
static void answers_are_written(void **state) {
  (void)state;
  mer_answer answer = {.status = MER_STATUS_FORMAT};
  char *json;
  strcpy(answer.message, "a \"b\"\n");
  assert_ok(mer_answer_json(&json, &answer, NULL, NULL, NULL, &err));
  assert_string_equal(json, "{\"id\":null,\"error\":\"a \\\"b\\\"\\n\"}");
  mer_text_free(json);
  assert_ok(mer_answer_json(&json, &answer, NULL, "1.50", NULL, &err));
  assert_string_equal(json, "{\"id\":1.50,\"error\":\"a \\\"b\\\"\\n\"}");
  mer_text_free(json);
}

/* An answer is one line of JSON, whatever the id is. */
static void an_id_stays_on_one_line(void **state) {
  (void)state;
  static const struct {
    const char *id, *written;
  } ids[] = {{"[1,\r\n {\"a\":\n2}]", "[1,   {\"a\": 2}]"},
             {" 1.50\n", " 1.50 "},
             {"NaN", "\"NaN\""},
             {"[Infinity]", "\"[Infinity]\""},
             {"1}\n{", "\"1}\\n{\""},
             {"\"\xE9\"", "\"\\\"\xEF\xBF\xBD\\\"\""},
             {"", "\"\""}};
  mer_answer answer = {.status = MER_STATUS_FORMAT, .message = "a"};
  char *json, expected[100];
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    assert_ok(mer_answer_json(&json, &answer, NULL, ids[i].id, NULL, &err));
    snprintf(expected, sizeof expected, "{\"id\":%s,\"error\":\"a\"}", ids[i].written);
    assert_string_equal(json, expected);
    json_t *parsed = json_loads(json, 0, NULL);
    assert_non_null(parsed);
    json_decref(parsed);
    mer_text_free(json);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_is_read),
      cmocka_unit_test(what_is_empty_or_null),
      cmocka_unit_test(an_id_that_is_no_json_becomes_a_text),
      cmocka_unit_test(faults_are_named_and_the_id_is_kept),
      cmocka_unit_test(answers_are_written),
      cmocka_unit_test(an_id_stays_on_one_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
