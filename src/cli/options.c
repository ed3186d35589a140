/* options.c: declarative command-line options over getopt_long. */
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { CODE_BASE = 256 };

int cli_usage(const cli_command *command, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, command->synopsis ? "mer %s: " : "mer: %s: ", command->name);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  if (command->synopsis) fprintf(stderr, "usage: mer %s %s\n", command->name, command->synopsis);
  va_end(args);
  return command->synopsis ? CLI_USAGE : CLI_FAILED;
}

int cli_fail(const mer_error *err) {
  cli_progress_end();
  fprintf(stderr, "mer: %s\n", err->message[0] ? err->message : mer_status_text(err->status));
  return CLI_FAILED;
}

mer_status cli_no_memory(mer_error *err) {
  snprintf(err->message, sizeof err->message, "out of memory");
  return err->status = MER_STATUS_NO_MEMORY;
}

static bool takes_value(const cli_option *option) {
  return option->kind != CLI_FLAG && option->kind != CLI_NO;
}

static bool is_choice(const char *words, const char *value) {
  size_t size = strlen(value);
  for (const char *word = words; word; word = strchr(word, '|') ? strchr(word, '|') + 1 : NULL) {
    size_t length = strcspn(word, "|");
    if (length == size && memcmp(word, value, size) == 0) return true;
  }
  return false;
}

/* Reads a decimal number within the option's bounds; -1 if it is none. */
static int read_number(const cli_option *option, const char *value, double *number) {
  char *end;
  if (value[strspn(value, "+-.0123456789eE")]) return -1; /* strtod also reads 0x2, " 2" and inf */
  *number = strtod(value, &end);
  bool whole = option->kind != CLI_INT || *number == floor(*number);
  return end == value || *end || !whole || !(*number >= option->min && *number <= option->max) ? -1
                                                                                               : 0;
}

static int refuse_number(const cli_command *command, const cli_option *option, const char *value) {
  const char *what = option->kind == CLI_INT ? "whole number" : "number";
  if (option->kind == CLI_INT && option->max >= CLI_ANY_COUNT)
    return cli_usage(command, "--%s takes a %s from %.10g, not '%s'", option->name, what,
                     option->min, value);
  return cli_usage(command, "--%s takes a %s from %.10g to %.10g, not '%s'", option->name, what,
                   option->min, option->max, value);
}

static int store(const cli_command *command, const cli_option *option, const char *value) {
  double number;
  switch (option->kind) {
    case CLI_FLAG: *(bool *)option->target = true; return 0;
    case CLI_NO: *(bool *)option->target = false; return 0;
    case CLI_NAME:
    case CLI_ENCODER:
      if (!*value)
        return cli_usage(command, "--%s is empty, expected %s", option->name, option->argument);
      *(const char **)option->target =
          option->kind == CLI_ENCODER ? cli_encoder_folder(value) : value;
      return 0;
    case CLI_TEXT: *(const char **)option->target = value; return 0;
    case CLI_LIST: {
      cli_list *list = option->target;
      if (list->n == (int)(sizeof list->items / sizeof list->items[0]))
        return cli_usage(command, "--%s is given too often", option->name);
      list->items[list->n++] = value;
      return 0;
    }
    case CLI_CHOICE:
      if (!is_choice(option->argument, value))
        return cli_usage(command, "--%s is one of %s, not '%s'", option->name, option->argument,
                         value);
      *(const char **)option->target = value;
      return 0;
    default: break;
  }
  if (read_number(option, value, &number) != 0) return refuse_number(command, option, value);
  if (option->kind == CLI_INT) *(int64_t *)option->target = (int64_t)number;
  else *(double *)option->target = number;
  return 0;
}

static void print_option(const cli_option *option) {
  char left[64];
  int n = snprintf(left, sizeof left, option->letter ? "-%c, " : "", option->letter);
  snprintf(left + n, sizeof left - (size_t)n, "--%s%s%s", option->name,
           takes_value(option) ? " " : "", takes_value(option) ? option->argument : "");
  printf("  %-30s %s\n", left, option->help);
}

static int print_help(const cli_command *command, const cli_option *all) {
  if (!command->synopsis) return cli_usage(command, "--help is of the command line");
  printf("usage: mer %s %s\n\n%s\n\n", command->name, command->synopsis, command->summary);
  for (const cli_option *option = all; option->kind != CLI_END; option++) print_option(option);
  printf("  %-30s %s\n", "-h, --help", "this help");
  return CLI_DONE;
}

/* The command's options and the common ones in one table, for free(); `common` is filled with
 * defaults. NULL if memory is out. */
