/* video_frames.c: demultiplex, decode, and pass on the pictures whose time has come. */
#include "image/video_frames.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "image/picture_decoder.h"
#include "image/webp_frame.h"

/* Of a video whose pictures have no times. */
static const double USUAL_RATE_HZ = 25;

typedef struct decoding {
  mer__picture_decoder pictures;
  const mer__video_options *options;
  mer__video_sink *sink;
  void *user;
  int64_t first;     /* the time of the first picture in units of the stream */
  double last, next; /* seconds: of the last picture, and when the next one is wanted */
  int64_t n_frames, n_errors;
  bool enough;
} decoding;

/* Seconds from the first picture to a time of the stream; NaN: it has none. */
static double seconds_of(const decoding *d, int64_t time) {
  if (time == AV_NOPTS_VALUE || d->first == AV_NOPTS_VALUE) return NAN;
  return ((double)time - (double)d->first) * av_q2d(d->pictures.input.stream->time_base);
}

/* When the frame is to be shown; without a time, or if it goes back, a step after the last one. */
static double time_of_frame(const decoding *d) {
  const AVRational rate = d->pictures.input.stream->avg_frame_rate;
  const double seconds = seconds_of(d, d->pictures.frame->best_effort_timestamp);
  if (d->n_frames == 0) return 0;
  if (seconds >= d->last) return seconds;
  return d->last + 1 / (rate.num > 0 && rate.den > 0 ? av_q2d(rate) : USUAL_RATE_HZ);
}

/* Passes the decoded frame on, if it is wanted. */
static mer_status take_frame(decoding *d, mer_error *err) {
  mer__image image = {0};
  if (d->n_frames == 0) d->first = d->pictures.frame->best_effort_timestamp;
  d->last = time_of_frame(d);
  d->n_frames++;
  d->enough = d->last >= d->options->most_s;
  if (d->enough || d->last < d->next) return MER_OK;
  d->next = (floor(d->last * d->options->rate_hz) + 1) / d->options->rate_hz;
  mer_status status = mer__picture_of_frame(&image, &d->pictures, err);
  if (status == MER_OK) status = d->sink(d->user, &image, d->last, err);
  mer__image_clear(&image);
  return status;
}

/* Pictures that are shown before the next one that is wanted are decoded only if others are made
 * of them. */
static void choose_effort(const decoding *d, const AVPacket *packet) {
  const bool early = packet && seconds_of(d, packet->pts) < d->next;
  d->pictures.input.decoder->skip_frame = early ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
}

/* Decodes one packet; NULL ends the stream. */
static mer_status take_packet(decoding *d, const AVPacket *packet, mer_error *err) {
  mer__picture_decoder *p = &d->pictures;
  choose_effort(d, packet);
  int code = mer__ffmpeg.avcodec_send_packet(p->input.decoder, packet);
  while (code >= 0 && !d->enough) {
    code = mer__ffmpeg.avcodec_receive_frame(p->input.decoder, p->frame);
    if (code < 0) break;
    const mer_status status = take_frame(d, err);
    mer__ffmpeg.av_frame_unref(p->frame);
    if (status != MER_OK) return status;
  }
  if (d->enough) return MER_OK;
  if (code == AVERROR(ENOMEM)) return mer__fail_memory_for(err, p->input.path);
  if (code != AVERROR(EAGAIN) && code != AVERROR_EOF) d->n_errors++;
  d->enough = p->too_large[0] > 0;
  return MER_OK;
}

static mer_status decode_packets(decoding *d, mer_error *err) {
  const mer__input *input = &d->pictures.input;
  AVPacket *packet = d->pictures.packet;
  int code = 0;
  while (!d->enough && (code = mer__ffmpeg.av_read_frame(input->format, packet)) >= 0) {
    mer_status status = MER_OK;
    if (packet->stream_index == input->stream->index) status = take_packet(d, packet, err);
    mer__ffmpeg.av_packet_unref(packet);
    if (status != MER_OK) return status;
  }
  if (d->enough) return MER_OK;
  if (code == AVERROR(ENOMEM)) return mer__fail_memory_for(err, input->path);
  if (code != AVERROR_EOF) d->n_errors++;
  return take_packet(d, NULL, err);
}

/* What is wrong with a file that has not given what it should. */
static mer_status check(const decoding *d, mer_error *err) {
  const char *path = d->pictures.input.path;
  const int *too_large = d->pictures.too_large;
  if (too_large[0])
    return mer__fail(err, MER_STATUS_LIMIT, "%s: %d x %d pixels, at most %d are read", path,
                     too_large[0], too_large[1], (int)MER__IMAGE_MAX_PIXELS);
  if (d->n_frames > 0) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: none of its pictures can be decoded (damaged or cut short)", path);
}

mer_status mer__video_frames(int64_t *n_errors, const mer__media_file *file,
                             const mer__video_options *options, mer__video_sink *sink, void *user,
                             mer_error *err) {
  decoding d = {.options = options, .sink = sink, .user = user, .first = AV_NOPTS_VALUE};
  mer__picture_decoder *p = &d.pictures;
  mer_status status;
  MER__CHECK(mer__picture_decoder_open(p, file, 0, options->monitor, err));
  if (mer__webp_is_animated(&p->input))
    MER__CHECK(mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: animated WebP is not read as a video",
                         file->path));
  MER__CHECK(decode_packets(&d, err));
  MER__CHECK(check(&d, err));
cleanup:
  if (p->input.stopped)
    status =
        mer__fail(err, MER_STATUS_INTERRUPTED, "%s: interrupted while it was decoded", file->path);
  else if (p->input.fault && status != MER_STATUS_NO_MEMORY)
    status =
        mer__fail(err, MER_STATUS_IO, "%s: cannot read: %s", file->path, strerror(p->input.fault));
  mer__picture_decoder_close(p);
  *n_errors = d.n_errors;
  return status;
}
