/* recording.c: a whole file on its way through a timeline. Of a stereo file the channels are
 * compared first, over the half minute of sound that it begins with. */
#include <math.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/floats.h"
#include "base/sized_options.h"
#include "media/audio_source.h"
#include "timeline/recording_warnings.h"
#include "timeline/same_channels.h"
#include "timeline/timeline_state.h"
#include "timeline/waveform.h"

/* Channels that are as much alike are one; that of an inverted copy is negative. */
static const double ALIKE = .9;

typedef struct run {
  const char *path;
  mer_channels channels; /* as they are asked for */
  mer_audio_options audio;
  mer_channels_sink *sink; /* takes what is heard */
  void *user;
  mer__same_channels sums;
  int n_channels; /* of the file, as far as they stay apart: 1 or 2 */
  bool enough;    /* has been compared */
  bool apart;
  mer__floats mixed;
} run;

static mer_status compare(void *user, const float *const *channels, int n_channels, size_t n,
                          mer_error *err) {
  run *r = user;
  r->n_channels = n_channels;
  if (n_channels == 2) mer__same_channels_add(&r->sums, channels[0], channels[1], (int64_t)n);
  r->enough = n_channels != 2 || r->sums.n_loud >= MER__COMPARED_SAMPLES;
  return r->enough ? mer__fail(err, MER_STATUS_INTERRUPTED, "enough") : MER_OK;
}

static mer_status take(void *user, const float *const *channels, int n_channels, size_t n,
                       mer_error *err) {
  run *r = user;
  if (n_channels != r->n_channels)
    return mer__fail(err, MER_STATUS_IO, "%s: was changed while it was read", r->path);
  if (r->apart || n_channels == 1) return r->sink(r->user, channels, n_channels, (int64_t)n, err);
  if (mer__floats_resize(&r->mixed, n) != 0) return mer__fail_memory(err);
  /* The mean of an inverted copy and its original would be silence. */
  const float sign = mer__same_channels_correlation(&r->sums) < -ALIKE ? -1 : 1;
  for (size_t i = 0; i < n; i++) r->mixed.data[i] = (channels[0][i] + sign * channels[1][i]) / 2;
  const float *mixed = r->mixed.data;
  return r->sink(r->user, &mixed, 1, (int64_t)n, err);
}

static mer_status decode(mer_audio *audio, run *r, mer__channels_sink *sink, mer_error *err) {
  const mer__audio_source source = {.path = r->path};
  return mer__audio_stream_apart(audio, &source, &r->audio, sink, r, err);
}

/* Finds out whether the channels of the file stay apart. */
static mer_status look_at_channels(run *r, mer_error *err) {
  mer_audio audio;
  mer_error ended = {0};
  mer_status status = decode(&audio, r, compare, &ended);
  if (status != MER_OK && !r->enough) {
    if (err) *err = ended;
    return status;
  }
  const double correlation = mer__same_channels_correlation(&r->sums);
  r->apart = r->n_channels == 2 && r->channels != MER_CHANNELS_MIXED &&
             (r->channels == MER_CHANNELS_APART || (correlation < ALIKE && correlation > -ALIKE));
  return MER_OK;
}

mer_status mer_recording_decode(const char *path, mer_channels channels,
                                const mer_audio_options *options, mer_channels_sink *sink,
                                void *user, mer_error *err) {
  run r = {.path = path, .channels = channels, .sink = sink, .user = user};
  mer_audio audio;
  mer_audio_options_init(&r.audio, sizeof r.audio);
  mer_status status =
      mer__options_read(&r.audio, sizeof r.audio, options, "mer_audio_options", err);
  if (status == MER_OK) status = look_at_channels(&r, err);
  if (status == MER_OK) status = decode(&audio, &r, take, err);
  if (status == MER_OK) mer__recording_warn_damage(path, &audio, r.audio.monitor);
  mer__floats_clear(&r.mixed);
  return status;
}

/* Samples of a channel that are heard together: half a second. */
enum { HEARD = MER_VOICE_RATE_HZ / 2 };

/* A timeline that hears a recording. */
typedef struct hearing {
  mer_timeline *timeline;
  mer__waveform *waveform;
  mer__samples waiting[MER__TIMELINE_CHANNELS]; /* until they are enough to be heard */
} hearing;

static mer_status hear_waiting(hearing *h, mer_error *err) {
  const float *channels[MER__TIMELINE_CHANNELS];
  const int64_t n = (int64_t)h->waiting[0].n;
  for (int c = 0; c < MER__TIMELINE_CHANNELS; c++) {
    channels[c] = h->waiting[c].data;
    h->waiting[c].n = 0;
  }
  return n ? mer_timeline_push(h->timeline, channels, n, err) : MER_OK;
}

