/* standard_output.c: standard output, with the reason of the first write that failed: stdio
 * remembers that a write failed, but not why. */
#include "cli/standard_output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static int reason; /* errno of the first failure; one program has one standard output */

void cli_print(const void *bytes, size_t size) {
  errno = 0;
  if (fwrite(bytes, 1, size, stdout) != size && !reason) reason = errno;
}

void cli_flush(void) {
  errno = 0;
  if (fflush(stdout) != 0 && !reason) reason = errno;
}

int cli_check_printed(int code) {
  cli_flush();
  if (!reason && !ferror(stdout)) return code;
  fprintf(stderr, "mer: standard output: cannot write: %s\n",
          reason ? strerror(reason) : "a part of it is lost");
  return CLI_FAILED;
}
