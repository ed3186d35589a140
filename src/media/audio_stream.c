/* audio_stream.c: sound to mono samples at a rate: demultiplex, decode, mix, resample, a packet at
 * a time. Damage is met where it occurs: a packet that cannot be decoded is counted and passed
 * over.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "media/audio_source.h"
#include "media/input.h"
#include "media/mono.h"
#include "media/resample.h"

/* A stream may fall this much short of its stated duration (padding, rounding) without being
 * damaged. */
static const double DURATION_SLACK_S = 0.1;

/* A pause in the times of a file's frames that is as long is silence, until there is a day of it:
 * then the times are taken for an error of the file. */
static const double PAUSE_S = 0.1, MOST_SILENCE_S = 24 * 3600;

/* Samples in memory, and silence, are passed on in pieces of this size. */
enum { PIECE_SAMPLES = 1 << 14 };

/* Most channels that stay apart. */
enum { MAX_APART = 2 };

typedef struct decoding {
  const char *path; /* for messages */
  double most_s;    /* 0: all */
  const mer_audio_options *options;
  mer__audio_sink *sink;             /* NULL: */
  mer__channels_sink *channels_sink; /* the channels of stereo sound stay apart */
  void *user;
  mer_audio *audio;
  mer__input input;
  mer__mono mono;
  mer__resampler resamplers[MAX_APART]; /* [n_results] */
  int n_results;
  AVPacket *packet;
  AVFrame *frame;
  int64_t n_source; /* samples of the source */
  int64_t n_silent; /* beside these, in pauses of its times */
  bool enough;      /* they are all that is wanted */
} decoding;

static mer_status interrupted(const decoding *d, mer_error *err) {
  return mer__fail(err, MER_STATUS_INTERRUPTED, "%s: interrupted while it was decoded", d->path);
}

static mer_status check_duration(const decoding *d, double seconds, mer_error *err) {
  double most = d->options->max_duration_s;
  if (!(most > 0) || seconds <= most) return MER_OK;
  return mer__fail(err, MER_STATUS_LIMIT, "%s: %.1f s long, at most %.1f s are read", d->path,
                   seconds, most);
}

/* Begins a sound whose rate and channels are known. */
static mer_status begin(decoding *d, int rate_hz, int n_channels, mer_error *err) {
  if (rate_hz < MER__RATE_MIN_HZ || rate_hz > MER__RATE_MAX_HZ)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: sampling rate %d Hz, not %d to %d", d->path,
                     rate_hz, MER__RATE_MIN_HZ, MER__RATE_MAX_HZ);
  d->audio->source_rate_hz = rate_hz;
  d->audio->source_channels = n_channels;
  d->n_results = d->channels_sink && n_channels == MAX_APART ? MAX_APART : 1;
  mer_status status = MER_OK;
  for (int c = 0; c < d->n_results && status == MER_OK; c++)
    status = mer__resampler_init(&d->resamplers[c], rate_hz, d->options->rate_hz, err);
  return status;
}

/* The filters may sum values near the largest to one that is not finite; it becomes 0. */
static void note_peak(mer_audio *audio, mer__samples *samples) {
  for (size_t i = 0; i < samples->n; i++) {
    if (!isfinite(samples->data[i])) samples->data[i] = 0;
    if (fabsf(samples->data[i]) > audio->peak) audio->peak = fabsf(samples->data[i]);
  }
}

/* Gives what the resamplers have ready to the sink. */
static mer_status pass_on(decoding *d, mer_error *err) {
  const size_t n = d->resamplers[0].out.n;
  const float *channels[MAX_APART];
  mer_audio *audio = d->audio;
  for (int c = 0; c < d->n_results; c++) {
    mer__samples *out = &d->resamplers[c].out;
    note_peak(audio, out);
    channels[c] = out->data;
    out->n = 0;
  }
  audio->n_samples += (int64_t)n;
  if (!n) return MER_OK;
  if (d->sink) return d->sink(d->user, channels[0], n, err);
  return d->channels_sink(d->user, channels, d->n_results, n, err);
}

/* How many of the next `n` samples are wanted. */
static size_t cut(decoding *d, size_t n) {
  const double most = ceil(d->most_s * d->audio->source_rate_hz);
  if (!(most > 0) || (double)d->n_source + (double)n < most) return n;
  d->enough = true;
  return (size_t)(most - (double)d->n_source);
}

