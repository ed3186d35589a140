/* image_load.c: the first picture of a file. A still one must be whole; of a video the first one
 * that can be decoded counts, of an animated WebP the first frame. */
#include "image/image_load.h"

#include <string.h>

#include "base/error.h"
#include "image/picture_decoder.h"
#include "image/webp_frame.h"

typedef struct decoding {
  mer__picture_decoder pictures;
  mer__webp_frame first; /* of an animated WebP; then `pictures` decodes its copy in memory */
  bool has_frame;        /* its frame is the result */
  int code;              /* FFmpeg's, of the last packet that could not be decoded; 0: none */
} decoding;

/* Decodes one packet; NULL ends the stream. Whether that is enough. */
static bool take_packet(decoding *d, const AVPacket *packet) {
  mer__picture_decoder *p = &d->pictures;
  int code = mer__ffmpeg.avcodec_send_packet(p->input.decoder, packet);
  if (code >= 0) code = mer__ffmpeg.avcodec_receive_frame(p->input.decoder, p->frame);
  d->has_frame = code >= 0;
  if (code >= 0) return true;
  if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return false;
  d->code = code;
  return p->still || p->too_large[0] || code == AVERROR(ENOMEM);
}

static void find_frame(decoding *d) {
  const mer__input *input = &d->pictures.input;
  AVPacket *packet = d->pictures.packet;
  bool enough = false;
  int code = 0;
  while (!enough && (code = mer__ffmpeg.av_read_frame(input->format, packet)) >= 0) {
    if (packet->stream_index == input->stream->index) enough = take_packet(d, packet);
    mer__ffmpeg.av_packet_unref(packet);
  }
  if (code == AVERROR(ENOMEM)) d->code = code;
  else if (!enough) take_packet(d, NULL);
}

/* What was wrong with a file that has given no picture. */
static mer_status fail_frame(decoding *d, mer_error *err) {
  mer__input *input = &d->pictures.input;
  const int *too_large = d->pictures.too_large;
  const char *path = input->path;
  if (d->code == AVERROR(ENOMEM)) return mer__fail_memory_for(err, path);
  if (too_large[0])
    return mer__fail(err, MER_STATUS_LIMIT, "%s: %d x %d pixels, at most %d are read", path,
                     too_large[0], too_large[1], (int)MER__IMAGE_MAX_PIXELS);
  if (input->n_read >= MER__IMAGE_MAX_BYTES)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: no whole picture in its first %lld bytes", path,
                     (long long)MER__IMAGE_MAX_BYTES);
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: its picture cannot be decoded (damaged or cut short)", path);
}

static mer_status decode(mer__image *image, decoding *d, mer_error *err) {
  find_frame(d);
  const bool damaged = d->pictures.still && d->has_frame && d->pictures.frame->decode_error_flags;
  if (!d->has_frame || damaged) return fail_frame(d, err);
  mer_status status = mer__picture_of_frame(image, &d->pictures, err);
  if (status != MER_OK || !d->first.still) return status;
  return mer__webp_frame_place(image, &d->first, d->pictures.input.path, err);
}

/* Opens the file, or the first frame of an animated WebP. */
static mer_status open_first(decoding *d, const mer__media_file *file, mer_error *err) {
  mer__picture_decoder *p = &d->pictures;
  mer_status status = mer__picture_decoder_open(p, file, MER__IMAGE_MAX_BYTES, NULL, err);
  if (status != MER_OK || !mer__webp_is_animated(&p->input)) return status;
  status = mer__webp_frame_read(&d->first, &p->input, err);
  if (status != MER_OK) return status;
  mer__picture_decoder_close(p);
  const mer__media_file still = {file->path, d->first.still, d->first.n_bytes};
  return mer__picture_decoder_open(p, &still, MER__IMAGE_MAX_BYTES, NULL, err);
}

mer_status mer__image_load(mer__image *image, const mer__media_file *file, mer_error *err) {
  decoding d = {.code = 0};
  *image = (mer__image){0};
  mer_status status = open_first(&d, file, err);
  if (status == MER_OK) status = decode(image, &d, err);
  const int fault = d.pictures.input.fault;
  if (fault && status != MER_STATUS_NO_MEMORY) {
    mer__image_clear(image);
    status = mer__fail(err, MER_STATUS_IO, "%s: cannot read: %s", file->path, strerror(fault));
  }
  mer__picture_decoder_close(&d.pictures);
  mer__webp_frame_clear(&d.first);
  return status;
}
