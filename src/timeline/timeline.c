/* timeline.c: the sound of one or two channels to answers in the order of time. A segment that has
 * ended waits until no channel can give one that began before it; then so many as one call of the
 * predictor takes are answered together, or each at once. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "timeline/bleed.h"
#include "timeline/timeline_state.h"

static const mer_timeline_options default_options = {.size = sizeof default_options};

void mer_timeline_options_init(mer_timeline_options *options, size_t size) {
  mer__options_init(options, size, &default_options, sizeof default_options);
}

static const char *speaker_of(const mer_timeline *t, int lane) {
  return t->n_lanes == 1 ? NULL : lane == 0 ? "left" : "right";
}

/* Whether the names, separated by commas, have this one. */
static bool is_listed(const char *names, const char *name) {
  const size_t size = name ? strlen(name) : 0;
  while (name && *names) {
    names += strspn(names, ", ");
    const size_t n = strcspn(names, ",");
    size_t end = n;
    while (end > 0 && names[end - 1] == ' ') end--;
    if (end == size && memcmp(names, name, size) == 0) return true;
    names += n;
  }
  return false;
}

mer_status mer_timeline_create(mer_timeline **out, const mer_predictor *predictor,
                               const mer_voice_model *voice, int n_channels,
                               const mer_timeline_options *options, mer_timeline_sink *sink,
                               void *user, mer_error *err) {
  mer_timeline_options used = default_options;
  *out = NULL;
  mer_status status = mer__options_read(&used, sizeof used, options, "mer_timeline_options", err);
  if (status != MER_OK) return status;
  if (n_channels < 1 || n_channels > MER__TIMELINE_CHANNELS)
    return mer__fail(err, MER_STATUS_INVALID, "%d channels, expected 1 or 2", n_channels);
  bool any = false;
  mer_timeline *t = mer__calloc(1, sizeof *t);
  if (!t) return mer__fail_memory(err);
  *t = (mer_timeline){.predictor = predictor, .options = used, .sink = sink, .user = user};
  t->n_lanes = n_channels;
  for (int c = 0; c < n_channels && status == MER_OK; c++) {
    t->heard[c] = !used.speakers || is_listed(used.speakers, speaker_of(t, c));
    any |= t->heard[c];
    status = mer__lane_init(&t->lanes[c], voice, used.speech, err);
  }
  if (status == MER_OK && !any)
    status = mer__fail(err, MER_STATUS_INVALID, "none of the speakers '%.100s' is here: %s",
                       used.speakers,
                       n_channels == 1 ? "the sound has one channel, whose speakers are not known"
                                       : "expected left, right");
  if (status == MER_OK) *out = t;
  else mer_timeline_free(t);
  return status;
}

void mer_timeline_free(mer_timeline *timeline) {
  if (!timeline) return;
  for (int c = 0; c < MER__TIMELINE_CHANNELS; c++) mer__lane_clear(&timeline->lanes[c]);
  for (size_t i = 0; i < timeline->n_waiting; i++) mer__free(timeline->waiting[i].samples);
  mer__free(timeline->waiting);
  mer__free(timeline);
}

/* Puts a segment among those that wait. */
static mer_status wait(void *user, const mer_speech_segment *segment, const float *samples,
                       mer_error *err) {
  mer_timeline *t = user;
  if (!t->heard[t->lane]) return MER_OK;
  const size_t n = (size_t)(segment->end - segment->start);
  float *copy = mer__malloc(n, sizeof *copy);
  if (!copy ||
      mer__grow(&t->waiting, &t->waiting_capacity, t->n_waiting + 1, sizeof *t->waiting) != 0) {
    mer__free(copy);
    return mer__fail_memory(err);
  }
  memcpy(copy, samples, n * sizeof *copy);
  size_t at = t->n_waiting++;
  for (; at > 0 && t->waiting[at - 1].start > segment->start; at--)
    t->waiting[at] = t->waiting[at - 1];
  t->waiting[at] = (mer__spoken){segment->start, segment->end, t->lane, copy};
  return MER_OK;
}

