/* input.c: FFmpeg's demultiplexer on a file's bytes. They are handed over piece by piece (and not
 * mapped: a file may become shorter while it is decoded), and further opens are refused, so that
 * neither a path ("http:...", "concat:...") nor what a playlist names can make it read anything
 * else. */
#include "media/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "media/raw_sound.h"
#include "media/wav.h"

enum { IO_BUFFER_BYTES = 1 << 15, MESSAGE_BYTES = 128 };

static const char no_media[] = "not an audio or video file: expected one that FFmpeg reads";

int64_t mer__input_read(mer__input *input, void *out, int64_t offset, size_t n) {
  int64_t left = input->size - offset;
  if (left <= 0) return 0;
  if ((int64_t)n > left) n = (size_t)left;
  if (input->bytes) {
    memcpy(out, input->bytes + offset, n);
    return (int64_t)n;
  }
  ssize_t done;
  do done = pread(input->fd, out, n, offset);
  while (done < 0 && errno == EINTR);
  if (done < 0 && !input->fault) input->fault = errno;
  return done;
}

static int read_bytes(void *opaque, uint8_t *buffer, int size) {
  mer__input *input = opaque;
  input->stopped |= mer__should_stop(input->monitor);
  if (input->stopped) return AVERROR_EXIT;
  if (input->max_read && input->n_read >= input->max_read) return AVERROR_EOF;
  int64_t n = mer__input_read(input, buffer, input->position, (size_t)size);
  if (n <= 0) return n < 0 ? AVERROR(errno) : AVERROR_EOF;
  input->position += n;
  input->n_read += n;
  return (int)n;
}

static int64_t seek_bytes(void *opaque, int64_t offset, int whence) {
  mer__input *input = opaque;
  int64_t size = input->size, base = 0, position;
  whence &= ~AVSEEK_FORCE;
  if (whence == AVSEEK_SIZE) return size;
  if (whence == SEEK_CUR) base = input->position;
  else if (whence == SEEK_END) base = size;
  else if (whence != SEEK_SET) return AVERROR(EINVAL);
  if (__builtin_add_overflow(base, offset, &position) || position < 0) return AVERROR(EINVAL);
  return input->position = position;
}

static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags,
                       AVDictionary **options) {
  (void)format, (void)io, (void)url, (void)flags, (void)options;
  return AVERROR(EPERM);
}

mer_status mer__input_fail(const mer__input *input, int code, const char *what, mer_error *err) {
  char text[MESSAGE_BYTES];
  if (code == AVERROR(ENOMEM)) return mer__fail_memory_for(err, input->path);
  mer__ffmpeg.av_strerror(code, text, sizeof text);
  return mer__fail(err, MER_STATUS_FORMAT, "%s: %s (%s)", input->path, what, text);
}

static mer_status open_io(mer__input *input, mer_error *err) {
  uint8_t *buffer = mer__ffmpeg.av_malloc(IO_BUFFER_BYTES);
  if (buffer)
    input->io = mer__ffmpeg.avio_alloc_context(buffer, IO_BUFFER_BYTES, 0, input, read_bytes, NULL,
                                               seek_bytes);
  if (!input->io) mer__ffmpeg.av_free(buffer);
  input->format = mer__ffmpeg.avformat_alloc_context();
  if (!input->io || !input->format) return mer__fail_memory_for(err, input->path);
  input->format->pb = input->io;
  input->format->flags |= AVFMT_FLAG_CUSTOM_IO; /* so that FFmpeg never closes it */
  input->format->io_open = refuse_open;
  /* FFmpeg would look for DTS and the like in a WAV file's samples: 2,500 packets against all
   * formats it knows take longer than everything else together. */
  if (mer__wav_is(input)) input->format->max_probe_packets = 1;
  /* For demultiplexers that open further ones, which do not inherit io_open (concat). */
  input->format->protocol_whitelist = mer__ffmpeg.av_strdup("none");
  return input->format->protocol_whitelist ? MER_OK : mer__fail_memory_for(err, input->path);
}

/* The name without its folders helps FFmpeg to guess the format of sound. */
static mer_status open_format(mer__input *input, mer_error *err) {
  const char *name = mer__path_name(input->path);
  /* On failure it frees `format`. */
  int code = mer__ffmpeg.avformat_open_input(&input->format, name, NULL, NULL);
  if (code < 0) return mer__input_fail(input, code, no_media, err);
  if (mer__raw_is_guessed(input->format, name)) return mer__raw_fail(input->path, err);
  code = mer__ffmpeg.avformat_find_stream_info(input->format, NULL);
  if (code == AVERROR(ENOMEM)) return mer__fail_memory_for(err, input->path);
  return MER_OK; /* other failures show when the streams are used */
}

static bool has_stream(const mer__input *input, enum AVMediaType type) {
  for (unsigned i = 0; i < input->format->nb_streams; i++)
    if (input->format->streams[i]->codecpar->codec_type == type) return true;
  return false;
}

/* Why there is no stream to decode. FFmpeg passes over audio streams without channels or rate, and
 * takes some texts for subtitles. */
static mer_status fail_stream(const mer__input *input, int code, mer_error *err) {
  if (code == AVERROR_DECODER_NOT_FOUND)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: no decoder for its audio stream",
                     input->path);
  if (has_stream(input, AVMEDIA_TYPE_AUDIO))
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: its audio stream has no channels or no sampling rate", input->path);
  if (has_stream(input, AVMEDIA_TYPE_VIDEO))
    return mer__fail(err, MER_STATUS_NOT_FOUND, "%s: has no audio stream", input->path);
  return mer__fail(err, MER_STATUS_FORMAT, "%s: %s", input->path, no_media);
}

