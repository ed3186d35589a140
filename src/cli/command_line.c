/* command_line.c: where results come from. */
#include "cli/command_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/json_text.h"

void cli_command_line(char *out, size_t size, int argc, char **argv) {
  size_t n = (size_t)snprintf(out, size, "mer");
  for (int i = 0; i < argc && n < size; i++) {
    int quote = !argv[i][0] || strpbrk(argv[i], " \t\n'\"$&|;<>()*?");
    n += (size_t)snprintf(out + n, size - n, quote ? " '%s'" : " %s", argv[i]);
  }
  cli_make_utf8(out);
}

void cli_time(char out[CLI_TIME_BYTES]) {
  time_t now = time(NULL);
  struct tm utc;
  strftime(out, CLI_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}
