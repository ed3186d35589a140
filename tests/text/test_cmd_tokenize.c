/* test_cmd_tokenize.c: `mer tokenize` as a user runs it. */
#include <jansson.h>
#include <sys/wait.h>

#include "test_support.h"

#define VOCABULARY GOLDEN "text/vocab.txt"

/* Runs a shell command; its output in `out`, and its exit code as the result. */
static int run(char *out, size_t size, const char *command) {
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  size_t n = fread(out, 1, size - 1, pipe);
  out[n] = 0;
  return WEXITSTATUS(pclose(pipe));
}

static void lines_become_objects(void **state) {
  (void)state;
  char out[4096];
  int code = run(out, sizeof out,
                 "printf 'The a.\\r\\n\\n\"[MASK]\\\\' | '" MER_PROGRAM
                 "' tokenize --encoder '" VOCABULARY "'");
  assert_int_equal(code, 0);
  assert_string_equal(
      out,
      "{\"ids\": [2, 1002, 43, 18, 3], \"tokens\": [\"[CLS]\", \"the\", \"a\", \".\", \"[SEP]\"]}\n"
      "{\"ids\": [2, 3], \"tokens\": [\"[CLS]\", \"[SEP]\"]}\n"
      "{\"ids\": [2, 6, 4, 38, 3], \"tokens\": [\"[CLS]\", \"\\\"\", \"[MASK]\", \"\\\\\", "
      "\"[SEP]\"]}\n");
}

static void file_and_length_are_heeded(void **state) {
  (void)state;
  char folder[64], command[1024], out[4096];
  make_temporary_folder(folder);
  snprintf(command, sizeof command,
           "yes a | head -n 100000 | tr '\\n' ' ' >%s/long && '" MER_PROGRAM
           "' tokenize --encoder '" VOCABULARY "' --max-length 4 %s/long; rm -r %s",
           folder, folder, folder);
  assert_int_equal(run(out, sizeof out, command), 0);
  assert_string_equal(
      out, "{\"ids\": [2, 43, 43, 3], \"tokens\": [\"[CLS]\", \"a\", \"a\", \"[SEP]\"]}\n");
}

/* Every token of the vocabulary comes out as JSON again. */
static void output_is_json(void **state) {
  (void)state;
  static char out[1 << 20];
  int code =
      run(out, sizeof out,
          "'" MER_PROGRAM "' tokenize --max-length 8 --encoder '" VOCABULARY "' <'" VOCABULARY "'");
  assert_int_equal(code, 0);
  int n = 0;
  for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"), n++) {
    json_t *object = json_loads(line, 0, NULL);
    assert_non_null(object);
    assert_int_equal(json_array_size(json_object_get(object, "ids")),
                     json_array_size(json_object_get(object, "tokens")));
    json_decref(object);
  }
  assert_int_equal(n, 3000);
}

static void expect_failure(const char *arguments, int code, const char *message) {
  char command[1024], out[4096];
  snprintf(command, sizeof command, "'" MER_PROGRAM "' tokenize %s 2>&1 </dev/null", arguments);
  assert_int_equal(run(out, sizeof out, command), code);
  if (!strstr(out, message)) fail_msg("'%s' lacks '%s'", out, message);
}

static void failures_name_the_file(void **state) {
  (void)state;
  expect_failure("", 2, "usage: mer tokenize");
  expect_failure("--encoder x a b", 2, "at most one file");
  expect_failure("--encoder x --max-length 1", 2, "max-length");
  expect_failure("--encoder '" VOCABULARY ".absent'", 1, "mer: " VOCABULARY ".absent");
  expect_failure("--encoder '" VOCABULARY "' '" VOCABULARY ".absent'", 1,
                 "mer: " VOCABULARY ".absent: cannot open: No such file");
  expect_failure("--encoder '" VOCABULARY "' /", 1, "mer: /: cannot read: Is a directory");
}

static void full_disk_is_a_failure(void **state) {
  (void)state;
  char out[256];
  int code =
      run(out, sizeof out,
          "'" MER_PROGRAM "' tokenize --encoder '" VOCABULARY "' '" VOCABULARY "' 2>&1 >/dev/full");
  assert_int_equal(code, 1);
  assert_string_equal(out, "mer: standard output: cannot write: No space left on device\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_become_objects),   cmocka_unit_test(file_and_length_are_heeded),
      cmocka_unit_test(output_is_json),         cmocka_unit_test(failures_name_the_file),
      cmocka_unit_test(full_disk_is_a_failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
