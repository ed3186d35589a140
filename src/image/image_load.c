/* image_load.c: the first picture of a file. A still one must be whole; of a video the first one
 * that can be decoded counts. */
#include "image/image_load.h"

#include <string.h>

#include "base/error.h"
#include "image/colour.h"
#include "image/orientation.h"
#include "media/input.h"

typedef struct decoding {
  mer__input input;
  AVPacket *packet;
  AVFrame *frame;
  bool still;       /* a picture, not a video */
  bool has_frame;   /* `frame` holds the result */
  int code;         /* FFmpeg's, of the last packet that could not be decoded; 0: none */
  int too_large[2]; /* width and height of a frame that was refused */
} decoding;

/* Whether the format is that of a picture: of these FFmpeg has one for each codec. */
static bool is_still(const AVFormatContext *format) {
  const char *name = format->iformat->name;
  const size_t n = strlen(name);
  return strcmp(name, "gif") == 0 || (n > 5 && strcmp(name + n - 5, "_pipe") == 0);
}

/* FFmpeg asks for the memory of a frame when it knows its size. */
static int get_buffer(AVCodecContext *decoder, AVFrame *frame, int flags) {
  decoding *d = decoder->opaque;
  if ((int64_t)decoder->width * decoder->height <= MER__IMAGE_MAX_PIXELS)
    return mer__ffmpeg.avcodec_default_get_buffer2(decoder, frame, flags);
  d->too_large[0] = decoder->width;
  d->too_large[1] = decoder->height;
  return AVERROR(EINVAL);
}

static mer_status open_decoder(decoding *d, mer_error *err) {
  AVCodecContext *decoder = d->input.decoder;
  d->still = is_still(d->input.format);
  if (decoder->codec_id == AV_CODEC_ID_SVG)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: SVG is not read", d->input.path);
  decoder->opaque = d;
  decoder->get_buffer2 = get_buffer;
  decoder->idct_algo = FF_IDCT_FAAN; /* the nearest to libjpeg's */
  if (d->still) decoder->err_recognition |= AV_EF_CRCCHECK | AV_EF_EXPLODE;
  int code = mer__ffmpeg.avcodec_open2(decoder, decoder->codec, NULL);
  return code < 0 ? mer__input_fail(&d->input, code, "unusable pictures", err) : MER_OK;
}

/* Decodes one packet; NULL ends the stream. Whether that is enough. */
static bool take_packet(decoding *d, const AVPacket *packet) {
  int code = mer__ffmpeg.avcodec_send_packet(d->input.decoder, packet);
  if (code >= 0) code = mer__ffmpeg.avcodec_receive_frame(d->input.decoder, d->frame);
  d->has_frame = code >= 0;
  if (code >= 0) return true;
  if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return false;
  d->code = code;
  return d->still || d->too_large[0] || code == AVERROR(ENOMEM);
}

static void find_frame(decoding *d) {
  bool enough = false;
  int code = 0;
  while (!enough && (code = mer__ffmpeg.av_read_frame(d->input.format, d->packet)) >= 0) {
    if (d->packet->stream_index == d->input.stream->index) enough = take_packet(d, d->packet);
    mer__ffmpeg.av_packet_unref(d->packet);
  }
  if (code == AVERROR(ENOMEM)) d->code = code;
  else if (!enough) take_packet(d, NULL);
}

/* Whether it is WebP with the mark of an animation. */
static bool is_animated(mer__input *input) {
  uint8_t head[21];
  return input->decoder->codec_id == AV_CODEC_ID_WEBP &&
         mer__input_read(input, head, 0, sizeof head) == (int64_t)sizeof head &&
         memcmp(head + 12, "VP8X", 4) == 0 && head[20] & 2;
}

/* What was wrong with a file that has given no picture. */
static mer_status fail_frame(decoding *d, mer_error *err) {
  const char *path = d->input.path;
  if (d->code == AVERROR(ENOMEM)) return mer__fail_memory_for(err, path);
  if (d->too_large[0])
    return mer__fail(err, MER_STATUS_LIMIT, "%s: %d x %d pixels, at most %d are read", path,
                     d->too_large[0], d->too_large[1], (int)MER__IMAGE_MAX_PIXELS);
  if (d->input.n_read >= MER__IMAGE_MAX_BYTES)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: no whole picture in its first %lld bytes", path,
                     (long long)MER__IMAGE_MAX_BYTES);
  if (is_animated(&d->input))
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: animated WebP is not read", path);
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: its picture cannot be decoded (damaged or cut short)", path);
}

static mer_status decode(mer__image *image, decoding *d, mer_error *err) {
  mer__planes planes = {0};
  mer_status status;
  MER__CHECK(open_decoder(d, err));
  d->packet = mer__ffmpeg.av_packet_alloc();
  d->frame = mer__ffmpeg.av_frame_alloc();
  if (!d->packet || !d->frame) MER__CHECK(mer__fail_memory_for(err, d->input.path));
  find_frame(d);
  if (!d->has_frame || (d->still && d->frame->decode_error_flags)) MER__CHECK(fail_frame(d, err));
  MER__CHECK(mer__planes_read(&planes, d->frame, d->input.decoder->codec_id, d->input.path, err));
  MER__CHECK(mer__image_of_planes(image, &planes, err));
  MER__CHECK(mer__orientation_undo(image, mer__orientation_find(&d->input, d->frame), err));
cleanup:
  mer__planes_clear(&planes);
  if (status != MER_OK) mer__image_clear(image);
  return status;
}

mer_status mer__image_load(mer__image *image, const mer__media_file *file, mer_error *err) {
  decoding d = {.input.fd = -1};
  *image = (mer__image){0};
  mer_status status = mer__input_open_pictures(&d.input, file, MER__IMAGE_MAX_BYTES, err);
  if (status == MER_OK) status = decode(image, &d, err);
  if (d.input.fault && status != MER_STATUS_NO_MEMORY) {
    mer__image_clear(image);
    status =
        mer__fail(err, MER_STATUS_IO, "%s: cannot read: %s", file->path, strerror(d.input.fault));
  }
  if (d.frame) mer__ffmpeg.av_frame_free(&d.frame);
  if (d.packet) mer__ffmpeg.av_packet_free(&d.packet);
  mer__input_close(&d.input);
  return status;
}
