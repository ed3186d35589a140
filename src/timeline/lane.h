/* lane.h: one channel of a timeline: its speech is found as it comes, and so much of its sound is
 * kept as is still needed. */
#ifndef MER_TIMELINE_LANE_H
#define MER_TIMELINE_LANE_H

#include "base/floats.h"
#include "media/resample.h"
#include "mer/voice.h"

/** Zero-initialize. */
typedef struct mer__lane {
  mer__resampler resampler; /* to MER_VOICE_RATE_HZ */
  mer_voice_stream *voice;
  mer_speech_finder *finder;
  mer__floats probs;  /* of the frames that have been heard and not yet searched */
  int64_t n_searched; /* frames before them */
  mer__samples kept;
  int64_t kept_from; /* the sample that is the first in `kept` */
} mer__lane;

/** Takes a segment that has ended; its samples are borrowed. */
typedef mer_status mer__lane_sink(void *user, const mer_speech_segment *segment,
                                  const float *samples, mer_error *err);

/** `model` NULL: sound is kept, and no speech is searched. */
mer_status mer__lane_init(mer__lane *lane, const mer_voice_model *model, int rate_hz,
                          const mer_speech_options *options, mer_error *err);
/** Accepts a zeroed lane. */
void mer__lane_clear(mer__lane *lane);
/** Adds samples at the lane's rate and makes the probabilities of speech of their frames. */
mer_status mer__lane_hear(mer__lane *lane, const float *samples, int64_t n, mer_error *err);
/** The same of the frame that the end of the sound leaves. */
mer_status mer__lane_hear_end(mer__lane *lane, mer_error *err);
/** The samples of a kept frame, fewer than MER_VOICE_FRAME_SAMPLES at the end of the sound. */
const float *mer__lane_frame(const mer__lane *lane, int64_t frame, int64_t *n);
/** Makes segments of the probabilities; with `is_end` the last one ends with the sound. */
mer_status mer__lane_search(mer__lane *lane, bool is_end, mer__lane_sink *sink, void *user,
                            mer_error *err);
/** The first sample that a later segment may begin with. */
int64_t mer__lane_needs(const mer__lane *lane);
/** The sample after the last one that has been heard. */
int64_t mer__lane_end(const mer__lane *lane);
/** What is said at the moment: `*samples` [*n] from sample `*start` on, borrowed; false: nothing.
 */
bool mer__lane_speaking(const float **samples, int64_t *start, int64_t *n, const mer__lane *lane);
/** Drops the samples before `needed`, of which none is needed any more. */
void mer__lane_forget(mer__lane *lane, int64_t needed);

#endif
