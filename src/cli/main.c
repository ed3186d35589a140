/* main.c: finds the command and runs it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/standard_output.h"

static const cli_command *const commands[] = {
#define COMMAND_POINTER(name) &cli_##name,
    CLI_COMMANDS(COMMAND_POINTER)
#undef COMMAND_POINTER
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out) {
  fprintf(out, "mer %s: multimodal emotion recognition\n\nusage: mer COMMAND ...\n\n",
          mer_version());
  for (int i = 0; i < N_COMMANDS; i++)
    fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
  fprintf(out, "\n`mer help COMMAND` lists the options of a command.\n");
}

/* Threads get stacks of this size; a process that runs out of its stack ends without a word. */
enum { LEAST_STACK_BYTES = 256 << 10 };

static bool has_stack(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= LEAST_STACK_BYTES) return true;
  fprintf(stderr, "mer: the limit on stacks (ulimit -s) is %d KiB, expected at least %d\n",
          (int)(limit.rlim_cur >> 10), LEAST_STACK_BYTES >> 10);
  return false;
}

/* A standard stream that is closed would be the next file that is opened: a model would be read as
 * what is asked, or written over. In its place comes what cannot be read or written. */
static void hold_standard_streams(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* `mer help COMMAND ..` is `mer COMMAND .. --help`, and `mer help` is `mer --help`. */
static void ask_for_help(int argc, char **argv) {
  static char option[] = "--help";
  memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof *argv);
  argv[argc - 1] = option;
  if (strcmp(argv[1], "help") == 0) argv[1] = option;
}

int main(int argc, char **argv) {
  hold_standard_streams();
  if (!has_stack()) return CLI_FAILED;
  signal(SIGXFSZ, SIG_IGN); /* over a limit on files, writing fails and is reported */
  if (argc < 2) {
    print_help(stderr);
    return CLI_USAGE;
  }
  if (strcmp(argv[1], "help") == 0) ask_for_help(argc, argv);
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    print_help(stdout);
    return cli_check_printed(CLI_DONE);
  }
  if (strcmp(argv[1], "--version") == 0) {
    printf("mer %s\n", mer_version());
    return cli_check_printed(CLI_DONE);
  }
  mer_error err;
  if (mer_cpu_check(&err) != MER_OK) {
    fprintf(stderr, "mer: %s\n", err.message);
    return CLI_USAGE;
  }
  for (int i = 0; i < N_COMMANDS; i++) {
    if (strcmp(argv[1], commands[i]->name) != 0) continue;
    cli_common common = {0};
    int code = commands[i]->run(&common, argc - 1, argv + 1);
    cli_progress_end();
    return cli_end(cli_check_printed(code));
  }
  fprintf(stderr, "mer: there is no command '%s'; `mer --help` lists them\n", argv[1]);
  return CLI_USAGE;
}
