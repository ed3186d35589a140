/* compare_runs.h: `mer compare --runs FILE`. */
#ifndef MER_CLI_COMPARE_RUNS_H
#define MER_CLI_COMPARE_RUNS_H

#include "cli/cli.h"

/** What the command line says of it. */
typedef struct cli_compare_runs {
  const char *path, *out, *command, *created;
  double checkpoint_every_s;
  int64_t n_examples;
  bool resume, robustness;
} cli_compare_runs;

/** Trains and compares as the file says; the exit code. */
int cli_compare_by_file(const cli_compare_runs *asked, const cli_common *common);

/** Copies results.json of the folder `out` to standard output; the exit code. */
int cli_print_results(const char *out);

#endif
