/* speech_options.c: the options that say how speech is found in sound. */
#include "cli/speech_options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/model_folder.h"

cli_speech cli_speech_default(void) {
  cli_speech speech = {.voice = NULL};
  mer_speech_options_init(&speech.options, sizeof speech.options);
  return speech;
}

int cli_speech_check(const cli_command *command, const cli_speech *speech) {
  const mer_speech_options *o = &speech->options;
  if (o->release > o->threshold) return cli_usage(command, "--release is above --threshold");
  if (o->min_silence_s > o->longest_s)
    return cli_usage(command, "--min-silence is above --longest");
  if (o->min_speech_s > o->longest_s) return cli_usage(command, "--min-speech is above --longest");
  return -1;
}

mer_status cli_speech_open(mer_voice_model **voice, const cli_speech *speech, mer_error *err) {
  char *folder = speech->voice ? strdup(speech->voice) : cli_model_folder("vad");
  const mer_status status = folder ? mer_voice_model_open(voice, folder, err) : cli_no_memory(err);
  free(folder);
  return status;
}
