/* test_command_line.c: the command that a report names is the one that was typed: a shell is given
 * it and says which words it has read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/command_line.h"

/* The words as a shell reads them, each with a mark after it. */
static void read_back(char *out, size_t size, const char *shell, const char *command) {
  char path[] = "/tmp/mer-test-XXXXXX", run[64];
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  FILE *script = fdopen(fd, "w");
  fprintf(script, "mer() { printf '%%s<>' \"$@\"; }\n%s\n", command);
  fclose(script);
  snprintf(run, sizeof run, "%s %s", shell, path);
  FILE *words = popen(run, "r");
  out[fread(out, 1, size - 1, words)] = 0;
  assert_int_equal(pclose(words), 0);
  unlink(path);
}

static void check(const char *shell, int argc, char **argv) {
  char expected[4096] = "", found[4096], *command = cli_command_line(argc, argv);
  assert_non_null(command);
  for (int i = 0; i < argc; i++) {
    strcat(expected, argv[i]);
    strcat(expected, "<>");
  }
  read_back(found, sizeof found, shell, command);
  assert_string_equal(found, expected);
  free(command);
}

static void shell_reads_the_same_words(void **state) {
  (void)state;
  const char *words[] = {
      "eval",    "it's \"mine\"", "",          "a b",   "$HOME", "`id`", "\\",   "~",
      "#x",      "a;b&c|d",       "new\nline", "*.csv", "{a,b}", "!x",   "[ab]", "'",
      "--x=y z", "caf\u00e9",     "<>",        "%s",    "a\tb",  "--",   "-1e-4"};
  check("sh", sizeof words / sizeof *words, (char **)words);
}

static void plain_words_are_not_quoted(void **state) {
  (void)state;
  const char *words[] = {"compare", "--data",     "a/b-c_d.csv", "--lr",
                         "1e-4",    "--features", "x=y.npy"};
  char *command = cli_command_line(sizeof words / sizeof *words, (char **)words);
  assert_string_equal(command, "mer compare --data a/b-c_d.csv --lr 1e-4 --features x=y.npy");
  free(command);
}

static void other_bytes_are_escaped(void **state) {
  (void)state;
  const char *words[] = {"eval", "caf\xe9 'x' \\ y"};
  char *command = cli_command_line(2, (char **)words);
  assert_string_equal(command, "mer eval $'caf\\351 \\'x\\' \\\\ y'");
  free(command);
  if (access("/bin/bash", X_OK) == 0) check("bash", 2, (char **)words);
}

static void long_commands_are_whole(void **state) {
  (void)state;
  static char word[3000];
  memset(word, 'x', sizeof word - 1);
  const char *words[] = {"eval", word, "end"};
  char *command = cli_command_line(3, (char **)words);
  assert_string_equal(command + strlen(command) - 5, "x end");
  free(command);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shell_reads_the_same_words),
      cmocka_unit_test(plain_words_are_not_quoted),
      cmocka_unit_test(other_bytes_are_escaped),
      cmocka_unit_test(long_commands_are_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
