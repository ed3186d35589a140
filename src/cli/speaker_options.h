/* speaker_options.h: the options that say how a timeline hears speakers. */
#ifndef MER_CLI_SPEAKER_OPTIONS_H
#define MER_CLI_SPEAKER_OPTIONS_H

#include "cli/cli.h"
#include "mer/timeline.h"

typedef struct cli_hearing {
  bool adapt; /* to each; set to true before the options are parsed */
  const char *profiles;
  bool update;
} cli_hearing;

/* Rows of an option table; `s` is a cli_hearing. */
#define CLI_SPEAKER_OPTIONS(s)                                                                   \
  {CLI_NO,     0,                                                                                \
   "no-adapt", NULL,                                                                             \
   &(s).adapt, 0,                                                                                \
   0,          "each segment by itself, not beside what its speaker has said before"},           \
      {CLI_NAME,      0, "profiles", "DIR",                                                      \
       &(s).profiles, 0, 0,          "begin with what is known of a speaker: DIR/NAME.profile"}, \
  {                                                                                              \
    CLI_FLAG, 0, "update-profiles", NULL, &(s).update, 0, 0,                                     \
        "write to DIR what is known of each speaker in the end (nothing of speakers is stored "  \
        "otherwise)"                                                                             \
  }

/** What the command line alone shows to be wrong is reported: -1, or the exit code. */
int cli_hearing_check(const cli_command *command, const cli_hearing *hearing);
void cli_hearing_set(mer_timeline_options *options, const cli_hearing *hearing);

#endif
