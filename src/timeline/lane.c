/* lane.c: samples of one channel to segments of speech with their sound. */
#include "timeline/lane.h"

#include <string.h>

#include "base/error.h"

mer_status mer__lane_init(mer__lane *lane, const mer_voice_model *model, int rate_hz,
                          const mer_speech_options *options, mer_error *err) {
  mer_status status = mer__resampler_init(&lane->resampler, rate_hz, MER_VOICE_RATE_HZ, err);
  if (status != MER_OK || !model) return status;
  status = mer_voice_stream_create(&lane->voice, model, MER_VOICE_RATE_HZ, err);
  return status == MER_OK ? mer_speech_finder_create(&lane->finder, options, err) : status;
}

void mer__lane_clear(mer__lane *lane) {
  mer__resampler_clear(&lane->resampler);
  mer_voice_stream_free(lane->voice);
  mer_speech_finder_free(lane->finder);
  mer__floats_clear(&lane->probs);
  mer__samples_clear(&lane->kept);
  *lane = (mer__lane){0};
}

/* Adds probabilities to those that have not been searched. */
static mer_status add_probs(mer__lane *lane, const float *probs, int64_t n, mer_error *err) {
  mer__floats *kept = &lane->probs;
  const size_t before = kept->n;
  if (mer__grow(&kept->data, &kept->capacity, before + (size_t)n, sizeof *kept->data) != 0)
    return mer__fail_memory(err);
  if (n) memcpy(kept->data + before, probs, (size_t)n * sizeof *probs);
  kept->n = before + (size_t)n;
  return MER_OK;
}

/* Hears what the resampler has ready. */
static mer_status hear_ready(mer__lane *lane, mer_error *err) {
  mer__samples *ready = &lane->resampler.out;
  const float *probs;
  int64_t n_probs;
  mer_status status;
  MER__CHECK(mer__samples_append(&lane->kept, ready->data, ready->n, err));
  if (lane->voice) {
    MER__CHECK(
        mer_voice_stream_push(&probs, &n_probs, lane->voice, ready->data, (int64_t)ready->n, err));
    MER__CHECK(add_probs(lane, probs, n_probs, err));
  }
  ready->n = 0;
cleanup:
  return status;
}

mer_status mer__lane_hear(mer__lane *lane, const float *samples, int64_t n, mer_error *err) {
  mer_status status = mer__resampler_push(&lane->resampler, samples, (size_t)n, err);
  return status == MER_OK ? hear_ready(lane, err) : status;
}

mer_status mer__lane_hear_end(mer__lane *lane, mer_error *err) {
  const float *probs;
  int64_t n_probs;
  mer_status status;
  MER__CHECK(mer__resampler_finish(&lane->resampler, err));
  MER__CHECK(hear_ready(lane, err));
  if (!lane->voice) return MER_OK;
  MER__CHECK(mer_voice_stream_finish(&probs, &n_probs, lane->voice, err));
  MER__CHECK(add_probs(lane, probs, n_probs, err));
cleanup:
  return status;
}

int64_t mer__lane_end(const mer__lane *lane) { return lane->kept_from + (int64_t)lane->kept.n; }

const float *mer__lane_frame(const mer__lane *lane, int64_t frame, int64_t *n) {
  const int64_t start = frame * MER_VOICE_FRAME_SAMPLES, rest = mer__lane_end(lane) - start;
  *n = rest < MER_VOICE_FRAME_SAMPLES ? rest : MER_VOICE_FRAME_SAMPLES;
  return lane->kept.data + (start - lane->kept_from);
}

/* The last frame of a sound is filled up; no segment ends after the sound. */
static mer_status give(const mer__lane *lane, const mer_speech_segment *segments, int64_t n,
                       mer__lane_sink *sink, void *user, mer_error *err) {
  mer_status status = MER_OK;
  for (int64_t i = 0; i < n && status == MER_OK; i++) {
    mer_speech_segment s = segments[i];
    if (s.end > mer__lane_end(lane)) s.end = mer__lane_end(lane);
    if (s.end > s.start)
      status = sink(user, &s, lane->kept.data + (s.start - lane->kept_from), err);
  }
  return status;
}

mer_status mer__lane_search(mer__lane *lane, bool is_end, mer__lane_sink *sink, void *user,
                            mer_error *err) {
  const mer_speech_segment *segments;
  const int64_t n_probs = (int64_t)lane->probs.n;
  int64_t n;
  mer_status status;
  MER__CHECK(mer_speech_finder_push(&segments, &n, lane->finder, lane->probs.data, n_probs, err));
  MER__CHECK(give(lane, segments, n, sink, user, err));
  lane->n_searched += n_probs;
  lane->probs.n = 0;
  if (!is_end) return MER_OK;
  MER__CHECK(mer_speech_finder_finish(&segments, &n, lane->finder, mer__lane_end(lane), err));
  MER__CHECK(give(lane, segments, n, sink, user, err));
cleanup:
  return status;
}

int64_t mer__lane_needs(const mer__lane *lane) {
  const int64_t begun = lane->n_searched * MER_VOICE_FRAME_SAMPLES;
  const int64_t needs = mer_speech_finder_needs(lane->finder);
  return needs < begun ? needs : begun;
}

bool mer__lane_speaking(const float **samples, int64_t *start, int64_t *n, const mer__lane *lane) {
  if (!lane->finder || !mer_speech_finder_is_speaking(lane->finder)) return false;
  *start = mer_speech_finder_needs(lane->finder);
  *n = mer__lane_end(lane) - *start;
  *samples = lane->kept.data + (*start - lane->kept_from);
  return *n > 0;
}

/* Once it is the larger part: so each sample is moved once at most. */
void mer__lane_forget(mer__lane *lane, int64_t needed) {
  size_t n = needed > lane->kept_from ? (size_t)(needed - lane->kept_from) : 0;
  if (n > lane->kept.n) n = lane->kept.n; /* what comes next is not needed either */
  if (n <= lane->kept.n / 2) return;
  lane->kept.n -= n;
  memmove(lane->kept.data, lane->kept.data + n, lane->kept.n * sizeof *lane->kept.data);
  lane->kept_from += (int64_t)n;
}
