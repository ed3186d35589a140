/* speaker_options.c: the options that say how a timeline hears speakers. */
#include "cli/speaker_options.h"

int cli_hearing_check(const cli_command *command, const cli_hearing *hearing) {
  if (hearing->update && !hearing->profiles)
    return cli_usage(command, "--update-profiles needs --profiles DIR");
  if (hearing->profiles && !hearing->adapt)
    return cli_usage(command, "--no-adapt leaves nothing for --profiles");
  return -1;
}

void cli_hearing_set(mer_timeline_options *options, const cli_hearing *hearing) {
  options->adapt = hearing->adapt;
  options->profiles = hearing->profiles;
  options->update_profiles = hearing->update;
}
