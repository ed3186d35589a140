/* input.h: opens a media file and the decoder of its best audio stream, by FFmpeg 5.1. */
#ifndef MER_MEDIA_INPUT_H
#define MER_MEDIA_INPUT_H

#include "base/file.h"
#include "media/ffmpeg.h"

/** An open file. Zero-initialize. */
typedef struct mer__input {
  const char *path; /* borrowed, for messages */
  mer__mapped_file file;
  int64_t position; /* of the demultiplexer in the file */
  AVIOContext *io;
  AVFormatContext *format;
  AVCodecContext *decoder;
  AVStream *stream;
} mer__input;

/** MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_FORMAT, MER_STATUS_UNSUPPORTED,
 * MER_STATUS_NO_MEMORY, as mer_audio_decode. */
mer_status mer__input_open(mer__input *input, const char *path, mer_error *err);
/** Duration the container states, in seconds; -1 if it states none. */
double mer__input_duration(const mer__input *input);
/** Duration the audio stream's own header states, in seconds; -1 if it states none, or FFmpeg has
 * only estimated it from the bit rate. */
double mer__input_stated_duration(const mer__input *input);
/** Accepts a zeroed or half-opened input. */
void mer__input_close(mer__input *input);

#endif
