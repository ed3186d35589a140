/* commands.h: the table of commands, in the order of the help. */
#ifndef MER_CLI_COMMANDS_H
#define MER_CLI_COMMANDS_H

#include "cli/cli.h"

#define CLI_COMMANDS(X) \
  X(train)              \
  X(eval)               \
  X(calibrate)          \
  X(compare)            \
  X(predict)            \
  X(timeline) X(stream) X(info) X(quantize) X(tokenize) X(embed) X(features) X(import) X(bench)

#define COMMAND_DECLARE(name) extern const cli_command cli_##name;
CLI_COMMANDS(COMMAND_DECLARE)
#undef COMMAND_DECLARE

#endif
