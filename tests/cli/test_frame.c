/* test_frame.c: the program's frame: tables of any number of options, and a bar that stays within
 * its cells whatever it is told. */
#define _GNU_SOURCE /* posix_openpt */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"

/* A table of 100 options, of which the last is told from the first. */
static void all_options_are_read(void **state) {
  enum { N = 100 };
  static char names[N][24];
  cli_option options[N + 1] = {{0}};
  int64_t values[N] = {0};
  (void)state;
  for (int i = 0; i < N; i++) {
    snprintf(names[i], sizeof names[i], "option-%d", i);
    options[i] = (cli_option){CLI_INT, 0, names[i], "N", &values[i], 0, 1000, "an option"};
  }
  options[N].kind = CLI_END;
  const cli_command command = {"test", "", "", NULL};
  cli_common common = {0};
  char words[][12] = {"test", "--option-99", "7", "operand", "--option-0", "3", "--seed", "5"};
  char *argv[9] = {0};
  for (int i = 0; i < 8; i++) argv[i] = words[i];
  int n_operands;
  assert_int_equal(cli_parse(&command, options, &common, 8, argv, &n_operands), -1);
  assert_int_equal(n_operands, 1);
  assert_string_equal(argv[1], "operand");
  assert_int_equal(values[99], 7);
  assert_int_equal(values[0], 3);
  assert_int_equal(common.seed, 5);
}

/* What a monitor writes to a terminal for one call. */
static void bar_of(char *text, size_t size, const char *task, int64_t done, int64_t total) {
  const cli_common common = {0};
  mer_monitor monitor = cli_progress_monitor(&common);
  int terminal = posix_openpt(O_RDWR | O_NOCTTY), before = dup(STDERR_FILENO);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) skip();
  int other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  if (other < 0) skip();
  fflush(stderr);
  dup2(other, STDERR_FILENO);
  monitor.progress(monitor.user, task, done, total, NULL);
  fflush(stderr);
  dup2(before, STDERR_FILENO);
  struct pollfd drawn = {.fd = terminal, .events = POLLIN};
  assert_int_equal(poll(&drawn, 1, 2000), 1);
  ssize_t n = read(terminal, text, size - 1);
  assert_true(n > 0);
  text[n] = 0;
  close(other);
  close(before);
  close(terminal);
}

static void bar_has_twenty_cells(void **state) {
  static const struct {
    const char *task, *cells;
    int64_t done, total;
  } cases[] = {{"half", "[##########..........]", 5, 10},
               {"whole", "[####################]", 10, 10},
               {"over", "[####################]", 1000000, 10},
               {"vast", "[####################]", INT64_MAX, 1},
               {"none", "[....................]", 0, 0},
               {"below", "[....................]", -5, 10},
               {"long", "[##########..........]", INT64_MAX / 2, INT64_MAX}};
  char text[512];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bar_of(text, sizeof text, cases[i].task, cases[i].done, cases[i].total);
    if (!strstr(text, cases[i].cells)) fail_msg("%s: %s", cases[i].task, text);
  }
}

/* Of the same task, another total, or fewer units than were told, are other data: nothing is known
 * of their rate yet. */
static void bar_begins_anew_with_the_next_data(void **state) {
  char text[512];
  (void)state;
  bar_of(text, sizeof text, "clips", 100, 110);
  bar_of(text, sizeof text, "clips", 110, 110);
  if (strstr(text, "  0/s  -:-- left")) fail_msg("no rate: %s", text);
  bar_of(text, sizeof text, "clips", 120, 300);
  if (!strstr(text, "120/300  0/s  -:-- left")) fail_msg("another total: %s", text);
  bar_of(text, sizeof text, "clips", 300, 300);
  bar_of(text, sizeof text, "clips", 290, 300);
  if (!strstr(text, "290/300  0/s  -:-- left")) fail_msg("fewer units: %s", text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_options_are_read),
      cmocka_unit_test(bar_has_twenty_cells),
      cmocka_unit_test(bar_begins_anew_with_the_next_data),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
