/* turns.c: the entries of a transcript as segments of a timeline: each with its text, what is said
 * around it, and its sound on the channel that it belongs to, or else on the one that is louder
 * meanwhile. */
#include <math.h>

#include "base/error.h"
#include "timeline/timeline_state.h"

/* Of an entry that is longer the first minute is heard. */
enum { HEARD_SAMPLES = 60 * MER_VOICE_RATE_HZ };

mer_status mer__turns_check(const mer_timeline *timeline, mer_error *err) {
  const mer_transcript *transcript = timeline->options.transcript;
  const char *names = timeline->options.speakers, *known = NULL;
  if (!names) return MER_OK;
  for (int64_t i = 0; i < mer_transcript_count(transcript); i++) {
    const char *speaker = mer_transcript_at(transcript, i).speaker;
    if (mer__timeline_is_asked_for(names, speaker)) return MER_OK;
    if (speaker) known = speaker;
  }
  for (int c = 0; c < timeline->n_lanes; c++)
    if (mer__timeline_is_asked_for(names, mer__timeline_speaker(timeline, c))) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "none of the speakers '%.100s' is here: %s%.100s",
                   names, known ? "one of the transcript's is " : "the transcript has none",
                   known ? known : "");
}

static mer_turn turn_of(const mer_transcript *transcript, int64_t i) {
  const mer_transcript_entry e = mer_transcript_at(transcript, i);
  return (mer_turn){.speaker = e.speaker, .text = e.text, .text_size = e.text_size};
}

void mer__turns_request(mer_timeline *timeline, int i) {
  mer_timeline *t = timeline;
  const mer_transcript *transcript = t->options.transcript;
  const int64_t at = t->waiting[i].entry, n = mer_transcript_count(transcript);
  const mer_transcript_entry entry = mer_transcript_at(transcript, at);
  mer_context *context = &t->contexts[i];
  *context = (mer_context){.speaker = entry.speaker, .past = t->past[i], .future = t->future[i]};
  context->n_past = at < MER__TIMELINE_TURNS ? at : MER__TIMELINE_TURNS;
  context->n_future = n - 1 - at < MER__TIMELINE_TURNS ? n - 1 - at : MER__TIMELINE_TURNS;
  for (int64_t k = 0; k < context->n_past; k++)
    t->past[i][k] = turn_of(transcript, at - context->n_past + k);
  for (int64_t k = 0; k < context->n_future; k++) t->future[i][k] = turn_of(transcript, at + 1 + k);
  t->requests[i].text = entry.text;
  t->requests[i].text_size = entry.text_size;
  t->requests[i].context = context;
}

static int64_t sample_of(double seconds) { return (int64_t)llround(seconds * MER_VOICE_RATE_HZ); }

/* Where the sound of an entry that is heard ends. */
static int64_t heard_end(const mer_transcript_entry *entry) {
  const int64_t start = sample_of(entry->start_s), end = sample_of(entry->end_s);
  return end - start < HEARD_SAMPLES ? end : start + HEARD_SAMPLES;
}

static double energy(const float *x, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
  return sum;
}

/* The sound of an entry, as far as there is any, on its channel, or else on the louder one. */
static void find_sound(mer__spoken *spoken, const mer_timeline *t,
                       const mer_transcript_entry *entry) {
  double loudest = -1;
  for (int c = 0; c < t->n_lanes; c++) {
    const mer__lane *lane = &t->lanes[c];
    if (t->n_lanes > 1 && entry->channel && entry->channel != c + 1) continue;
    const int64_t end = heard_end(entry), heard = mer__lane_end(lane);
    const int64_t n = (end < heard ? end : heard) - spoken->start;
    if (n <= 0) continue;
    float *samples = lane->kept.data + (spoken->start - lane->kept_from);
    const double sum = energy(samples, n);
    if (sum <= loudest) continue;
    loudest = sum;
    spoken->lane = c;
    spoken->samples = samples;
    spoken->n_samples = n;
  }
}

/* Puts an entry among those that wait, if its speaker is asked for. One without times comes after
 * the one before it. */
static mer_status take(mer_timeline *t, const mer_transcript_entry *entry, mer_error *err) {
  mer__spoken spoken = {.entry = t->next, .lane = -1};
  if (t->n_waiting) spoken.start = t->waiting[t->n_waiting - 1].start;
  if (!entry->fault) {
    spoken.start = sample_of(entry->start_s);
    find_sound(&spoken, t, entry);
  }
  const char *speaker = entry->speaker ? entry->speaker : mer__timeline_speaker(t, spoken.lane);
  if (!mer__timeline_is_asked_for(t->options.speakers, speaker)) return MER_OK;
  return mer__timeline_wait(t, &spoken, err);
}

mer_status mer__turns_take(mer_timeline *timeline, bool is_end, mer_error *err) {
  mer_timeline *t = timeline;
  const mer_transcript *transcript = t->options.transcript;
  const int64_t n = mer_transcript_count(transcript);
  const size_t many = t->options.immediate ? 1 : MER__TIMELINE_BATCH;
  mer_status status = MER_OK;
  for (; t->next < n && status == MER_OK; t->next++) {
    const mer_transcript_entry entry = mer_transcript_at(transcript, t->next);
    if (!is_end && !entry.fault && heard_end(&entry) > mer__lane_end(&t->lanes[0])) break;
    status = take(t, &entry, err);
    if (status != MER_OK || t->n_waiting < many) continue;
    status = mer__timeline_answer(t, many, err);
    if (status == MER_OK) mer__progress(t->options.monitor, "timeline", t->next + 1, n, NULL);
  }
  if (status == MER_OK && is_end) status = mer__timeline_answer(t, t->n_waiting, err);
  if (status == MER_OK && is_end) mer__progress(t->options.monitor, "timeline", n, n, NULL);
  return status;
}

int64_t mer__turns_needs(const mer_timeline *timeline) {
  const mer_transcript *transcript = timeline->options.transcript;
  for (int64_t i = timeline->next; i < mer_transcript_count(transcript); i++) {
    const mer_transcript_entry entry = mer_transcript_at(transcript, i);
    if (!entry.fault) return sample_of(entry.start_s);
  }
  return INT64_MAX;
}
