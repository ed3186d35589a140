/* timeline_state.h: what a timeline holds: a lane for each channel, and the segments that wait for
 * their turn. */
#ifndef MER_TIMELINE_TIMELINE_STATE_H
#define MER_TIMELINE_TIMELINE_STATE_H

#include "mer/timeline.h"
#include "timeline/lane.h"
#include "timeline/prevailing.h"
#include "timeline/timeline_speakers.h"

enum {
  MER__TIMELINE_CHANNELS = 2,
  MER__TIMELINE_BATCH = 16, /* segments that are answered in one call */
  MER__TIMELINE_TURNS = 16, /* of a transcript, that are given as context before and after a text */
};

/** A segment of speech with its own copy of its sound. */
typedef struct mer__spoken {
  int64_t start;  /* the sample, at MER_VOICE_RATE_HZ, with which it begins */
  int lane;       /* -1: none */
  float *samples; /* [n_samples]; NULL: none */
  int64_t n_samples;
  int64_t entry; /* of the transcript; -1: none */
} mer__spoken;

struct mer_timeline {
  const mer_predictor *predictor;
  mer_timeline_options options;
  mer_timeline_sink *sink;
  void *user;
  int n_lanes;
  mer__lane lanes[MER__TIMELINE_CHANNELS];
  int lane;                           /* the one that is pushed */
  bool heard[MER__TIMELINE_CHANNELS]; /* its speaker is answered */
  mer__spoken *waiting;               /* [n_waiting], in the order of their beginnings */
  size_t n_waiting, waiting_capacity;
  int64_t n_found, n_asked; /* segments of speech; those whose speakers are answered */
  int64_t next;             /* entry of the transcript */
  mer_request requests[MER__TIMELINE_BATCH];
  mer_answer answers[MER__TIMELINE_BATCH];
  mer_contributions contributions[MER__TIMELINE_BATCH];
  mer_context contexts[MER__TIMELINE_BATCH];
  mer_turn past[MER__TIMELINE_BATCH][MER__TIMELINE_TURNS];
  mer_turn future[MER__TIMELINE_BATCH][MER__TIMELINE_TURNS];
  mer__prevailing prevailing;
  mer__speakers known; /* if the model adapts to speakers and that is asked for */
};

/** Whether `names`, separated by commas, have this one; NULL as the names: any. */
bool mer__timeline_is_asked_for(const char *names, const char *name);
/** Who speaks on a lane; NULL: not known. */
const char *mer__timeline_speaker(const mer_timeline *timeline, int lane);
/** Adds a copy of a segment's samples, of which there may be none, to those that wait. */
mer_status mer__timeline_wait(mer_timeline *timeline, const mer__spoken *spoken, mer_error *err);
/** Answers the first `n` that wait. */
mer_status mer__timeline_answer(mer_timeline *timeline, size_t n, mer_error *err);

/** Fails with MER_STATUS_INVALID if nobody who is asked for speaks in the transcript. */
mer_status mer__turns_check(const mer_timeline *timeline, mer_error *err);
/** Adds the text of slot `i`, and what is said around it, to its request. */
void mer__turns_request(mer_timeline *timeline, int i);
/** Takes the entries of the transcript whose sound has been heard, all with `is_end`. */
mer_status mer__turns_take(mer_timeline *timeline, bool is_end, mer_error *err);
/** The first sample that a later entry needs. */
int64_t mer__turns_needs(const mer_timeline *timeline);

#endif
