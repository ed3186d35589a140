/* command_line.h: where results come from: the command as it was typed, and the time. */
#ifndef MER_CLI_COMMAND_LINE_H
#define MER_CLI_COMMAND_LINE_H

#include <stddef.h>

enum { CLI_TIME_BYTES = 32 };

/** "mer" and the words of `argv`, those with blanks in quotes, cut to `size`; before cli_parse,
 * which moves them. UTF-8: other bytes become '?'. */
void cli_command_line(char *out, size_t size, int argc, char **argv);

/** The time now, as ISO 8601 in UTC. */
void cli_time(char out[CLI_TIME_BYTES]);

#endif
