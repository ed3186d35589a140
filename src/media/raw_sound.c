/* raw_sound.c: knows sound without a header by its name and by FFmpeg's choice. */
#include "media/raw_sound.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"

bool mer__raw_is_named(const char *path) {
  static const char *const endings[] = {"raw",  "pcm", "ulaw", "mulaw", "alaw", "ul",  "al",
                                        "g711", "u8",  "s8",   "s16",   "sw",   "sb",  "uw",
                                        "ub",   "s32", "f32",  "vox",   "g723", "g726"};
  const char *dot = strrchr(path, '.');
  for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
    if (strcasecmp(dot + 1, endings[i]) == 0) return true;
  return false;
}

/* FFmpeg knows such formats by the name alone, and takes 44.1 kHz for them. Where the name says
 * that there is no header, a weak likeness to another format is chance. */
bool mer__raw_is_guessed(const AVFormatContext *format, const char *path) {
  int id = format->iformat->raw_codec_id;
  bool is_pcm = id >= AV_CODEC_ID_PCM_S16LE && id < AV_CODEC_ID_ADPCM_IMA_QT;
  bool is_g726 = id == AV_CODEC_ID_ADPCM_G726 || id == AV_CODEC_ID_ADPCM_G726LE;
  bool is_weak = format->probe_score <= AVPROBE_SCORE_EXTENSION + 1;
  return is_pcm || is_g726 || (is_weak && mer__raw_is_named(path));
}

mer_status mer__raw_fail(const char *path, mer_error *err) {
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: sound without a header: its sampling rate and sample format are missing; "
                   "make a WAV file of it first (ffmpeg -f mulaw -ar 8000 -i IN OUT.wav)",
                   path);
}
