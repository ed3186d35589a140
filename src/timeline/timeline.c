/* timeline.c: the sound of one or two channels to answers in the order of time. A segment that has
 * ended waits until no channel can give one that began before it; then some are answered together
 * in one call of the predictor, as many as it takes and at most half a minute of sound, or each at
 * once. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/sized_options.h"
#include "nn/parallel.h"
#include "timeline/bleed.h"
#include "timeline/timeline_state.h"

static const mer_timeline_options default_options = {
    .size = sizeof default_options, .rate_hz = MER_VOICE_RATE_HZ, .adapt = true};

void mer_timeline_options_init(mer_timeline_options *options, size_t size) {
  mer__options_init(options, size, &default_options, sizeof default_options);
}

const char *mer__timeline_speaker(const mer_timeline *timeline, int lane) {
  if (timeline->n_lanes < 2 || lane < 0) return NULL;
  return lane == 0 ? "left" : "right";
}

bool mer__timeline_is_asked_for(const char *names, const char *name) {
  const size_t size = name ? strlen(name) : 0;
  if (!names) return true;
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

/* Whether somebody who is asked for is there. */
static mer_status check_speakers(const mer_timeline *t, mer_error *err) {
  if (t->options.transcript) return mer__turns_check(t, err);
  for (int c = 0; c < t->n_lanes; c++)
    if (mer__timeline_is_asked_for(t->options.speakers, mer__timeline_speaker(t, c))) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "none of the speakers '%.100s' is here: %s",
                   t->options.speakers,
                   t->n_lanes == 1 ? "who speaks in a sound of one channel is not known"
                                   : "expected left, right");
}

static mer_status check_profiles(const mer_timeline_options *o, const mer_predictor *predictor,
                                 mer_error *err) {
  if (!o->profiles && !o->update_profiles) return MER_OK;
  if (!o->profiles)
    return mer__fail(err, MER_STATUS_INVALID, "update_profiles needs the folder of profiles");
  if (!o->adapt || !mer_predictor_adapts(predictor))
    return mer__fail(err, MER_STATUS_INVALID,
                     "profiles need a model that adapts to speakers (mer train --by-speaker)");
  if (mer__path_is_folder(o->profiles)) return MER_OK;
  return mer__fail(err, MER_STATUS_NOT_FOUND, "%s: expected the folder of profiles", o->profiles);
}

mer_status mer_timeline_create(mer_timeline **out, const mer_predictor *predictor,
                               const mer_voice_model *voice, int n_channels,
                               const mer_timeline_options *options, mer_timeline_sink *sink,
                               void *user, mer_error *err) {
  mer_timeline_options used = default_options;
  *out = NULL;
  mer_status status = mer__options_read(&used, sizeof used, options, "mer_timeline_options", err);
  if (status != MER_OK) return status;
  const int least = used.transcript ? 0 : 1;
  if (n_channels < least || n_channels > MER__TIMELINE_CHANNELS)
    return mer__fail(err, MER_STATUS_INVALID, "%d channels, expected %d to 2", n_channels, least);
  if (!voice && !used.transcript)
    return mer__fail(err, MER_STATUS_INVALID, "without a transcript a model of voice is needed");
  if (used.rate_hz < MER__RATE_MIN_HZ || used.rate_hz > MER__RATE_MAX_HZ)
    return mer__fail(err, MER_STATUS_INVALID, "rate_hz is %d, not %d to %d", used.rate_hz,
                     MER__RATE_MIN_HZ, MER__RATE_MAX_HZ);
  status = check_profiles(&used, predictor, err);
  if (status != MER_OK) return status;
  mer_timeline *t = mer__calloc(1, sizeof *t);
  if (!t) return mer__fail_memory(err);
  t->predictor = predictor;
  t->options = used;
  t->sink = sink;
  t->user = user;
  t->n_lanes = n_channels;
  t->known.profiles = used.profiles;
  for (int c = 0; c < n_channels && status == MER_OK; c++)
    status = mer__lane_init(&t->lanes[c], used.transcript ? NULL : voice, used.rate_hz, used.speech,
                            err);
  if (status == MER_OK) status = check_speakers(t, err);
  if (status == MER_OK) *out = t;
  else mer_timeline_free(t);
  return status;
}

void mer_timeline_free(mer_timeline *timeline) {
  if (!timeline) return;
  for (int c = 0; c < MER__TIMELINE_CHANNELS; c++) mer__lane_clear(&timeline->lanes[c]);
  for (size_t i = 0; i < timeline->n_waiting; i++) mer__free(timeline->waiting[i].samples);
  mer__prevailing_clear(&timeline->prevailing);
  mer__speakers_clear(&timeline->known);
  mer__free(timeline->waiting);
  mer__free(timeline);
}

/* By their beginnings; those of two channels that begin together, the left one first. */
static bool comes_before(const mer__spoken *a, const mer__spoken *b) {
  return a->start < b->start ||
         (a->start == b->start && a->entry < 0 && b->entry < 0 && a->lane < b->lane);
}

