/* audio.c: file to mono samples at a rate: demultiplex, decode, mix, resample, a packet at a time.
 * Damage is met where it occurs: a packet that cannot be decoded is counted and passed over. */
#include <math.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "media/input.h"
#include "media/mono.h"
#include "media/resample.h"
#include "mer/media.h"

/* A stream may fall this much short of its stated duration (padding, rounding) without being
 * damaged. */
static const double DURATION_SLACK_S = 0.1;

typedef struct decoding {
  mer__input input;
  mer__mono mono;
  mer__resampler resampler;
  AVPacket *packet;
  AVFrame *frame;
  const mer_audio_options *options;
  int rate_hz; /* of the source; 0 until the first frame */
  int n_channels;
  int64_t n_samples, n_errors; /* of the source */
} decoding;

static const mer_audio_options default_options = {.size = sizeof default_options, .rate_hz = 16000};

void mer_audio_options_init(mer_audio_options *options, size_t size) {
  mer__options_init(options, size, &default_options, sizeof default_options);
}

static mer_status fail_duration(const decoding *d, double seconds, mer_error *err) {
  return mer__fail(err, MER_STATUS_LIMIT, "%s: %.1f s long, at most %.1f s are read", d->input.path,
                   seconds, d->options->max_duration_s);
}

static bool too_long(const decoding *d, double seconds) {
  return d->options->max_duration_s > 0 && seconds > d->options->max_duration_s;
}

static mer_status check_rate(const decoding *d, int rate_hz, mer_error *err) {
  if (rate_hz >= MER__RATE_MIN_HZ && rate_hz <= MER__RATE_MAX_HZ) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: sampling rate %d Hz, not %d to %d", d->input.path,
                   rate_hz, MER__RATE_MIN_HZ, MER__RATE_MAX_HZ);
}

/* The first frame, not the container, tells the rate and the channels (HE-AAC has half the rate in
 * the container's header). */
static mer_status begin(decoding *d, mer_error *err) {
  mer_status status = check_rate(d, d->frame->sample_rate, err);
  if (status != MER_OK) return status;
  d->rate_hz = d->frame->sample_rate;
  d->n_channels = d->frame->ch_layout.nb_channels;
  return mer__resampler_init(&d->resampler, d->rate_hz, d->options->rate_hz, err);
}

/* Passes one decoded frame on. One whose rate differs from the stream's is left out. */
static mer_status take_frame(decoding *d, mer_error *err) {
  mer_status status = d->rate_hz ? MER_OK : begin(d, err);
  if (status != MER_OK) return status;
  if (d->frame->sample_rate != d->rate_hz) {
    d->n_errors++;
    return MER_OK;
  }
  if (d->frame->decode_error_flags) d->n_errors++;
  d->n_samples += d->frame->nb_samples;
  double seconds = (double)d->n_samples / d->rate_hz;
  if (too_long(d, seconds)) return fail_duration(d, seconds, err);
  mer_error detail = {0};
  status = mer__mono_convert(&d->mono, &d->n_errors, d->frame, &detail);
  if (status == MER_STATUS_NO_MEMORY) return mer__fail_memory(err);
  if (status != MER_OK) return mer__fail(err, status, "%s: %s", d->input.path, detail.message);
  return mer__resampler_push(&d->resampler, d->mono.samples, (size_t)d->frame->nb_samples, err);
}

/* Decodes one packet; NULL ends the stream. */
static mer_status take_packet(decoding *d, const AVPacket *packet, mer_error *err) {
  int code = mer__ffmpeg.avcodec_send_packet(d->input.decoder, packet);
  while (code >= 0) {
    code = mer__ffmpeg.avcodec_receive_frame(d->input.decoder, d->frame);
    if (code < 0) break;
    mer_status status = take_frame(d, err);
    mer__ffmpeg.av_frame_unref(d->frame);
    if (status != MER_OK) return status;
  }
  if (code == AVERROR(ENOMEM)) return mer__fail_memory(err);
  if (code != AVERROR(EAGAIN) && code != AVERROR_EOF) d->n_errors++;
  return MER_OK;
}