static mer_status hear(void *user, const float *const *channels, int n_channels, int64_t n,
                       mer_error *err) {
  hearing *h = user;
  mer_status status = MER_OK;
  mer__waveform_add(h->waveform, channels, n_channels, n);
  for (int c = 0; c < n_channels && status == MER_OK; c++)
    status = mer__samples_append(&h->waiting[c], channels[c], (size_t)n, err);
  return status == MER_OK && h->waiting[0].n >= HEARD ? hear_waiting(h, err) : status;
}

/* Pieces of a waveform to begin with: 10 ms. */
enum { FIRST_PIECE = MER_VOICE_RATE_HZ / 100 };

static double duration_of(const mer_audio *audio) {
  return (double)audio->n_samples / MER_VOICE_RATE_HZ;
}

static void describe(mer_recording *recording, const run *r, const mer__waveform *w,
                     const mer_audio *audio) {
  float most = 0;
  *recording = (mer_recording){.duration_s = duration_of(audio),
                               .n_channels = audio->source_channels,
                               .apart = r->apart,
                               .n_errors = audio->n_errors};
  recording->n_peaks = w->n + (w->rest > 0);
  if (recording->n_peaks > MER_TIMELINE_PEAKS) recording->n_peaks = MER_TIMELINE_PEAKS;
  recording->peak_s = (double)w->piece / MER_VOICE_RATE_HZ;
  for (int c = 0; c < MER_TIMELINE_CHANNELS; c++)
    for (int64_t i = 0; i < recording->n_peaks; i++) most = fmaxf(most, w->peaks[c][i]);
  for (int c = 0; c < MER_TIMELINE_CHANNELS && most > 0; c++)
    for (int64_t i = 0; i < recording->n_peaks; i++)
      recording->peaks[c][i] = (uint8_t)(w->peaks[c][i] / most * 255);
}

/* Begins the timeline of a recording; what is asked for and is not in it is told with its name. */
static mer_status begin(hearing *h, const run *r, const mer_predictor *predictor,
                        const mer_voice_model *voice, const mer_timeline_options *options,
                        mer_timeline_sink *sink, void *user, mer_error *err) {
  mer_error fault = {0};
  const int n_channels = !r->path ? 0 : r->apart ? 2 : 1;
  const mer_status status =
      mer_timeline_create(&h->timeline, predictor, voice, n_channels, options, sink, user, &fault);
  if (status == MER_STATUS_INVALID && r->path)
    return mer__fail(err, status, "%s: %s", r->path, fault.message);
  if (status != MER_OK && err) *err = fault;
  return status;
}

mer_status mer_timeline_run(mer_recording *recording, const char *path,
                            const mer_predictor *predictor, const mer_voice_model *voice,
                            const mer_timeline_options *options, mer_timeline_sink *sink,
                            void *user, mer_error *err) {
  mer_timeline_options used;
  mer_audio audio = {0};
  hearing h = {0};
  run r = {.path = path, .sink = hear, .user = &h};
  mer_status status;
  h.waveform = mer__calloc(1, sizeof *h.waveform);
  if (!h.waveform) return mer__fail_memory(err);
  h.waveform->piece = FIRST_PIECE;
  mer_timeline_options_init(&used, sizeof used);
  MER__CHECK(mer__options_read(&used, sizeof used, options, "mer_timeline_options", err));
  used.rate_hz = MER_VOICE_RATE_HZ;
  r.channels = used.channels;
  mer_audio_options_init(&r.audio, sizeof r.audio);
  r.audio.rate_hz = MER_VOICE_RATE_HZ;
  r.audio.monitor = used.monitor;
  if (path) MER__CHECK(look_at_channels(&r, err));
  MER__CHECK(begin(&h, &r, predictor, voice, &used, sink, user, err));
  if (path) {
    MER__CHECK(decode(&audio, &r, take, err));
    mer__recording_warn_damage(path, &audio, used.monitor);
    mer__recording_warn_overhang(path, duration_of(&audio), h.timeline);
    MER__CHECK(hear_waiting(&h, err));
  }
  MER__CHECK(mer_timeline_finish(h.timeline, err));
  if (path) mer__recording_warn_silence(path, duration_of(&audio), h.timeline);
cleanup:
  if (recording) describe(recording, &r, h.waveform, &audio);
  mer_timeline_free(h.timeline);
  for (int c = 0; c < MER__TIMELINE_CHANNELS; c++) mer__samples_clear(&h.waiting[c]);
  mer__floats_clear(&r.mixed);
  mer__free(h.waveform);
  return status;
}
