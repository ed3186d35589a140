/* cli.h: the program's frame: commands, declarative options, progress, failures.
 *
 * A command is one file cmd_<verb>.c with one mer_cli_command, listed in main.c. Results go to
 * standard output, progress and messages to standard error. Exit codes: 0 done, 1 failed, 2 wrong
 * usage. A program that was interrupted ends by the signal. */
#ifndef MER_CLI_CLI_H
#define MER_CLI_CLI_H

#include "mer/base.h"

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

typedef enum cli_kind {
  CLI_END,     /* ends a table of options */
  CLI_FLAG,    /* bool: set true */
  CLI_NO,      /* bool: set false */
  CLI_TEXT,    /* const char *: borrowed from the command line */
  CLI_NAME,    /* as CLI_TEXT, but not empty: a path, a list of names */
  CLI_ENCODER, /* as CLI_NAME: a folder, or the name of an encoder (cli_encoder_folder) */
  CLI_LIST,    /* cli_list: may be given several times */
  CLI_INT,     /* int64_t within [min, max] */
  CLI_REAL,    /* double within [min, max] */
  CLI_CHOICE,  /* const char *: one of the words of `argument`, split at '|' */
} cli_kind;

/** The most of a CLI_INT that has no limit of its own; a double holds it. */
#define CLI_ANY_COUNT 1e15

typedef struct cli_option {
  cli_kind kind;
  char letter;          /* short form, or 0 */
  const char *name;     /* long form, without the dashes */
  const char *argument; /* name of the value in the help; the words of a CLI_CHOICE */
  void *target;
  double min, max; /* of CLI_INT and CLI_REAL */
  const char *help;
} cli_option;

/** Values of an option that may be repeated. */
typedef struct cli_list {
  const char *items[64];
  int n;
} cli_list;

/** Options every command has, and what follows from them. */
typedef struct cli_common {
  int64_t threads, seed;
  bool quiet, json;
  mer_monitor monitor; /* progress and messages on standard error; stops at Ctrl-C */
} cli_common;

/** A command; or, without a synopsis, a place of a file ("FILE:3: 'name'") whose words are parsed:
 * faults are told of it, and are no wrong usage of the command line. */
typedef struct cli_command {
  const char *name, *synopsis,
      *summary; /* "train", "KIND --data D --out MODEL", "trains a classifier" */
  int (*run)(cli_common *common, int argc, char **argv);
} cli_command;

/** Parses `argv` (argv[0] is the command's name) by `options` and the common ones, in any order of
 * options and operands. On success returns -1, with the operands moved to argv[1 ..] and their
 * number in `*n_operands`. Else returns the exit code: 0 after --help, 2 after a mistake that it
 * has reported. */
int cli_parse(const cli_command *command, const cli_option *options, cli_common *common, int argc,
              char **argv, int *n_operands);

/** The same by `options` alone, which changes nothing else. */
int cli_parse_words(const cli_command *command, const cli_option *options, int argc, char **argv,
                    int *n_operands);

/** The folder of an encoder: `given` itself if it has a slash or is a folder; else the first folder
 * of that name in $MER_ENCODERS, in .encoder and in $XDG_DATA_HOME/mer/encoders; else `given`, for
 * the message of who opens it. Valid until the program ends; a few times in a program. */
const char *cli_encoder_folder(const char *given);
/** The folder of the face detector that is asked for, or of 'centerface', where an encoder of that
 * name is looked for; NULL: nothing is given, and there is none. */
const char *cli_face_detector(const char *given);

/** Reports wrong usage and returns CLI_USAGE; of words in a file CLI_FAILED. */
int cli_usage(const cli_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Reports "mer: <message>" and returns CLI_FAILED. */
int cli_fail(const mer_error *err);
/** Reports "mer: warning: <message>" through the monitor, which is silent with --quiet. */
void cli_warn(const mer_monitor *monitor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Fills `err` in and returns MER_STATUS_NO_MEMORY. */
mer_status cli_no_memory(mer_error *err);

/** The monitor that draws on standard error: a bar with rate and time left on a terminal, else a
 * line at times. */
mer_monitor cli_progress_monitor(const cli_common *common);
/** Clears the bar, so that results can be printed. */
void cli_progress_end(void);
/** From now on Ctrl-C, SIGTERM and SIGHUP (a closed terminal) ask the running call to stop; a
 * second one of the first two ends the program at once. Before the first computation, whose threads
 * must not take the signals. */
void cli_catch_interrupt(void);
/** Whether one has come. */
bool cli_is_interrupted(void);
/** Whether the program is to stop: then MER_STATUS_INTERRUPTED, "interrupted". */
mer_status cli_check_interrupt(const mer_monitor *monitor, mer_error *err);
/** What is called, on another thread, before that second one ends the program; NULL: nothing. Does
 * not return once it is called, as the program ends by the signal and not by what follows. */
void cli_before_interrupted_end(void (*clear)(void));
/** The last call of the program. One that was interrupted ends here by the signal, as its parent
 * expects: a shell's loop stops, and $? is 130 after Ctrl-C, 143 after SIGTERM. Else `code`. */
int cli_end(int code);

#endif