static cli_option *join_options(int *n_all, const cli_option *options, cli_common *common) {
  const cli_option shared[] = {{CLI_INT, 0, "threads", "N", &common->threads, 0, 4096,
                                "threads to compute on; 0 (default) = all processors"},
                               {CLI_INT, 0, "seed", "N", &common->seed, 0, 4294967295.0,
                                "seed of everything random (default 0)"},
                               {CLI_FLAG, 'q', "quiet", NULL, &common->quiet, 0, 0,
                                "no progress and no messages but errors"},
                               {CLI_FLAG, 0, "json", NULL, &common->json, 0, 0, "results as JSON"},
                               {.kind = CLI_END}};
  enum { N_SHARED = sizeof shared / sizeof shared[0] };
  int n = 0;
  while (options && options[n].kind != CLI_END) n++;
  cli_option *all = malloc(((size_t)n + N_SHARED) * sizeof *all);
  if (!all) return NULL;
  if (n) memcpy(all, options, (size_t)n * sizeof *all);
  memcpy(all + n, shared, sizeof shared);
  *n_all = n + N_SHARED - 1;
  return all;
}

/* getopt's tables; the code of option i is CODE_BASE + i. */
static void make_tables(const cli_option *all, struct option *table, char *letters) {
  int n = 0;
  *letters++ = ':'; /* tells an option without its value from an unknown one */
  *letters++ = 'h';
  for (; all[n].kind != CLI_END; n++) {
    table[n] = (struct option){all[n].name, takes_value(&all[n]), NULL, CODE_BASE + n};
    if (!all[n].letter) continue;
    *letters++ = all[n].letter;
    if (takes_value(&all[n])) *letters++ = ':';
  }
  table[n] = (struct option){"help", 0, NULL, 'h'};
  table[n + 1] = (struct option){0};
  *letters = 0;
}

static const cli_option *find_option(const cli_option *all, int code) {
  if (code >= CODE_BASE) return &all[code - CODE_BASE];
  while (all->letter != code) all++;
  return all;
}

/* Options that begin with `name` [size]. */
static int count_fitting(const struct option *table, const char *name, size_t size) {
  int n = 0;
  for (; table->name; table++) n += strncmp(table->name, name, size) == 0;
  return n;
}

/* Says what is wrong with `word`, as getopt_long has it in its result and in optopt. */
static int refuse(const cli_command *command, const struct option *table, int code,
                  const char *word) {
  if (code == ':') return cli_usage(command, "'%s' lacks its value", word);
  /* A letter, also of "-xq", while getopt_long is still at the word before; 'h' is of --help=x. */
  if (optopt != 0 && optopt < CODE_BASE && optopt != 'h')
    return cli_usage(command, "'-%c' is not an option", optopt);
  if (optopt != 0) return cli_usage(command, "'%s': the option takes no value", word);
  if (count_fitting(table, word + 2, strcspn(word + 2, "=")) > 1)
    return cli_usage(command, "'%s' may be one of several options", word);
  return cli_usage(command, "'%s' is not an option", word);
}

/* Reads the options; -1, or the exit code. */
static int parse(const cli_command *command, const cli_option *all, const struct option *table,
                 const char *letters, int argc, char **argv) {
  opterr = 0;
  optind = 0; /* begins anew, also with other words; 1 would leave a word half read */
  for (int code; (code = getopt_long(argc, argv, letters, table, NULL)) != -1;) {
    if (code == 'h') return print_help(command, all);
    if (code == '?' || code == ':') return refuse(command, table, code, argv[optind - 1]);
    int result = store(command, find_option(all, code), optarg);
    if (result != 0) return result;
  }
  return -1;
}

/* Parses by a table that has `n` options. */
static int parse_by(const cli_command *command, const cli_option *all, int n, int argc, char **argv,
                    int *n_operands) {
  int code = CLI_FAILED;
  struct option *table = malloc(((size_t)n + 2) * sizeof *table);
  char *letters = malloc(2 * (size_t)n + 3);
  if (all && table && letters) {
    make_tables(all, table, letters);
    code = parse(command, all, table, letters, argc, argv);
  } else {
    mer_error err = {0};
    cli_no_memory(&err);
    cli_fail(&err);
  }
  free(table);
  free(letters);
  if (code != -1) return code;
  *n_operands = argc - optind;
  memmove(argv + 1, argv + optind, (size_t)*n_operands * sizeof *argv);
  for (int i = 1; i <= *n_operands; i++)
    if (!*argv[i]) return cli_usage(command, "name %d is empty", i);
  return -1;
}

int cli_parse_words(const cli_command *command, const cli_option *options, int argc, char **argv,
                    int *n_operands) {
  int n = 0;
  while (options[n].kind != CLI_END) n++;
  return parse_by(command, options, n, argc, argv, n_operands);
}

int cli_parse(const cli_command *command, const cli_option *options, cli_common *common, int argc,
              char **argv, int *n_operands) {
  int n = 0;
  cli_option *all = join_options(&n, options, common);
  const int code = parse_by(command, all, n, argc, argv, n_operands);
  free(all);
  if (code != -1) return code;
  mer_threads_set((int)common->threads);
  common->monitor = cli_progress_monitor(common);
  if (mer_threads_get() < common->threads)
    cli_warn(&common->monitor, "the system lets no more threads be made than %d of %d",
             mer_threads_get(), (int)common->threads);
  return -1;
}
