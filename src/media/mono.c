/* mono.c: sample formats and downmix. The downmix is the plain mean (torchaudio's users write
 * `waveform.mean(0)`), not libswresample's, which weights channels by their place. */
#include "media/mono.h"

#include <math.h>

#include "base/alloc.h"
#include "base/error.h"

/* The rate is the same on both sides, so its value does not matter. */
enum { ANY_RATE_HZ = 16000 };

static mer_status set_up(mer__mono *mono, int format, int n_channels, mer_error *err) {
  double weights[MER__MAX_CHANNELS];
  AVChannelLayout one = AV_CHANNEL_LAYOUT_MONO;
  AVChannelLayout many = {.order = AV_CHANNEL_ORDER_UNSPEC, .nb_channels = n_channels};
  for (int i = 0; i < n_channels; i++) weights[i] = 1.0 / n_channels;
  mer__ffmpeg.swr_free(&mono->swr);
  int code = mer__ffmpeg.swr_alloc_set_opts2(&mono->swr, &one, AV_SAMPLE_FMT_FLT, ANY_RATE_HZ,
                                             n_channels == 1 ? &one : &many,
                                             (enum AVSampleFormat)format, ANY_RATE_HZ, 0, NULL);
  if (code >= 0)
    code =
        mer__ffmpeg.av_opt_set_sample_fmt(mono->swr, "internal_sample_fmt", AV_SAMPLE_FMT_FLTP, 0);
  if (code >= 0 && n_channels > 1)
    code = mer__ffmpeg.swr_set_matrix(mono->swr, weights, n_channels);
  if (code >= 0) code = mer__ffmpeg.swr_init(mono->swr);
  mono->format = format;
  mono->n_channels = n_channels;
  if (code >= 0) return MER_OK;
  mer__ffmpeg.swr_free(&mono->swr);
  return code == AVERROR(ENOMEM)
             ? mer__fail_memory(err)
             : mer__fail(err, MER_STATUS_UNSUPPORTED, "cannot mix %d channels", n_channels);
}

static int64_t replace_bad(float *samples, size_t n) {
  int64_t n_bad = 0;
  for (size_t i = 0; i < n; i++)
    if (!isfinite(samples[i])) {
      samples[i] = 0;
      n_bad++;
    }
  return n_bad;
}

mer_status mer__mono_convert(mer__mono *mono, int64_t *n_bad, const AVFrame *frame,
                             mer_error *err) {
  int n_channels = frame->ch_layout.nb_channels;
  if (n_channels < 1 || n_channels > MER__MAX_CHANNELS)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%d channels, not 1 to %d", n_channels,
                     MER__MAX_CHANNELS);
  if (!mono->swr || mono->format != frame->format || mono->n_channels != n_channels) {
    mer_status status = set_up(mono, frame->format, n_channels, err);
    if (status != MER_OK) return status;
  }
  size_t n = (size_t)frame->nb_samples;
  if (mer__grow(&mono->samples, &mono->capacity, n, sizeof(float)) != 0)
    return mer__fail_memory(err);
  uint8_t *out[1] = {(uint8_t *)mono->samples};
  int done = mer__ffmpeg.swr_convert(mono->swr, out, (int)n, (const uint8_t **)frame->extended_data,
                                     (int)n);
  if (done != (int)n)
    return mer__fail_memory(err); /* without a change of rate nothing else fails */
  *n_bad += replace_bad(mono->samples, n);
  return MER_OK;
}

void mer__mono_clear(mer__mono *mono) {
  if (mono->swr) mer__ffmpeg.swr_free(&mono->swr);
  mer__free(mono->samples);
  *mono = (mer__mono){0};
}
