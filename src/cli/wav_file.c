/* wav_file.c: RIFF WAVE (PCM, one channel, 16 bits). The header is written twice: the sizes in it
 * are known at the end. */
#include "cli/wav_file.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { HEADER_BYTES = 44, SAMPLE_BYTES = 2, PIECE_SAMPLES = 2048 };

static mer_status fail(const cli_wav_file *wav, mer_error *err) {
  snprintf(err->message, sizeof err->message, "%.300s: cannot write: %s", wav->path,
           strerror(errno));
  return err->status = MER_STATUS_IO;
}

static uint8_t *put(uint8_t *out, uint32_t value, int n_bytes) {
  for (; n_bytes > 0; n_bytes--, value >>= 8) *out++ = (uint8_t)value;
  return out;
}

static bool write_header(const cli_wav_file *wav) {
  uint8_t header[HEADER_BYTES], *out = header;
  const uint32_t size = (uint32_t)(wav->n_samples * SAMPLE_BYTES), rate_hz = (uint32_t)wav->rate_hz;
  memcpy(out, "RIFF", 4);
  out = put(out + 4, size + HEADER_BYTES - 8, 4);
  memcpy(out, "WAVEfmt ", 8);
  out = put(out + 8, 16, 4); /* bytes of the format: */
  out = put(out, 1, 2);      /* PCM */
  out = put(out, 1, 2);      /* channels */
  out = put(out, rate_hz, 4);
  out = put(out, rate_hz * SAMPLE_BYTES, 4);
  out = put(out, SAMPLE_BYTES, 2);
  out = put(out, 8 * SAMPLE_BYTES, 2);
  memcpy(out, "data", 4);
  put(out + 4, size, 4);
  return fwrite(header, 1, sizeof header, wav->file) == sizeof header;
}

mer_status cli_wav_create(cli_wav_file *wav, const char *path, int rate_hz, mer_error *err) {
  *wav = (cli_wav_file){.path = path, .rate_hz = rate_hz};
  wav->file = fopen(path, "wb");
  return wav->file && write_header(wav) ? MER_OK : fail(wav, err);
}

mer_status cli_wav_add(cli_wav_file *wav, const float *samples, int64_t n, mer_error *err) {
  uint8_t bytes[PIECE_SAMPLES * SAMPLE_BYTES];
  if (n > CLI_WAV_MAX_SAMPLES - wav->n_samples) {
    snprintf(err->message, sizeof err->message, "%.300s: more than a WAV file holds, 4 GiB",
             wav->path);
    return err->status = MER_STATUS_LIMIT;
  }
  wav->n_samples += n;
  while (n > 0) {
    const int64_t taken = n < PIECE_SAMPLES ? n : PIECE_SAMPLES;
    uint8_t *out = bytes;
    for (int64_t i = 0; i < taken; i++) {
      const float x = fminf(fmaxf(samples[i], -1), 32767.f / 32768);
      out = put(out, (uint32_t)lrintf(x * 32768), SAMPLE_BYTES);
    }
    if (fwrite(bytes, SAMPLE_BYTES, (size_t)taken, wav->file) != (size_t)taken)
      return fail(wav, err);
    samples += taken;
    n -= taken;
  }
  return MER_OK;
}

mer_status cli_wav_finish(cli_wav_file *wav, mer_error *err) {
  const bool written = fseek(wav->file, 0, SEEK_SET) == 0 && write_header(wav);
  const int reason = errno;
  const bool closed = fclose(wav->file) == 0;
  wav->file = NULL;
  if (written && closed) return MER_OK;
  if (!written) errno = reason;
  return fail(wav, err);
}

void cli_wav_abandon(cli_wav_file *wav) {
  if (wav->file) fclose(wav->file);
  wav->file = NULL;
}
