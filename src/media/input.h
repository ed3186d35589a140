/* input.h: opens a media file and the decoder of its best stream of sound or of pictures, by
 * FFmpeg 5.1. */
#ifndef MER_MEDIA_INPUT_H
#define MER_MEDIA_INPUT_H

#include "media/ffmpeg.h"
#include "media/media_file.h"

/** A file, or one in memory, that is open. Zero-initialize. */
typedef struct mer__input {
  const char *path;     /* borrowed, for messages */
  const uint8_t *bytes; /* borrowed, or NULL: they are read from `fd` */
  int fd;
  int64_t size;
  int64_t position;           /* of the demultiplexer */
  int64_t n_read;             /* by it, in all */
  int64_t max_read;           /* it may not read more; 0: no limit */
  int fault;                  /* errno of the first read that failed; 0: none */
  const mer_monitor *monitor; /* borrowed, or NULL */
  bool stopped;               /* it has asked to stop */
  bool endless;               /* its header does not tell its length: it was written to a pipe */
  AVIOContext *io;
  AVFormatContext *format;
  AVCodecContext *decoder;
  AVStream *stream;
} mer__input;

/** Opens `file` with the decoder of its best audio stream. `monitor` (may be NULL) is asked at each
 * read whether to stop; then nothing more can be read, and `stopped` is set. MER_STATUS_NOT_FOUND,
 * MER_STATUS_IO, MER_STATUS_FORMAT, MER_STATUS_UNSUPPORTED, MER_STATUS_NO_MEMORY, as
 * mer_audio_decode. */
mer_status mer__input_open(mer__input *input, const mer__media_file *file,
                           const mer_monitor *monitor, mer_error *err);
/** Opens `file`, a picture or a video, with the stream of its pictures, of which at most `max_read`
 * bytes are read. The decoder is not open yet: it is the caller's to set up. Statuses as above;
 * sound without pictures is MER_STATUS_NOT_FOUND. */
mer_status mer__input_open_pictures(mer__input *input, const mer__media_file *file,
                                    int64_t max_read, mer_error *err);
/** What FFmpeg calls an error, with the path and what was done. */
mer_status mer__input_fail(const mer__input *input, int code, const char *what, mer_error *err);
/** Copies up to `n` bytes from `offset` on; fewer at the end, -1 with errno if they cannot be read.
 */
int64_t mer__input_read(mer__input *input, void *out, int64_t offset, size_t n);
/** Duration the container states, in seconds; -1 if it states none. */
double mer__input_duration(const mer__input *input);
/** Duration the audio stream's own header states, in seconds; -1 if it states none, or FFmpeg has
 * only estimated it from the bit rate. */
double mer__input_stated_duration(const mer__input *input);
/** Accepts a zeroed or half-opened input. */
void mer__input_close(mer__input *input);

#endif