static void request(mer_request *request, const mer__spoken *spoken) {
  *request = (mer_request){0};
  request->sound.samples = spoken->samples;
  request->sound.n_samples = spoken->end - spoken->start;
  request->sound.n_channels = 1;
  request->sound.rate_hz = MER_VOICE_RATE_HZ;
}

static mer_status give(mer_timeline *t, const mer__spoken *spoken, const mer_answer *answer,
                       mer_error *err) {
  mer_timeline_item item = {.answer = *answer, .speaker = speaker_of(t, spoken->lane)};
  item.start_s = (double)spoken->start / MER_VOICE_RATE_HZ;
  item.end_s = (double)spoken->end / MER_VOICE_RATE_HZ;
  item.channel = t->n_lanes == 1 ? 0 : spoken->lane + 1;
  return t->sink(t->user, &item, err);
}

/* Answers the first `n` of those that wait. */
static mer_status answer(mer_timeline *t, size_t n, mer_error *err) {
  for (size_t i = 0; i < n; i++) request(&t->requests[i], &t->waiting[i]);
  mer_status status = mer_predictor_answer(t->answers, t->predictor, t->requests, (int64_t)n, err);
  for (size_t i = 0; i < n && status == MER_OK; i++)
    status = give(t, &t->waiting[i], &t->answers[i], err);
  for (size_t i = 0; i < n; i++) mer__free(t->waiting[i].samples);
  t->n_waiting -= n;
  memmove(t->waiting, t->waiting + n, t->n_waiting * sizeof *t->waiting);
  return status;
}

/* Answers those that begin before `sample`: all that there are of a call, or all with `all`. */
static mer_status answer_before(mer_timeline *t, int64_t sample, bool all, mer_error *err) {
  mer_status status = MER_OK;
  size_t n = 0;
  do {
    for (n = 0; n < t->n_waiting && n < MER__TIMELINE_BATCH && t->waiting[n].start < sample;) n++;
    if (n == 0 || (n < MER__TIMELINE_BATCH && !all)) break;
    status = answer(t, n, err);
  } while (status == MER_OK);
  return status;
}

/* Makes segments of what all channels have heard, and answers those whose turn it is. */
static mer_status search(mer_timeline *t, bool is_end, mer_error *err) {
  mer_status status = MER_OK;
  int64_t needed = INT64_MAX;
  if (t->n_lanes == 2) mer__bleed_remove(&t->lanes[0], &t->lanes[1]);
  for (t->lane = 0; t->lane < t->n_lanes && status == MER_OK; t->lane++) {
    mer__lane *lane = &t->lanes[t->lane];
    status = mer__lane_search(lane, is_end, wait, t, err);
    if (!is_end && mer__lane_needs(lane) < needed) needed = mer__lane_needs(lane);
  }
  if (status == MER_OK) status = answer_before(t, needed, is_end || t->options.immediate, err);
  for (int c = 0; c < t->n_lanes && status == MER_OK && !is_end; c++)
    mer__lane_forget(&t->lanes[c], needed);
  return status;
}

mer_status mer_timeline_push(mer_timeline *timeline, const float *const *channels,
                             int64_t n_samples, mer_error *err) {
  mer_timeline *t = timeline;
  mer_status status = MER_OK;
  for (int c = 0; c < t->n_lanes && status == MER_OK; c++)
    status = mer__lane_hear(&t->lanes[c], channels[c], n_samples, err);
  return status == MER_OK ? search(t, false, err) : status;
}

mer_status mer_timeline_finish(mer_timeline *timeline, mer_error *err) {
  mer_timeline *t = timeline;
  mer_status status = MER_OK;
  for (int c = 0; c < t->n_lanes && status == MER_OK; c++)
    status = mer__lane_hear_end(&t->lanes[c], err);
  return status == MER_OK ? search(t, true, err) : status;
}
