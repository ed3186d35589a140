/* timeline_state.h: what a timeline holds: a lane for each channel, and the segments that wait for
 * their turn. */
#ifndef MER_TIMELINE_TIMELINE_STATE_H
#define MER_TIMELINE_TIMELINE_STATE_H

#include "mer/timeline.h"
#include "timeline/lane.h"

enum {
  MER__TIMELINE_CHANNELS = 2,
  MER__TIMELINE_BATCH = 16, /* segments that are answered in one call */
};

/** A segment of speech with its own copy of its sound. */
typedef struct mer__spoken {
  int64_t start, end; /* samples at MER_VOICE_RATE_HZ */
  int lane;
  float *samples; /* [end - start] */
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
  mer_request requests[MER__TIMELINE_BATCH];
  mer_answer answers[MER__TIMELINE_BATCH];
};

#endif
