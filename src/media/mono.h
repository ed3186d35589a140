/* mono.h: FFmpeg's frames of any sample format to the mean of their channels, by libswresample. */
#ifndef MER_MEDIA_MONO_H
#define MER_MEDIA_MONO_H

#include "media/ffmpeg.h"
#include "mer/base.h"

/** Most channels that are mixed: libswresample's. */
enum { MER__MAX_CHANNELS = 64 };

/** Converter for one format of frames; set anew when a frame has another. Zero-initialize. */
typedef struct mer__mono {
  SwrContext *swr;
  int format, n_channels;
  float *samples; /* [capacity]: the last frame's result */
  size_t capacity;
} mer__mono;

/** `mono->samples` [frame->nb_samples] becomes the mean of the frame's channels, -1 .. 1 for
 * integer formats. Samples that are not finite become 0 and are counted in `*n_bad`.
 * MER_STATUS_NO_MEMORY; MER_STATUS_UNSUPPORTED (no channels, too many). */
mer_status mer__mono_convert(mer__mono *mono, int64_t *n_bad, const AVFrame *frame, mer_error *err);
/** Accepts a zeroed struct. */
void mer__mono_clear(mer__mono *mono);

#endif
