/* picture_decoder.c: FFmpeg's decoder of pictures, which refuses what is too large. */
#include "image/picture_decoder.h"

#include <string.h>

#include "base/ends_with.h"
#include "base/error.h"
#include "image/colour.h"
#include "image/orientation.h"

/* Whether the format is that of a picture: of these FFmpeg has one for each codec. */
static bool is_still(const AVFormatContext *format) {
  const char *name = format->iformat->name;
  return strcmp(name, "gif") == 0 || mer__ends_with(name, "_pipe");
}

/* FFmpeg asks for the memory of a frame when it knows its size. */
static int get_buffer(AVCodecContext *decoder, AVFrame *frame, int flags) {
  mer__picture_decoder *d = decoder->opaque;
  if ((int64_t)decoder->width * decoder->height <= MER__IMAGE_MAX_PIXELS)
    return mer__ffmpeg.avcodec_default_get_buffer2(decoder, frame, flags);
  d->too_large[0] = decoder->width;
  d->too_large[1] = decoder->height;
  return AVERROR(EINVAL);
}

static mer_status open_decoder(mer__picture_decoder *d, mer_error *err) {
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

mer_status mer__picture_decoder_open(mer__picture_decoder *d, const mer__media_file *file,
                                     int64_t max_read, const mer_monitor *monitor, mer_error *err) {
  *d = (mer__picture_decoder){.input.fd = -1};
  mer_status status = mer__input_open_pictures(&d->input, file, max_read, err);
  if (status != MER_OK) return status;
  d->input.monitor = monitor;
  status = open_decoder(d, err);
  if (status != MER_OK) return status;
  d->packet = mer__ffmpeg.av_packet_alloc();
  d->frame = mer__ffmpeg.av_frame_alloc();
  return d->packet && d->frame ? MER_OK : mer__fail_memory_for(err, file->path);
}

void mer__picture_decoder_close(mer__picture_decoder *d) {
  if (d->frame) mer__ffmpeg.av_frame_free(&d->frame);
  if (d->packet) mer__ffmpeg.av_packet_free(&d->packet);
  mer__input_close(&d->input);
}

mer_status mer__picture_of_frame(mer__image *image, mer__picture_decoder *d, mer_error *err) {
  mer__planes planes = {0};
  mer_status status =
      mer__planes_read(&planes, d->frame, d->input.decoder->codec_id, d->input.path, err);
  if (status == MER_OK) status = mer__image_of_planes(image, &planes, err);
  if (status == MER_OK)
    status = mer__orientation_undo(image, mer__orientation_find(&d->input, d->frame), err);
  mer__planes_clear(&planes);
  if (status != MER_OK) mer__image_clear(image);
  return status;
}