static mer_status decode_packets(decoding *d, mer_error *err) {
  int code;
  while ((code = mer__ffmpeg.av_read_frame(d->input.format, d->packet)) >= 0) {
    mer_status status = MER_OK;
    if (d->packet->stream_index == d->input.stream->index) {
      if (d->packet->flags & AV_PKT_FLAG_CORRUPT)
        d->n_errors++; /* cut short; its beginning is used */
      status = take_packet(d, d->packet, err);
    }
    mer__ffmpeg.av_packet_unref(d->packet);
    if (status != MER_OK) return status;
  }
  if (code == AVERROR(ENOMEM)) return mer__fail_memory(err);
  if (code != AVERROR_EOF) d->n_errors++;
  return take_packet(d, NULL, err);
}

/* Notes an end that is missing; nothing at all where there should be something is a failure. */
static mer_status check_completeness(decoding *d, mer_error *err) {
  double stated = mer__input_stated_duration(&d->input);
  double seconds = d->rate_hz ? (double)d->n_samples / d->rate_hz : 0;
  if (stated > seconds + DURATION_SLACK_S) d->n_errors++;
  if (d->n_samples > 0 || (d->n_errors == 0 && !(stated > 0))) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: none of its sound can be decoded (damaged or cut short)", d->input.path);
}

static mer_status decode(decoding *d, const char *path, mer_error *err) {
  mer_status status = mer__input_open(&d->input, path, err);
  if (status != MER_OK) return status;
  double seconds = mer__input_duration(&d->input);
  if (too_long(d, seconds)) return fail_duration(d, seconds, err);
  d->packet = mer__ffmpeg.av_packet_alloc();
  d->frame = mer__ffmpeg.av_frame_alloc();
  if (!d->packet || !d->frame) return mer__fail_memory(err);
  status = decode_packets(d, err);
  if (status == MER_OK) status = check_completeness(d, err);
  if (status == MER_OK && d->rate_hz) status = mer__resampler_finish(&d->resampler, err);
  return status;
}

/* Hands the samples over to the caller. */
static void deliver(mer_audio *audio, decoding *d) {
  const AVCodecParameters *parameters = d->input.stream->codecpar;
  audio->samples = d->resampler.out.data;
  audio->n_samples = (int64_t)d->resampler.out.n;
  audio->rate_hz = d->options->rate_hz;
  audio->source_rate_hz = d->rate_hz ? d->rate_hz : parameters->sample_rate;
  audio->source_channels = d->rate_hz ? d->n_channels : parameters->ch_layout.nb_channels;
  audio->n_errors = d->n_errors;
  d->resampler.out = (mer__samples){0};
}

mer_status mer_audio_decode(mer_audio *audio, const char *path, const mer_audio_options *options,
                            mer_error *err) {
  mer_audio_options used = default_options;
  decoding d = {.options = &used};
  *audio = (mer_audio){0};
  mer_status status = mer__options_read(&used, sizeof used, options, "mer_audio_options", err);
  if (status != MER_OK) return status;
  if (d.options->rate_hz < MER__RATE_MIN_HZ || d.options->rate_hz > MER__RATE_MAX_HZ)
    return mer__fail(err, MER_STATUS_INVALID, "rate_hz is %d, not %d to %d", d.options->rate_hz,
                     MER__RATE_MIN_HZ, MER__RATE_MAX_HZ);
  status = decode(&d, path, err);
  if (status == MER_OK) deliver(audio, &d);
  if (d.frame) mer__ffmpeg.av_frame_free(&d.frame);
  if (d.packet) mer__ffmpeg.av_packet_free(&d.packet);
  mer__resampler_clear(&d.resampler);
  mer__mono_clear(&d.mono);
  mer__input_close(&d.input);
  return status;
}

void mer_audio_clear(mer_audio *audio) {
  mer__free(audio->samples);
  *audio = (mer_audio){0};
}
