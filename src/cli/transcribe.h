/* transcribe.h: a transcript of a recording, made by a program of the user: it gets the sound of
 * each channel as a WAV in a private folder, and what it writes there or prints is read. */
#ifndef MER_CLI_TRANSCRIBE_H
#define MER_CLI_TRANSCRIBE_H

#include "mer/timeline.h"

typedef struct cli_transcriber {
  const char *command; /* with {wav}, {out}, {dir} (docs/timeline.md) */
  mer_channels channels;
  bool quiet;        /* what the command says is shown only if it fails */
  bool tells_damage; /* of the recording: nobody else decodes it */
  const mer_monitor *monitor;
} cli_transcriber;

/** Runs the command for the channels of a recording, one after the other; nothing of their sound is
 * left afterwards. Statuses of mer_recording_decode, cli_shell_command_run and
 * mer_transcript_open_channels; MER_STATUS_NOT_FOUND: the command has written nothing. */
mer_status cli_transcribe(mer_transcript **out, const char *recording,
                          const cli_transcriber *transcriber, mer_error *err);

#endif