mer_status mer__timeline_wait(mer_timeline *timeline, const mer__spoken *spoken, mer_error *err) {
  mer_timeline *t = timeline;
  const size_t n = (size_t)spoken->n_samples;
  float *copy = NULL;
  if (mer__grow(&t->waiting, &t->waiting_capacity, t->n_waiting + 1, sizeof *t->waiting) != 0)
    return mer__fail_memory(err);
  if (n) {
    copy = mer__malloc(n, sizeof *copy);
    if (!copy) return mer__fail_memory(err);
    memcpy(copy, spoken->samples, n * sizeof *copy);
  }
  size_t at = t->n_waiting++;
  for (; at > 0 && comes_before(spoken, &t->waiting[at - 1]); at--)
    t->waiting[at] = t->waiting[at - 1];
  t->waiting[at] = *spoken;
  t->waiting[at].samples = copy;
  return MER_OK;
}

/* Puts a segment of the lane at hand among those that wait. */
static mer_status wait(void *user, const mer_speech_segment *segment, const float *samples,
                       mer_error *err) {
  mer_timeline *t = user;
  const char *speaker = mer__timeline_speaker(t, t->lane);
  t->n_found++;
  if (!mer__timeline_is_asked_for(t->options.speakers, speaker)) return MER_OK;
  t->n_asked++;
  const mer__spoken spoken = {.start = segment->start,
                              .lane = t->lane,
                              .samples = (float *)samples,
                              .n_samples = segment->end - segment->start,
                              .entry = -1};
  return mer__timeline_wait(t, &spoken, err);
}

/* Who speaks, by the transcript or else by the channel; NULL: not known. */
static const char *speaker_of(const mer_timeline *t, const mer__spoken *spoken) {
  const char *named =
      spoken->entry >= 0 ? mer_transcript_at(t->options.transcript, spoken->entry).speaker : NULL;
  return named ? named : mer__timeline_speaker(t, spoken->lane);
}

static bool adapts(const mer_timeline *t) {
  return t->options.adapt && mer_predictor_adapts(t->predictor);
}

static mer_status request(mer_timeline *t, int i, mer_error *err) {
  const mer__spoken *spoken = &t->waiting[i];
  mer_request *r = &t->requests[i];
  *r = (mer_request){0};
  if (spoken->samples) {
    r->sound.samples = spoken->samples;
    r->sound.n_samples = spoken->n_samples;
    r->sound.n_channels = 1;
    r->sound.rate_hz = MER_VOICE_RATE_HZ;
  }
  if (spoken->entry >= 0) mer__turns_request(t, i);
  if (!adapts(t) || !spoken->samples) return MER_OK;
  return mer__speakers_find(&r->speaker, &t->known, t->predictor, speaker_of(t, spoken), err);
}

static mer_status give(mer_timeline *t, int i, mer_error *err) {
  const mer__spoken *spoken = &t->waiting[i];
  const mer_model *model = mer_predictor_model(t->predictor);
  mer_transcript_entry entry;
  mer_timeline_item item = {.answer = t->answers[i],
                            .speaker = speaker_of(t, spoken),
                            .channel = t->n_lanes < 2 ? 0 : spoken->lane + 1};
  item.start_s = (double)spoken->start / MER_VOICE_RATE_HZ;
  item.end_s = (double)(spoken->start + spoken->n_samples) / MER_VOICE_RATE_HZ;
  if (spoken->entry >= 0) {
    entry = mer_transcript_at(t->options.transcript, spoken->entry);
    item.entry = &entry;
    item.start_s = entry.start_s;
    item.end_s = entry.end_s;
    if (entry.channel) item.channel = entry.channel;
  }
  if (t->options.contributions) item.contributions = &t->contributions[i];
  item.intensity = mer_timeline_intensity(&item.answer, model);
  mer_status status =
      mer__prevailing_add(&item.before, &item.after, &t->prevailing, &item, model, err);
  return status == MER_OK ? t->sink(t->user, &item, err) : status;
}

/* Answers the first `n` that wait, in one call of the predictor. */
static mer_status answer_together(mer_timeline *t, size_t n, mer_error *err) {
  mer_status status = MER_OK;
  if (mer__should_stop(t->options.monitor))
    return mer__fail(err, MER_STATUS_INTERRUPTED, "interrupted");
  for (size_t i = 0; i < n && status == MER_OK; i++) status = request(t, (int)i, err);
  if (status == MER_OK)
    status =
        mer_predictor_contributions(t->answers, t->options.contributions ? t->contributions : NULL,
                                    t->predictor, t->requests, (int64_t)n, err);
  for (size_t i = 0; i < n && status == MER_OK; i++) status = give(t, (int)i, err);
  for (size_t i = 0; i < n; i++) mer__free(t->waiting[i].samples);
  t->n_waiting -= n;
  memmove(t->waiting, t->waiting + n, t->n_waiting * sizeof *t->waiting);
  return status;
}

/* Most sound of one call that answers several, so that its memory does not grow with a recording.
 */
static const int64_t CALL_SAMPLES = 30 * MER_VOICE_RATE_HZ;