/* Mixes and resamples `n` samples of the source. */
static mer_status take_samples(decoding *d, const uint8_t *const *planes, int format,
                               int n_channels, size_t n, mer_error *err) {
  mer_error detail = {0};
  n = cut(d, n);
  d->n_source += (int64_t)n;
  const double seconds = (double)(d->n_source + d->n_silent) / d->audio->source_rate_hz;
  mer_status status = check_duration(d, seconds, err);
  const bool apart = d->n_results > 1 && n_channels == d->n_results;
  for (int c = 0; c < d->n_results && status == MER_OK; c++) {
    if (c == 0 || apart)
      status = apart ? mer__mono_pick(&d->mono, planes, format, n_channels, c, n, &detail)
                     : mer__mono_mix(&d->mono, planes, format, n_channels, n, &detail);
    if (status == MER_STATUS_NO_MEMORY) return mer__fail_memory_for(err, d->path);
    if (status != MER_OK) return mer__fail(err, status, "%s: %s", d->path, detail.message);
    status = mer__resampler_push(&d->resamplers[c], d->mono.samples, n, err);
  }
  return status == MER_OK ? pass_on(d, err) : status;
}

static mer_status end(decoding *d, mer_error *err) {
  mer_status status = MER_OK;
  for (int c = 0; c < d->n_results && status == MER_OK; c++)
    status = mer__resampler_finish(&d->resamplers[c], err);
  return status == MER_OK ? pass_on(d, err) : status;
}

/* Samples of silence that lie between the last frame and this one, or before the first one. */
static int64_t pause_before(const decoding *d) {
  const int64_t start = d->input.format->start_time;
  if (d->frame->pts == AV_NOPTS_VALUE || start == AV_NOPTS_VALUE) return 0;
  const double rate_hz = d->audio->source_rate_hz;
  const double begins_s =
      (double)d->frame->pts * av_q2d(d->input.stream->time_base) - (double)start / AV_TIME_BASE;
  const double pause_s = begins_s - (double)(d->n_source + d->n_silent) / rate_hz;
  const double silence_s = (double)d->n_silent / rate_hz + pause_s;
  return pause_s >= PAUSE_S && silence_s <= MOST_SILENCE_S ? llround(pause_s * rate_hz) : 0;
}

/* Where sound begins later than the video, or was not sent in silence, as in video calls, channels
 * that stay apart have silence, so that what follows has its own time. */
static mer_status fill_pause(decoding *d, mer_error *err) {
  mer_status status = MER_OK;
  for (int64_t left = d->channels_sink ? pause_before(d) : 0; left > 0 && status == MER_OK;) {
    const int64_t n = left < PIECE_SAMPLES ? left : PIECE_SAMPLES;
    for (int c = 0; c < d->n_results && status == MER_OK; c++)
      status = mer__resampler_push(&d->resamplers[c], NULL, (size_t)n, err);
    if (status == MER_OK) status = pass_on(d, err);
    if (status == MER_OK && mer__should_stop(d->options->monitor)) status = interrupted(d, err);
    d->n_silent += n;
    left -= n;
  }
  return status;
}

/* Passes one decoded frame on. The first frame, not the container, tells the rate and the channels
 * (HE-AAC has half the rate in the container's header). One whose rate differs from the first's is
 * left out. */
static mer_status take_frame(decoding *d, mer_error *err) {
  const AVFrame *frame = d->frame;
  int n_channels = frame->ch_layout.nb_channels;
  if (!d->n_source) {
    mer_status status = begin(d, frame->sample_rate, n_channels, err);
    if (status != MER_OK) return status;
  }
  if (frame->sample_rate != d->audio->source_rate_hz) {
    d->audio->n_errors++;
    return MER_OK;
  }
  if (frame->decode_error_flags) d->audio->n_errors++;
  mer_status status = fill_pause(d, err);
  if (status != MER_OK) return status;
  return take_samples(d, (const uint8_t *const *)frame->extended_data, frame->format, n_channels,
                      (size_t)frame->nb_samples, err);
}

/* Decodes one packet; NULL ends the stream. */
static mer_status take_packet(decoding *d, const AVPacket *packet, mer_error *err) {
  int code = mer__ffmpeg.avcodec_send_packet(d->input.decoder, packet);
  while (code >= 0 && !d->enough) {
    code = mer__ffmpeg.avcodec_receive_frame(d->input.decoder, d->frame);
    if (code < 0) break;
    mer_status status = d->frame->nb_samples > 0 ? take_frame(d, err) : MER_OK;
    mer__ffmpeg.av_frame_unref(d->frame);
    if (status != MER_OK) return status;
  }
  if (d->enough) return MER_OK;
  if (code == AVERROR(ENOMEM)) return mer__fail_memory_for(err, d->path);
  if (code != AVERROR(EAGAIN) && code != AVERROR_EOF) d->audio->n_errors++;
  return MER_OK;
}

static mer_status decode_packets(decoding *d, mer_error *err) {
  int code = 0;
  while (!d->enough && (code = mer__ffmpeg.av_read_frame(d->input.format, d->packet)) >= 0) {
    mer_status status = MER_OK;
    if (d->packet->stream_index == d->input.stream->index) {
      if (d->packet->flags & AV_PKT_FLAG_CORRUPT && !d->input.endless)
        d->audio->n_errors++; /* cut short; its beginning is used */
      status = take_packet(d, d->packet, err);
    }
    mer__ffmpeg.av_packet_unref(d->packet);
    if (status != MER_OK) return status;
  }
  if (d->enough) return MER_OK;
  if (code == AVERROR(ENOMEM)) return mer__fail_memory_for(err, d->path);
  if (code != AVERROR_EOF) d->audio->n_errors++;
  return take_packet(d, NULL, err);
}

