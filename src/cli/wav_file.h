/* wav_file.h: a WAV of one channel of 16 bits, written as its samples come. */
#ifndef MER_CLI_WAV_FILE_H
#define MER_CLI_WAV_FILE_H

#include <stdio.h>

#include "mer/base.h"

/** The header has the size of all samples in 32 bits. */
#define CLI_WAV_MAX_SAMPLES ((int64_t)2147483600)

/** Zero-initialize. */
typedef struct cli_wav_file {
  FILE *file;
  const char *path; /* borrowed */
  int rate_hz;
  int64_t n_samples;
} cli_wav_file;

/** MER_STATUS_IO. */
mer_status cli_wav_create(cli_wav_file *wav, const char *path, int rate_hz, mer_error *err);
/** Adds samples [n] of -1 .. 1; what is beyond is cut off. MER_STATUS_LIMIT, MER_STATUS_IO. */
mer_status cli_wav_add(cli_wav_file *wav, const float *samples, int64_t n, mer_error *err);
/** Completes the header and closes. MER_STATUS_IO. */
mer_status cli_wav_finish(cli_wav_file *wav, mer_error *err);
/** Closes the file as it is; does nothing after cli_wav_finish. */
void cli_wav_abandon(cli_wav_file *wav);

#endif