/* How many of the first `n` that wait have no more than that together; at least one. */
static size_t count_call(const mer_timeline *t, size_t n) {
  int64_t samples = t->waiting[0].n_samples;
  size_t i = 1;
  for (; i < n && samples + t->waiting[i].n_samples <= CALL_SAMPLES; i++)
    samples += t->waiting[i].n_samples;
  return i;
}

mer_status mer__timeline_answer(mer_timeline *timeline, size_t n, mer_error *err) {
  mer_status status = MER_OK;
  for (size_t left = n; left > 0 && status == MER_OK;) {
    const size_t together = count_call(timeline, left);
    status = answer_together(timeline, together, err);
    left -= together;
  }
  return status;
}

/* Answers those that begin before `sample`: all that there are of a call, or all with `all`. */
static mer_status answer_before(mer_timeline *t, int64_t sample, bool all, mer_error *err) {
  mer_status status = MER_OK;
  size_t n = 0;
  do {
    for (n = 0; n < t->n_waiting && n < MER__TIMELINE_BATCH && t->waiting[n].start < sample;) n++;
    if (n == 0 || (n < MER__TIMELINE_BATCH && !all)) break;
    status = mer__timeline_answer(t, n, err);
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

/* The same of the entries of a transcript. */
static mer_status take_turns(mer_timeline *t, bool is_end, mer_error *err) {
  mer_status status = mer__turns_take(t, is_end, err);
  for (int c = 0; c < t->n_lanes && status == MER_OK && !is_end; c++)
    mer__lane_forget(&t->lanes[c], mer__turns_needs(t));
  return status;
}

/* Samples of a channel from which two are heard at once, each by a thread of its own. */
enum { HEARD_AT_ONCE = 8 * MER_VOICE_FRAME_SAMPLES };

static mer_status hear_all(mer_timeline *t, const float *const *channels, int64_t n,
                           mer_error *err) {
  mer_status status[MER__TIMELINE_CHANNELS] = {MER_OK, MER_OK};
  mer_error faults[MER__TIMELINE_CHANNELS] = {0};
#pragma omp parallel for if (t->n_lanes > 1 && mer__shared(n >= HEARD_AT_ONCE)) \
    num_threads(MER__TIMELINE_CHANNELS)
  for (int c = 0; c < t->n_lanes; c++)
    status[c] = mer__lane_hear(&t->lanes[c], channels[c], n, &faults[c]);
  for (int c = 0; c < t->n_lanes; c++) {
    if (status[c] == MER_OK) continue;
    if (err) *err = faults[c];
    return status[c];
  }
  return MER_OK;
}

mer_status mer_timeline_push(mer_timeline *timeline, const float *const *channels,
                             int64_t n_samples, mer_error *err) {
  mer_timeline *t = timeline;
  const mer_status status = hear_all(t, channels, n_samples, err);
  if (status != MER_OK) return status;
  return t->options.transcript ? take_turns(t, false, err) : search(t, false, err);
}

mer_status mer_timeline_provisional(mer_timeline *timeline, mer_error *err) {
  mer_timeline *t = timeline;
  mer_status status = MER_OK;
  for (int c = 0; c < t->n_lanes && status == MER_OK; c++) {
    mer_answer answer;
    mer_request heard = {.sound = {.n_channels = 1, .rate_hz = MER_VOICE_RATE_HZ}};
    int64_t start;
    const char *speaker = mer__timeline_speaker(t, c);
    if (!mer__timeline_is_asked_for(t->options.speakers, speaker) ||
        !mer__lane_speaking(&heard.sound.samples, &start, &heard.sound.n_samples, &t->lanes[c]))
      continue;
    if (adapts(t))
      status = mer__speakers_provisional(&heard.speaker, &t->known, t->predictor, speaker, err);
    if (status == MER_OK) status = mer_predictor_answer(&answer, t->predictor, &heard, 1, err);
    mer_speaker_free(heard.speaker);
    if (status != MER_OK) break;
    const mer_timeline_item item = {
        .start_s = (double)start / MER_VOICE_RATE_HZ,
        .end_s = (double)(start + heard.sound.n_samples) / MER_VOICE_RATE_HZ,
        .channel = t->n_lanes < 2 ? 0 : c + 1,
        .speaker = speaker,
        .answer = answer,
        .intensity = mer_timeline_intensity(&answer, mer_predictor_model(t->predictor)),
        .before = -1,
        .after = -1,
        .provisional = true};
    status = t->sink(t->user, &item, err);
  }
  return status;
}

mer_status mer_timeline_finish(mer_timeline *timeline, mer_error *err) {
  mer_timeline *t = timeline;
  mer_status status = MER_OK;
  for (int c = 0; c < t->n_lanes && status == MER_OK; c++)
    status = mer__lane_hear_end(&t->lanes[c], err);
  if (status != MER_OK) return status;
  status = t->options.transcript ? take_turns(t, true, err) : search(t, true, err);
  return status == MER_OK && t->options.update_profiles ? mer__speakers_keep(&t->known, err)
                                                        : status;
}