/* Takes stream `index` alone, and makes its decoder; FFmpeg's code. */
static int take_stream(mer__input *input, int index, const AVCodec *codec) {
  for (unsigned i = 0; i < input->format->nb_streams; i++)
    if ((int)i != index) input->format->streams[i]->discard = AVDISCARD_ALL;
  input->stream = input->format->streams[index];
  input->decoder = mer__ffmpeg.avcodec_alloc_context3(codec);
  if (!input->decoder) return AVERROR(ENOMEM);
  input->decoder->thread_count = 1; /* files are decoded side by side instead */
  input->decoder->pkt_timebase = input->stream->time_base;
  return mer__ffmpeg.avcodec_parameters_to_context(input->decoder, input->stream->codecpar);
}

static mer_status open_decoder(mer__input *input, mer_error *err) {
  const AVCodec *codec = NULL;
  int index = mer__ffmpeg.av_find_best_stream(input->format, AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
  if (index < 0) return fail_stream(input, index, err);
  int code = take_stream(input, index, codec);
  /* FLAC has a checksum for each packet, which FFmpeg does not heed unless asked. */
  if (codec->id == AV_CODEC_ID_FLAC)
    input->decoder->err_recognition |= AV_EF_CRCCHECK | AV_EF_EXPLODE;
  if (code >= 0) code = mer__ffmpeg.avcodec_open2(input->decoder, codec, NULL);
  return code < 0 ? mer__input_fail(input, code, "unusable audio stream", err) : MER_OK;
}

static mer_status open_file(mer__input *input, const mer__media_file *file, mer_error *err) {
  size_t size = file->n_bytes;
  mer_status status = MER_OK;
  *input = (mer__input){.path = file->path, .bytes = file->bytes, .fd = -1};
  if (!file->bytes) status = mer__file_open(&input->fd, &size, file->path, err);
  input->size = (int64_t)size;
  if (status != MER_OK) input->fd = -1;
  if (status == MER_OK && !size)
    status = mer__fail(err, MER_STATUS_FORMAT, "%s: empty file", file->path);
  if (status == MER_OK) status = mer__ffmpeg_load(err);
  return status == MER_OK ? open_io(input, err) : status;
}

mer_status mer__input_open(mer__input *input, const mer__media_file *file,
                           const mer_monitor *monitor, mer_error *err) {
  mer_status status;
  MER__CHECK(open_file(input, file, err));
  input->monitor = monitor;
  MER__CHECK(open_format(input, err));
  MER__CHECK(open_decoder(input, err));
  input->endless = mer__wav_is_endless(input);
cleanup:
  if (status == MER_STATUS_FORMAT && mer__raw_is_named(input->path))
    status = mer__raw_fail(input->path, err);
  if (status != MER_OK) mer__input_close(input);
  return status;
}

/* The content alone says what it is: by its name a file could be a list of pictures to FFmpeg.
 * Streams are looked for in the header; looking into the packets would decode pictures of any size.
 */
static mer_status open_picture_format(mer__input *input, mer_error *err) {
  int code = mer__ffmpeg.avformat_open_input(&input->format, "", NULL, NULL);
  if (code < 0) return mer__input_fail(input, code, "not an image or video file", err);
  if (input->format->nb_streams > 0) return MER_OK;
  code = mer__ffmpeg.avformat_find_stream_info(input->format, NULL);
  return code == AVERROR(ENOMEM) ? mer__fail_memory_for(err, input->path) : MER_OK;
}

static mer_status take_pictures(mer__input *input, mer_error *err) {
  const AVCodec *codec = NULL;
  int index = mer__ffmpeg.av_find_best_stream(input->format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  if (index == AVERROR_DECODER_NOT_FOUND)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: no decoder for its pictures", input->path);
  if (index < 0 && has_stream(input, AVMEDIA_TYPE_AUDIO))
    return mer__fail(err, MER_STATUS_NOT_FOUND, "%s: has no pictures", input->path);
  if (index < 0)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: not an image or video file", input->path);
  int code = take_stream(input, index, codec);
  return code < 0 ? mer__input_fail(input, code, "unusable pictures", err) : MER_OK;
}

mer_status mer__input_open_pictures(mer__input *input, const mer__media_file *file,
                                    int64_t max_read, mer_error *err) {
  mer_status status;
  MER__CHECK(open_file(input, file, err));
  input->max_read = max_read;
  MER__CHECK(open_picture_format(input, err));
  MER__CHECK(take_pictures(input, err));
cleanup:
  if (status != MER_OK) mer__input_close(input);
  return status;
}

double mer__input_stated_duration(const mer__input *input) {
  const AVStream *stream = input->stream;
  if (input->endless || input->format->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE ||
      stream->duration == AV_NOPTS_VALUE || stream->duration < 0)
    return -1;
  return (double)stream->duration * av_q2d(stream->time_base);
}

double mer__input_duration(const mer__input *input) {
  double stated = mer__input_stated_duration(input);
  if (stated >= 0 || input->format->duration == AV_NOPTS_VALUE) return stated;
  return (double)input->format->duration / AV_TIME_BASE;
}

void mer__input_close(mer__input *input) {
  if (input->decoder) mer__ffmpeg.avcodec_free_context(&input->decoder);
  if (input->format) mer__ffmpeg.avformat_close_input(&input->format);
  if (input->io) mer__ffmpeg.av_freep(&input->io->buffer);
  if (input->io) mer__ffmpeg.avio_context_free(&input->io);
  if (input->fd >= 0) close(input->fd);
  input->fd = -1;
  input->stream = NULL;
}
