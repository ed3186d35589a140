/* speech_options.h: the options that say how speech is found in sound. */
#ifndef MER_CLI_SPEECH_OPTIONS_H
#define MER_CLI_SPEECH_OPTIONS_H

#include "cli/cli.h"
#include "mer/voice.h"

typedef struct cli_speech {
  mer_speech_options options;
  const char *voice; /* folder of the weights; NULL: those that come with the program */
} cli_speech;

/* Rows of an option table; `s` is a cli_speech. */
#define CLI_SPEECH_OPTIONS(s)                                                        \
  {CLI_REAL,                                                                         \
   0,                                                                                \
   "threshold",                                                                      \
   "P",                                                                              \
   &(s).options.threshold,                                                           \
   0,                                                                                \
   1,                                                                                \
   "probability with which speech begins (default .3)"},                             \
      {CLI_REAL,                                                                     \
       0,                                                                            \
       "release",                                                                    \
       "P",                                                                          \
       &(s).options.release,                                                         \
       0,                                                                            \
       1,                                                                            \
       "probability below which silence begins (default .15)"},                      \
      {CLI_REAL,                                                                     \
       0,                                                                            \
       "min-silence",                                                                \
       "S",                                                                          \
       &(s).options.min_silence_s,                                                   \
       0,                                                                            \
       600,                                                                          \
       "shorter silences are part of the speech around them (default .3)"},          \
      {CLI_REAL,                                                                     \
       0,                                                                            \
       "min-speech",                                                                 \
       "S",                                                                          \
       &(s).options.min_speech_s,                                                    \
       0,                                                                            \
       600,                                                                          \
       "shorter speech is none (default .25)"},                                      \
      {CLI_REAL,                                                                     \
       0,                                                                            \
       "padding",                                                                    \
       "S",                                                                          \
       &(s).options.padding_s,                                                       \
       0,                                                                            \
       600,                                                                          \
       "added at both ends of a segment (default 0)"},                               \
      {CLI_REAL,                                                                     \
       0,                                                                            \
       "longest",                                                                    \
       "S",                                                                          \
       &(s).options.longest_s,                                                       \
       1,                                                                            \
       600,                                                                          \
       "longer speech is cut at a pause (default 15)"},                              \
  {                                                                                  \
    CLI_NAME, 0, "voice", "DIR", &(s).voice, 0, 0,                                   \
        "weights that find speech (default models/vad, which come with the program)" \
  }

/** Defaults; fill before the options are parsed. */
cli_speech cli_speech_default(void);

/** What the command line alone shows to be wrong is reported: -1, or the exit code. */
int cli_speech_check(const cli_command *command, const cli_speech *speech);

/** Opens the weights. Statuses as mer_voice_model_open. */
mer_status cli_speech_open(mer_voice_model **voice, const cli_speech *speech, mer_error *err);

#endif
