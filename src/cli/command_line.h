/* command_line.h: where results come from: the command as it was typed, and the time. */
#ifndef MER_CLI_COMMAND_LINE_H
#define MER_CLI_COMMAND_LINE_H

enum { CLI_TIME_BYTES = 32 };

/** "mer" and the words of `argv`, quoted so that a shell runs the same command again; the caller's,
 * for free(), NULL if memory is out. Before cli_parse, which moves the words. It is UTF-8: in words
 * that are not, other bytes are escaped as $'..' knows them. */
char *cli_command_line(int argc, char **argv);

/** The time now, as ISO 8601 in UTC. */
void cli_time(char out[CLI_TIME_BYTES]);

#endif
