/* mono.h: samples of any format and number of channels to the mean of the channels, or to one of
 * them. */
#ifndef MER_MEDIA_MONO_H
#define MER_MEDIA_MONO_H

#include "media/ffmpeg.h"
#include "mer/base.h"

/** Most channels that are mixed. */
enum { MER__MAX_CHANNELS = 64 };

/** Zero-initialize. */
typedef struct mer__mono {
  float *samples;           /* [n] of the last call: the result */
  float *channel;           /* [n]: one channel */
  size_t capacity;          /* of the two together */
  float peak, channel_peak; /* largest magnitude of all results so far, and of all channels */
  int64_t n_bad;            /* values of channels that were not finite */
} mer__mono;

/** `mono->samples` [n] becomes the mean of the channels, -1 .. 1 for integer formats. `planes` are
 * as in AVFrame.extended_data, `format` is an AVSampleFormat. A value that is not finite is left
 * out of the mean and counted; without any other the mean is 0. MER_STATUS_NO_MEMORY;
 * MER_STATUS_UNSUPPORTED (no channels, too many, an unknown format). */
mer_status mer__mono_mix(mer__mono *mono, const uint8_t *const *planes, int format, int n_channels,
                         size_t n, mer_error *err);
/** The same of one channel: `mono->samples` [n] becomes that, with 0 where a value is not finite.
 */
mer_status mer__mono_pick(mer__mono *mono, const uint8_t *const *planes, int format, int n_channels,
                          int channel, size_t n, mer_error *err);
/** Accepts a zeroed struct. */
void mer__mono_clear(mer__mono *mono);

#endif
