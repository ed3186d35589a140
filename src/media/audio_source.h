/* audio_source.h: where sound comes from, and where its samples go: the internal side of
 * mer/media.h, which keeps nothing in memory but what is being decoded. */
#ifndef MER_MEDIA_AUDIO_SOURCE_H
#define MER_MEDIA_AUDIO_SOURCE_H

#include "mer/media.h"

/** One of: a file (only `path`), a file's bytes in memory, samples. All borrowed. */
typedef struct mer__audio_source {
  const char *path;  /* of the file; or a name for messages, never NULL */
  const void *bytes; /* [n_bytes] or NULL */
  size_t n_bytes;
  const float *samples; /* [n_samples, n_channels] at rate_hz, or NULL */
  int64_t n_samples;
  int n_channels, rate_hz;
  double most_s; /* the sound ends after so many seconds, and no more of it is decoded; 0: whole */
} mer__audio_source;

/** Takes the next `n` samples; a status other than MER_OK ends the decoding with it. */
typedef mer_status mer__audio_sink(void *user, const float *samples, size_t n, mer_error *err);

/** Decodes `source` as mer_audio_decode does, giving its samples to `sink`; `audio` gets all but
 * them. */
mer_status mer__audio_stream(mer_audio *audio, const mer__audio_source *source,
                             const mer_audio_options *options, mer__audio_sink *sink, void *user,
                             mer_error *err);

/** Takes the next `n` samples of each channel, channels [n_channels][n]. */
typedef mer_status mer__channels_sink(void *user, const float *const *channels, int n_channels,
                                      size_t n, mer_error *err);

/** Decodes `source` in the same way, but the two channels of a stereo sound stay apart; any other
 * number of them is mixed to one. Where the times of the file pause, or sound begins later than the
 * video, there is silence. */
mer_status mer__audio_stream_apart(mer_audio *audio, const mer__audio_source *source,
                                   const mer_audio_options *options, mer__channels_sink *sink,
                                   void *user, mer_error *err);

#endif