/* Notes an end that is missing; nothing at all where there should be something is a failure. */
static mer_status check_completeness(decoding *d, mer_error *err) {
  if (d->enough) return MER_OK;
  double stated = mer__input_stated_duration(&d->input);
  double seconds = d->n_source ? (double)d->n_source / d->audio->source_rate_hz : 0;
  if (stated > seconds + DURATION_SLACK_S) d->audio->n_errors++;
  if (d->n_source > 0 || (d->audio->n_errors == 0 && !(stated > 0))) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: none of its sound can be decoded (damaged or cut short)", d->path);
}

static mer_status decode_file(decoding *d, const mer__audio_source *source, mer_error *err) {
  mer_status status;
  const mer__media_file file = {source->path, source->bytes, source->n_bytes};
  MER__CHECK(mer__input_open(&d->input, &file, d->options->monitor, err));
  const AVCodecParameters *parameters = d->input.stream->codecpar;
  d->audio->source_rate_hz = parameters->sample_rate;
  d->audio->source_channels = parameters->ch_layout.nb_channels;
  MER__CHECK(check_duration(d, mer__input_duration(&d->input), err));
  d->packet = mer__ffmpeg.av_packet_alloc();
  d->frame = mer__ffmpeg.av_frame_alloc();
  if (!d->packet || !d->frame) return mer__fail_memory_for(err, d->path);
  MER__CHECK(decode_packets(d, err));
  MER__CHECK(check_completeness(d, err));
  if (d->n_source) MER__CHECK(end(d, err));
cleanup:
  if (d->input.stopped) return interrupted(d, err);
  if (!d->input.fault || status == MER_STATUS_NO_MEMORY) return status;
  return mer__fail(err, MER_STATUS_IO, "%s: cannot read: %s", d->path, strerror(d->input.fault));
}

static mer_status convert_samples(decoding *d, const mer__audio_source *source, mer_error *err) {
  mer_status status;
  MER__CHECK(begin(d, source->rate_hz, source->n_channels, err));
  for (int64_t at = 0; at < source->n_samples && !d->enough; at += PIECE_SAMPLES) {
    if (mer__should_stop(d->options->monitor)) return interrupted(d, err);
    int64_t n = source->n_samples - at < PIECE_SAMPLES ? source->n_samples - at : PIECE_SAMPLES;
    const uint8_t *piece = (const uint8_t *)(source->samples + at * source->n_channels);
    MER__CHECK(take_samples(d, &piece, AV_SAMPLE_FMT_FLT, source->n_channels, (size_t)n, err));
  }
  MER__CHECK(end(d, err));
cleanup:
  return status;
}

/* Decodes with `d`, whose sink is set. */
static mer_status decode(decoding *d, mer_audio *audio, const mer__audio_source *source,
                         const mer_audio_options *options, mer_error *err) {
  d->path = source->path;
  d->most_s = source->most_s;
  d->options = options;
  d->audio = audio;
  d->input.fd = -1;
  *audio = (mer_audio){.rate_hz = options->rate_hz};
  if (options->rate_hz < MER__RATE_MIN_HZ || options->rate_hz > MER__RATE_MAX_HZ)
    return mer__fail(err, MER_STATUS_INVALID, "rate_hz is %d, not %d to %d", options->rate_hz,
                     MER__RATE_MIN_HZ, MER__RATE_MAX_HZ);
  mer_status status =
      source->samples ? convert_samples(d, source, err) : decode_file(d, source, err);
  audio->mixed_peak = d->mono.peak;
  audio->channel_peak = d->mono.channel_peak;
  audio->n_bad_samples = d->mono.n_bad;
  if (d->frame) mer__ffmpeg.av_frame_free(&d->frame);
  if (d->packet) mer__ffmpeg.av_packet_free(&d->packet);
  for (int c = 0; c < MAX_APART; c++) mer__resampler_clear(&d->resamplers[c]);
  mer__mono_clear(&d->mono);
  mer__input_close(&d->input);
  return status;
}

mer_status mer__audio_stream(mer_audio *audio, const mer__audio_source *source,
                             const mer_audio_options *options, mer__audio_sink *sink, void *user,
                             mer_error *err) {
  decoding d = {.sink = sink, .user = user};
  return decode(&d, audio, source, options, err);
}

mer_status mer__audio_stream_apart(mer_audio *audio, const mer__audio_source *source,
                                   const mer_audio_options *options, mer__channels_sink *sink,
                                   void *user, mer_error *err) {
  decoding d = {.channels_sink = sink, .user = user};
  return decode(&d, audio, source, options, err);
}
