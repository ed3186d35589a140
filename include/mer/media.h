/* mer/media.h: any audio or video file to mono samples.
 * Stable (mer/mer.h). */
#ifndef MER_MEDIA_H
#define MER_MEDIA_H

#include "mer/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mer_audio_options {
  size_t size;           /* of this struct; set by mer_audio_options_init */
  int rate_hz;           /* of the result, 100 to 768000; default 16000 */
  double max_duration_s; /* longer files are MER_STATUS_LIMIT before they are decoded, as far as the
                            container tells; 0 = no limit; default 0 */
  const mer_monitor *monitor; /* asked at intervals whether to stop, nothing else; default NULL */
} mer_audio_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_audio_options_init(mer_audio_options *options, size_t size);

/** Decoded sound. */
typedef struct mer_audio {
  float *samples; /* [n_samples], mono (the mean of the channels), nominally -1 .. 1, finite */
  int64_t n_samples;
  int rate_hz;
  int source_rate_hz, source_channels;
  int64_t n_errors;      /* what is damaged: packets that could not be decoded and were left out, or
                            are cut short; a missing end */
  int64_t n_bad_samples; /* values that are not finite, of all channels: the mean is of the others,
                            and 0 where there is no other */
  float peak;            /* largest magnitude of `samples` */
  float mixed_peak, channel_peak; /* the same before resampling, of the mean and of the channels:
                                     where the mean is silent and a channel is not, they cancel */
  uint64_t reserved[8];           /* zeros; members of later versions take their place here */
} mer_audio;

/** Decodes the best audio stream of `path`, a regular file, by FFmpeg, and resamples it by the
 * filter of torchaudio.functional.resample's defaults. MER_STATUS_NOT_FOUND (no such file, or a
 * video without sound), MER_STATUS_IO, MER_STATUS_FORMAT (not media, zero bytes, no channels, a
 * rate out of range, cut short so that nothing can be decoded, samples without a header),
 * MER_STATUS_UNSUPPORTED (no decoder, more than 64 channels, FFmpeg is not installed),
 * MER_STATUS_LIMIT, MER_STATUS_INVALID (options), MER_STATUS_NO_MEMORY, MER_STATUS_INTERRUPTED. A
 * file with damage gives what could be decoded and n_errors > 0. A file with an audio stream of no
 * samples gives n_samples 0. `options` may be NULL. The first call loads FFmpeg's libraries, and
 * sets its log level, which is global to the process, from its default to quiet. */
MER_API mer_status mer_audio_decode(mer_audio *audio, const char *path,
                                    const mer_audio_options *options, mer_error *err);
/** The same of a file whose bytes are in memory. `name` stands in messages, and its ending helps
 * FFmpeg to tell formats that have no mark of their own; NULL: "sound in memory". */
MER_API mer_status mer_audio_decode_memory(mer_audio *audio, const void *data, size_t size,
                                           const char *name, const mer_audio_options *options,
                                           mer_error *err);
/** Mixes and resamples samples [n_samples, n_channels] at `rate_hz` in the same way, without
 * FFmpeg. MER_STATUS_FORMAT (rate_hz is not 100 to 768000), MER_STATUS_UNSUPPORTED (n_channels is
 * not 1 to 64), MER_STATUS_LIMIT, MER_STATUS_INVALID (options; n_samples below 0, or above it where
 * `samples` is NULL), MER_STATUS_NO_MEMORY, MER_STATUS_INTERRUPTED. */
MER_API mer_status mer_audio_resample(mer_audio *audio, const float *samples, int64_t n_samples,
                                      int n_channels, int rate_hz, const mer_audio_options *options,
                                      mer_error *err);
/** Frees the samples; accepts a zeroed struct. */
MER_API void mer_audio_clear(mer_audio *audio);

#ifdef __cplusplus
}
#endif
#endif
