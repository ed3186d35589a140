/* speaker_options.c: the options that say how a timeline hears speakers. */
#include "cli/speaker_options.h"

int cli_speakers_check(const cli_command *command, const cli_speakers *speakers) {
  if (speakers->update && !speakers->profiles)
    return cli_usage(command, "--update-profiles needs --profiles DIR");
  if (speakers->profiles && !speakers->adapt)
    return cli_usage(command, "--no-adapt leaves nothing for --profiles");
  return -1;
}

void cli_speakers_set(mer_timeline_options *options, const cli_speakers *speakers) {
  options->adapt = speakers->adapt;
  options->profiles = speakers->profiles;
  options->update_profiles = speakers->update;
}
