/* shell_command.h: runs a command that the user has given, as the shell would, and waits for it. */
#ifndef MER_CLI_SHELL_COMMAND_H
#define MER_CLI_SHELL_COMMAND_H

#include "mer/base.h"

/** What stands in the place of "{name}" in a command. It reaches the program as it is, whatever is
 * in it: as a parameter of the shell, not as a part of what the shell reads. */
typedef struct cli_placeholder {
  const char *name, *value;
} cli_placeholder;

typedef struct cli_shell_command {
  const char *text; /* for /bin/sh; in it "\{name}", "${name}" are no placeholders */
  const cli_placeholder *placeholders; /* [n_placeholders], at most 9 */
  int n_placeholders;
  const char *printed; /* the file that gets its standard output, at most 1 GiB */
  const char *said;    /* that for its standard error, as much; NULL: it is the program's own */
} cli_shell_command;

/** Whether the text has the placeholder. */
bool cli_shell_command_has(const char *text, const char *name);
/** Runs the command, without standard input, until it ends; what it has left in the background is
 * ended then, too. One at a time. MER_STATUS_IO: it cannot
 * be run, or has failed; the message says how ("failed with exit code 3"). MER_STATUS_LIMIT: it
 * prints too much. MER_STATUS_INTERRUPTED: it was ended, with the processes that it has made. */
mer_status cli_shell_command_run(const cli_shell_command *command, const mer_monitor *monitor,
                                 mer_error *err);
/** Ends at once the command that runs, if there is one. Any thread may call it. */
void cli_shell_command_kill(void);

#endif
